"""What the embedded engine is told: how a collection is laid out, and the queries of a search."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import qdrant_edge as edge

from storage.document import Audience
from storage.index import SparseVector

GRAPH_ABOVE_KB = 10_000
"""Vectors not in the HNSW graph are compared one by one; from this size on (6,667 of 384 floats) a graph is faster."""

SEARCH_BREADTH = 40
"""Of the search in the graph (HNSW's ef), at least: what a wider one adds in recall is in docs/decisions/index.md."""


def config(dimension: int) -> edge.EdgeConfig:
    """A collection of dense vectors of this many numbers, and of BM25's sparse ones.

    Its files are mapped into memory as searches come to need them, not read whole when it is opened: a large sync needs
    less memory by that, and searches take as long (docs/decisions/index.md).
    """
    cold = edge.Memory.Cold
    return edge.EdgeConfig(
        vectors={"dense": edge.EdgeVectorParams(size=dimension, distance=edge.Distance.Dot, memory=cold)},
        sparse_vectors={"bm25": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf, memory=cold)},
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=GRAPH_ABOVE_KB),
        max_search_threads=1,  # more take longer to wake than to search (docs/decisions/index.md)
    )


def sparse(vector: SparseVector) -> edge.SparseVector:
    """The vector in the engine's own form."""
    return edge.SparseVector(list(vector.indices), list(vector.values))


WITHOUT_SOURCE = edge.Filter(must=[edge.IsEmptyCondition("source")])
"""Passes the points that were put in before points had their source's name."""


def visible(audience: Audience, sources: frozenset[str]) -> edge.Filter:
    """Passes what somebody of `audience` may see of these sources, of all where none is named."""
    conditions = [edge.FieldCondition("audience", match=edge.MatchAny(sorted(audience)))]
    if sources:
        conditions.append(edge.FieldCondition("source", match=edge.MatchAny(sorted(sources))))
    return edge.Filter(must=list(conditions))


def best(limit: int, query: edge.Query, among: edge.Filter) -> edge.QueryRequest:
    """The best `limit` of the points that pass the filter."""
    breadth = edge.SearchParams(hnsw_ef=max(SEARCH_BREADTH, 2 * limit))
    return edge.QueryRequest(limit, query=query, filter=among, params=breadth)


def among(ids: Iterable[UUID], may_see: edge.Filter | None = None) -> edge.Filter:
    """Passes these points, as far as `may_see` does too."""
    return edge.Filter(must=[edge.HasIdCondition(set(ids)), *([may_see] if may_see else [])])


def scores(points: Sequence[edge.ScoredPoint], ids: dict[int, UUID]) -> dict[int, float]:
    """The scores by the points' ids as numbers, noted in `ids`: UUIDs hash slowly, and a search looks up hundreds."""
    scores = {}
    for point in points:
        id: UUID = point.id  # type: ignore[assignment]  # Lore gives no others
        number = id.int
        ids[number] = id
        scores[number] = point.score
    return scores


def commonest(term: int) -> edge.QueryRequest:
    """Finds the point where one term weighs most, which tells the term's idf."""
    return edge.QueryRequest(
        1, query=edge.Query.Nearest(edge.SparseVector([term], [1.0]), "bm25"), with_vector=["bm25"]
    )
