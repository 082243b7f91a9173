"""Where what a version of the question side has learnt holds: near the questions that it was taught.

Far from these, training has shown the model nothing, and what it changed there is chance, mostly for the worse; so
there the untrained model embeds as before. Editors of language models call this the scope of an edit (Mitchell et al.
2022, SERAC, arXiv:2206.06520). docs/decisions/learning.md has what it is worth.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from storage.embedder import Embedder, Vectors

FROM, FULLY = 0.4, 0.6
"""The cosine to the nearest question taught up to which nothing of what was learnt holds, and from which all does."""


@dataclass(frozen=True)
class Scope:
    """The questions that a version was taught: `taught` (n, d), of unit length, by the untrained model."""

    taught: Vectors

    def holds(self, untrained: Vectors) -> Vectors:
        """How much of what was learnt holds for each question, (m,), 0 to 1, by its untrained vectors (m, d)."""
        if not len(self.taught):
            return np.zeros(len(untrained), dtype=np.float32)
        # Not @: BLAS would share this out between processors, and wait for each of them where other work is going on.
        nearest = np.array([np.einsum("ij,j->i", self.taught, vector).max() for vector in untrained], dtype=np.float32)
        share: Vectors = np.clip((nearest - FROM) / (FULLY - FROM), 0.0, 1.0)
        return share

    def without(self, rows: Collection[int]) -> "Scope":
        """Less those of the questions."""
        return Scope(np.delete(self.taught, list(rows), axis=0))

    def to_bytes(self) -> bytes:
        """As `from_bytes` reads it: (n, d) float16, little-endian, which tells cosines to a thousandth."""
        return self.taught.astype("<f2").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, dimension: int) -> "Scope":
        return cls(np.frombuffer(data, dtype="<f2").reshape(-1, dimension).astype(np.float32))


def blend(untrained: Vectors, trained: Vectors, share: Vectors) -> Vectors:
    """(n, d) of unit length: of each question's two vectors (n, d), so much of the trained one as `share` (n,) says."""
    mixed = untrained + share[:, None] * (trained - untrained)
    blended: Vectors = (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)
    return blended


def lengths(share: Vectors, dense_scale: float) -> Vectors:
    """What the vectors of questions are multiplied by, (n,): `dense_scale` as far as what was learnt holds."""
    scaled: Vectors = 1 + share * np.float32(dense_scale - 1)
    return scaled


class ScopedQuestions:
    """A version's question side: reads a question as it was taught within its scope, and as it was before elsewhere.

    Vectors are as long as their cosines are to be multiplied: by `dense_scale` within the scope. Safe to share between
    threads, as the two models are.
    """

    def __init__(
        self, untrained: Embedder, trained: Embedder, read_scope: Callable[[], Scope | None], dense_scale: float
    ) -> None:
        """`read_scope` is called when the first question is embedded; None is a scope without bounds."""
        self.name = trained.name
        self._untrained = untrained
        self._trained = trained
        self._read_scope = read_scope
        self._dense_scale = dense_scale

    @property
    def dimension(self) -> int:
        return self._untrained.dimension

    def embed_question(self, text: str) -> Vectors:
        """(dimension,) float32. Within the scope two models read the question, which takes twice the time."""
        scope = self._scope
        if scope is None:
            return np.float32(self._dense_scale) * self._trained.embed_question(text)
        untrained = self._untrained.embed_question(text)
        share = scope.holds(untrained[None])
        if not share.any():
            return untrained
        trained = self._trained.embed_question(text)
        vector: Vectors = blend(untrained[None], trained[None], share)[0] * lengths(share, self._dense_scale)[0]
        return vector

    @cached_property
    def _scope(self) -> Scope | None:
        return self._read_scope()
