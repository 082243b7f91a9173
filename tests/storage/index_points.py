"""Points for the tests of the index: vectors in chosen directions, with the text's BM25 terms."""

import uuid
from collections.abc import Sequence

import numpy as np

from storage.bm25 import Bm25Encoder
from storage.document import PUBLIC, Audience
from storage.embedder import Vectors
from storage.index import IndexPoint, SparseVector

BM25 = Bm25Encoder()
NOTHING = SparseVector((), ())


def point_id(number: int) -> str:
    """The id of the nth point."""
    return str(uuid.UUID(int=number + 1))


def unit(numbers: Sequence[float]) -> Vectors:
    """The vector of length 1 in this direction."""
    vector = np.asarray(numbers, dtype=np.float64)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def towards(cosine: float, dimension: int = 8) -> Vectors:
    """A unit vector whose cosine to the first axis is this."""
    return unit([cosine, np.sqrt(1 - cosine**2), *[0.0] * (dimension - 2)])


def scattered(number: int, dimension: int = 8) -> Vectors:
    """A unit vector in a direction of its own, the same at each call."""
    return unit(np.random.default_rng(number).normal(size=dimension).tolist())


def point(
    number: int, text: str = "", dense: Vectors | None = None, audience: Audience = PUBLIC, source: str = "handbook"
) -> IndexPoint:
    """The nth point."""
    vector = scattered(number) if dense is None else dense
    return IndexPoint(point_id(number), vector, BM25.document(text), audience, source)
