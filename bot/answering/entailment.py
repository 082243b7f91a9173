"""Whether a text entails a sentence, by a sentence-transformers CrossEncoder for natural language inference."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from storage.embedder import EmbedderError, Vectors
from storage.storable import storable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

ENTAILED = 0.5
"""The probability from which on a text entails a sentence: more likely than everything else together."""


class GroundingModelError(EmbedderError):
    """The grounding model cannot be loaded; the message says what to do."""


class Entailment(Protocol):
    """Reads a premise and a hypothesis together. Safe to share between threads."""

    def entails(self, premises: Sequence[str], hypothesis: str) -> Vectors:
        """How likely each premise entails the hypothesis, (n,) float32, 0 to 1."""
        ...


class CrossEncoderEntailment:
    """A CrossEncoder with a label for entailment, whichever its place, or with one score; loaded at its first use."""

    def __init__(self, model: str, device: str | None = None) -> None:
        self._name = model
        self._device = device
        self._reading = threading.Lock()
        self._loaded: tuple[CrossEncoder, int | None] | None = None

    def entails(self, premises: Sequence[str], hypothesis: str) -> Vectors:
        """(n,) float32, 0 to 1. Raises GroundingModelError where the model cannot be loaded or has no such label."""
        import torch

        if not premises:
            return np.empty(0, dtype=np.float32)
        pairs = [(storable(premise), storable(hypothesis)) for premise in premises]
        with self._reading:  # the tokenizer is not for several threads
            self._loaded = self._loaded or _load(self._name, self._device)
            model, label = self._loaded
            one_score = label is None
            activation = torch.nn.Sigmoid() if one_score else torch.nn.Softmax(dim=-1)
            scores = np.asarray(model.predict(pairs, activation_fn=activation, show_progress_bar=False))
        return np.asarray(scores if one_score else scores[:, label], dtype=np.float32)


def entailment_label(labels: Mapping[int, str]) -> int | None:
    """The place of the label for entailment; None for a model of one score. Raises ValueError where none is named so.

    Models order their labels differently: contradiction, entailment, neutral; or entailment last, or first.
    """
    if len(labels) == 1:
        return None
    names = {int(at): name.lower().replace("-", "_").replace(" ", "_") for at, name in labels.items()}
    found = [at for at, name in names.items() if name in ("entailment", "entails", "entailed", "supported", "supports")]
    if len(found) != 1:
        raise ValueError(f"none of its labels is named entailment: {', '.join(labels.values())}")
    return found[0]


def _load(model: str, device: str | None) -> tuple["CrossEncoder", int | None]:
    from sentence_transformers import CrossEncoder  # deferred with torch: seconds that `lore --help` need not spend

    try:
        loaded: CrossEncoder = CrossEncoder(model, device=device)
        labels = loaded.config.id2label if loaded.config is not None else None
        return loaded, entailment_label({int(at): str(name) for at, name in (labels or {}).items()})
    except (OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise GroundingModelError(
            f"The grounding model {model!r} could not be loaded: {reason}. Set GROUNDING_MODEL to a folder with a "
            "sentence-transformers CrossEncoder for natural language inference, or to a name that this machine can "
            "download, or leave it out."
        ) from error
