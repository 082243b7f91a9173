"""KnowledgeIndex: what Lore asks of a vector index, the values it speaks, and the fusion of dense and BM25 scores."""

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from storage.document import Audience
from storage.embedder import Vectors

CANDIDATES = 15
"""Points that each of the two searches hands to the fusion at least (docs/decisions/fusion.md)."""

ALL_SOURCES: frozenset[str] = frozenset()
"""What to search where nobody chose: documents of whichever source."""

PointId = TypeVar("PointId", int, str)
"""A point's id, a UUID, as a number or as it is written."""


class KnowledgeIndexError(Exception):
    """The index cannot be opened, read or written; the message says what to do."""


class IndexInUseError(KnowledgeIndexError):
    """Another process holds the embedded index; the message names it."""


@dataclass(frozen=True)
class SparseVector:
    """Term ids and their weights, of equal length."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class IndexPoint:
    """What the index holds of a chunk: its id (a UUID), both vectors, who may see it, and its source's name."""

    id: str
    dense: Vectors
    sparse: SparseVector
    audience: Audience
    source: str = ""


@dataclass(frozen=True)
class Hit:
    """A point found. `dense` is the cosine, `bm25` the share (0 to 1) of the most that the question could score."""

    id: str
    dense: float
    bm25: float
    fused: float


class KnowledgeIndex(Protocol):
    """A vector index, one collection a version of the embedding model, so that vectors of two never mix."""

    def activate(self, model_name: str, dimension: int) -> None:
        """Serve and fill the collection of this model from now on; make it where there is none."""
        ...

    def upsert(self, points: Sequence[IndexPoint], *, again: bool = False) -> None:
        """Put these points; `again` says that they are there already, so that what they replace is cleared away."""
        ...

    def delete(self, ids: Sequence[str]) -> None: ...

    def set_audience(self, ids: Sequence[str], audience: Audience) -> None:
        """Let just these people see the points; ids that are in no point are passed over."""
        ...

    def set_source(self, ids: Sequence[str], source: str) -> None:
        """Write the source's name to these points; ids that are in no point are passed over."""
        ...

    def lacks_sources(self) -> bool:
        """Whether a point has no source's name: it was put in before there were such."""
        ...

    def search(
        self,
        dense: Vectors,
        sparse: SparseVector,
        audience: Audience,
        limit: int,
        dense_weight: float,
        also: Sequence[str] = (),
        sources: frozenset[str] = ALL_SOURCES,
    ) -> list[Hit]:
        """The best `limit` points that somebody of `audience` may see, by fused score, highest first.

        `dense_weight` (0 to 1) is the share of the cosine in the fused score; BM25 has the rest. Points whose ids are
        in `also` are scored whether or not the search finds them, and those below the best `limit` follow these.
        Points of other sources than `sources` are not found at all, unless that is ALL_SOURCES.
        """
        ...

    def ids(self) -> Iterator[str]:
        """The ids of all points of the active collection, ascending."""
        ...

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The dense vectors of these points, (dimension,) float32 each, in the order of `ids`; absent ones left out."""
        ...

    def words(self, ids: Sequence[str]) -> dict[str, SparseVector]:
        """The BM25 vectors of these points; absent ones left out."""
        ...

    def count(self) -> int: ...

    def optimize(self) -> None:
        """Put what was written since the last time into shape for searching; may do nothing."""
        ...

    def reset(self, model_name: str, dimension: int) -> None:
        """Make this model's collection anew, empty, whatever state it is in, and activate it."""
        ...

    def beside(self, model_name: str, dimension: int) -> "KnowledgeIndex":
        """Another collection of the same folder or server, open at the same time: this model's, made where there is
        none. It is closed with this one at the latest."""
        ...

    def drop(self, model_name: str) -> None:
        """Delete this model's collection, if there is one; it must not be open beside this one."""
        ...

    def close(self) -> None: ...


def collection_name(model_name: str) -> str:
    """A name for a model's collection that is safe in a path and a URL, and different for each model name."""
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", model_name).strip("-.")[-60:]
    return f"{readable}-{hashlib.sha256(model_name.encode()).hexdigest()[:8]}"


def highest_idf(points: int) -> float:
    """The inverse document frequency of a term that none of `points` documents has, as Qdrant computes it."""
    return math.log((points + 0.5) / 0.5 + 1)


def term_idf(term: int, score: float, best: object) -> float:
    """A term's idf as the index holds it: `score` is a search's for the term alone, `best` what it found.

    The score is idf x the term's weight there. So one search of one point tells the idf that the index itself uses.
    """
    indices: Sequence[int] = best.indices  # type: ignore[attr-defined]  # each client has a class of its own for it
    values: Sequence[float] = best.values  # type: ignore[attr-defined]
    return score / values[list(indices).index(term)]


def read_sparse(vectors: object) -> SparseVector:
    """A record's BM25 vector; without any term where the engine left an empty one out."""
    held: Any = vectors.get("bm25") if isinstance(vectors, Mapping) else None
    return SparseVector(tuple(held.indices), tuple(held.values)) if held is not None else SparseVector((), ())


def bm25_most(query: SparseVector, idf: Mapping[int, float], points: int) -> float:
    """The most that any document could score for this question: the sum of idf x (k + 1) x query weight.

    Terms that no document has count with the highest idf, so a question about unknown things scores low. This is
    the theoretical maximum of Bruch, Gai and Ingber 2023 (arXiv:2210.11934) with BM25's k = 1.2.
    """
    unknown = highest_idf(points)
    return 2.2 * sum(weight * idf.get(term, unknown) for term, weight in zip(query.indices, query.values, strict=True))


def fuse(
    dense: Mapping[PointId, float],
    bm25: Mapping[PointId, float],
    most: float,
    dense_weight: float,
    limit: int,
    name: Callable[[PointId], str] = str,
    also: Set[PointId] = frozenset(),
) -> list[Hit]:
    """Weighted mean of cosine and BM25 share, measured in docs/decisions/fusion.md.

    `dense` and `bm25` map a point's id to its score; a score that is absent counts 0. `name` writes an id as a UUID.
    Of the points below the best `limit`, only those in `also` are kept.
    """
    share = 1 / most if most > 0 else 0.0
    fused = [
        (-dense_weight * dense.get(id, 0.0) - (1 - dense_weight) * share * bm25.get(id, 0.0), id)
        for id in {**dense, **bm25}
    ]
    fused.sort()
    kept = fused[:limit] + [one for one in fused[limit:] if one[1] in also]
    return [Hit(name(id), dense.get(id, 0.0), share * bm25.get(id, 0.0), -score) for score, id in kept]
