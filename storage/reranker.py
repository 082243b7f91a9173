"""Passages put in a better order by a cross-encoder, which reads the question and a passage together."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from storage.embedder import EmbedderError, QuestionsFirst, Vectors
from storage.passage import Passage
from storage.storable import storable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

READ = 20
"""Passages, the best by their fused scores, that are read again for a question."""

READ_AT_ONCE = 8


class RerankerError(EmbedderError):
    """The reranking model cannot be loaded; the message says what to do."""


class Reranker(Protocol):
    """Reads a question and texts together. Safe to share between threads."""

    def relevance(self, question: str, texts: Sequence[str]) -> Vectors:
        """How well each text answers the question, (n,) float32, 0 to 1."""
        ...


class CrossEncoderReranker:
    """Any sentence-transformers CrossEncoder with one score, by name or path, loaded when it is first used."""

    def __init__(self, model: str, device: str | None = None, questions_first: QuestionsFirst | None = None) -> None:
        self._name = model
        self._device = device
        self._first = questions_first or QuestionsFirst()
        self._reading = threading.Lock()
        self._loaded: CrossEncoder | None = None

    def relevance(self, question: str, texts: Sequence[str]) -> Vectors:
        """(n,) float32, 0 to 1. Raises RerankerError where the model cannot be loaded."""
        import torch

        pairs = [(storable(question), storable(text)) for text in texts]
        # One at a time: the tokenizer is not for several threads, and the processors are taken as it is.
        with self._first.question(), self._reading:
            self._loaded = self._loaded or _load(self._name, self._device)
            scores = self._loaded.predict(
                pairs, batch_size=READ_AT_ONCE, activation_fn=torch.nn.Sigmoid(), show_progress_bar=False
            )
        return np.asarray(scores, dtype=np.float32)


def rerank(reranker: Reranker, question: str, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """The first READ passages by how well they answer the question, and what votes add; the others after them."""
    read = passages[:READ]
    if not read:
        return ()
    relevance = reranker.relevance(question, [_as_read(passage) for passage in read])
    scored = [
        replace(passage, scores=replace(passage.scores, reranked=float(score)))
        for passage, score in zip(read, relevance, strict=True)
    ]
    scored.sort(key=lambda passage: -(passage.scores.reranked or 0.0) - passage.scores.votes)
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate((*scored, *passages[READ:]), start=1))


def _as_read(passage: Passage) -> str:
    return "\n".join((passage.document.title, *passage.heading, passage.text))


def _load(model: str, device: str | None) -> "CrossEncoder":
    from sentence_transformers import CrossEncoder  # deferred with torch: seconds that `lore --help` need not spend

    try:
        loaded: CrossEncoder = CrossEncoder(model, device=device)
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise RerankerError(
            f"The reranking model {model!r} could not be loaded: {reason}. Set RERANKER_MODEL to a folder with a "
            "sentence-transformers CrossEncoder, or to a name that this machine can download, or leave it out."
        ) from error
    if loaded.num_labels != 1:
        raise RerankerError(
            f"The reranking model {model!r} gives {loaded.num_labels} scores for a question and a text. Set "
            "RERANKER_MODEL to a CrossEncoder that gives one, or leave it out."
        )
    return loaded
