"""A version of the embedding model: what serves at a moment, and what is said of it in a list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from storage.embedder import Embedder, QuestionEmbedder
from storage.index import KnowledgeIndex

Sides = Literal["question", "both"]
"""What a version was trained on: the question side alone, so that documents keep their vectors, or both sides."""

State = Literal["ready", "candidate", "preparing", "refused"]
"""Preparing: documents are being embedded with it. Refused: by the gate, which says why."""

LoadVersion = Callable[[str, bytes, str], Embedder]
"""The base model, the tensors that take the place of some of its own, and the version's name -> its embedder."""


class VersionError(Exception):
    """A version cannot be added, served or left; the message says why and what to do."""


@dataclass(frozen=True)
class Version:
    """All that answers a question, read once by each search, so that no answer is made of two versions.

    `base` is the model of the settings, `documents` the version whose vectors the documents have. `fusion_weight` is
    the share of the cosine in the fused score (0 to 1). `questions` makes vectors that are as long as their cosines are
    to be multiplied. `dimension` and `max_tokens` are as the table has them: they are known before a model is loaded.
    """

    id: int
    name: str
    base: str
    documents: str
    fusion_weight: float
    dimension: int
    max_tokens: int
    questions: QuestionEmbedder
    document_embedder: Embedder
    index: KnowledgeIndex


@dataclass(frozen=True)
class VersionInfo:
    """What a list of versions says of one. `state` is ready, candidate, preparing or refused."""

    id: int
    name: str
    base: str
    documents: str
    sides: Sides
    fusion_weight: float
    dense_scale: float
    active: bool
    state: State
    reason: str
    figures: dict[str, Any]
    created_at: datetime
    activated_at: datetime | None
