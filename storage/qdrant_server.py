"""The index on a Qdrant server or cluster, over qdrant-client; what it does is what the embedded one does."""

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from typing import Any

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from storage.document import Audience
from storage.embedder import Vectors
from storage.index import (
    ALL_SOURCES,
    CANDIDATES,
    Hit,
    IndexPoint,
    KnowledgeIndexError,
    SparseVector,
    bm25_most,
    collection_name,
    fuse,
    read_sparse,
    term_idf,
)
from storage.qdrant_collection import CollectionMaking

WRITE_BATCH = 256
PAGE = 1_000


class ServerIndex:
    """A KnowledgeIndex on the server that `client` speaks to, its collections' names beginning with `prefix`.

    A collection that is not there yet is made as `making` says.
    """

    def __init__(self, client: QdrantClient, prefix: str = "lore", making: CollectionMaking | None = None) -> None:
        self._client = client
        self._prefix = prefix
        self._making = making or CollectionMaking()
        self._collection = ""
        self._owns_client = True

    def activate(self, model_name: str, dimension: int) -> None:
        self._collection = f"{self._prefix}-{collection_name(model_name)}"
        with _said_plainly():
            if not self._client.collection_exists(self._collection):
                self._create(dimension)
            info = self._client.get_collection(self._collection)
            self._check_dimension(info, dimension)
            for field in sorted({"audience", "source"} - info.payload_schema.keys(), reverse=True):
                # The collection is of a time before there were sources, or its making was interrupted here.
                self._index_payload(field)

    def reset(self, model_name: str, dimension: int) -> None:
        self._collection = f"{self._prefix}-{collection_name(model_name)}"
        with _said_plainly():
            self._client.delete_collection(self._collection)
            self._create(dimension)

    def upsert(self, points: Sequence[IndexPoint], *, again: bool = False) -> None:
        with _said_plainly():
            for start in range(0, len(points), WRITE_BATCH):
                self._client.upsert(
                    self._collection,
                    [
                        models.PointStruct(
                            id=point.id,
                            vector={"dense": point.dense.tolist(), "bm25": _sparse(point.sparse)},
                            payload={"audience": sorted(point.audience), "source": point.source},
                        )
                        for point in points[start : start + WRITE_BATCH]
                    ],
                    wait=True,
                )

    def delete(self, ids: Sequence[str]) -> None:
        with _said_plainly():
            for start in range(0, len(ids), PAGE):
                self._client.delete(
                    self._collection, models.PointIdsList(points=list(ids[start : start + PAGE])), wait=True
                )

    def set_audience(self, ids: Sequence[str], audience: Audience) -> None:
        self._set(ids, {"audience": sorted(audience)})

    def set_source(self, ids: Sequence[str], source: str) -> None:
        self._set(ids, {"source": source})

    def lacks_sources(self) -> bool:
        empty = models.IsEmptyCondition(is_empty=models.PayloadField(key="source"))
        with _said_plainly():
            found, _ = self._client.scroll(
                self._collection, models.Filter(must=[empty]), limit=1, with_payload=False, with_vectors=False
            )
        return bool(found)

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
        may_see = _visible(audience, sources)
        candidates = max(CANDIDATES, limit)
        requests = [
            self._nearest_dense(dense, candidates, may_see),
            *([_nearest(_sparse(sparse), "bm25", candidates, may_see)] if sparse.indices else []),
            # Asked each time: any process that shares the server may have written since.
            *(_commonest(term) for term in sparse.indices),
        ]
        found = self._query(requests)
        by_dense, by_bm25 = _scores(found[0]), _scores(found[1]) if sparse.indices else {}
        idf = {
            term: term_idf(term, best[0].score, best[0].vector["bm25"])  # type: ignore[index, call-overload]
            for term, best in zip(sparse.indices, found[2:], strict=True)
            if best
        }
        # What only one of the two searches found is scored by the other too, and what is wanted by both.
        wanted = set(also)
        only_bm25 = (by_bm25.keys() | wanted) - by_dense.keys()
        only_dense = (by_dense.keys() | wanted) - by_bm25.keys()
        if (sparse.indices and only_dense) or only_bm25:
            enough = candidates + len(wanted)
            completed = self._query(
                [
                    self._nearest_dense(dense, enough, _among(only_bm25, may_see)),
                    _nearest(_sparse(sparse), "bm25", enough, _among(only_dense, may_see)),
                ][: 2 if sparse.indices else 1]
            )
            by_dense |= _scores(completed[0])
            by_bm25 |= _scores(completed[1]) if sparse.indices else {}
        return fuse(by_dense, by_bm25, bm25_most(sparse, idf, self.count()), dense_weight, limit, also=wanted)

    def ids(self) -> Iterator[str]:
        offset: Any = None
        while True:
            with _said_plainly():
                records, offset = self._client.scroll(
                    self._collection, limit=PAGE, offset=offset, with_payload=False, with_vectors=False
                )
            yield from (str(record.id) for record in records)
            if offset is None:
                return

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        vectors: dict[str, Vectors] = {}
        for start in range(0, len(ids), PAGE):
            some = list(ids[start : start + PAGE])
            with _said_plainly():
                records = self._client.retrieve(self._collection, some, with_payload=False, with_vectors=["dense"])
            found = {str(record.id): record.vector["dense"] for record in records}  # type: ignore[index, call-overload]
            vectors |= {id: np.asarray(found[id], dtype=np.float32) for id in some if id in found}
        return vectors

    def words(self, ids: Sequence[str]) -> dict[str, SparseVector]:
        with _said_plainly():
            records = self._client.retrieve(self._collection, list(ids), with_payload=False, with_vectors=["bm25"])
        return {str(record.id): read_sparse(record.vector) for record in records}

    def count(self) -> int:
        with _said_plainly():
            return self._client.count(self._collection, exact=True).count

    def optimize(self) -> None:
        """Nothing to do: the server optimizes by itself."""

    def beside(self, model_name: str, dimension: int) -> "ServerIndex":
        other = ServerIndex(self._client, self._prefix, self._making)
        other._owns_client = False
        other.activate(model_name, dimension)
        return other

    def drop(self, model_name: str) -> None:
        with _said_plainly():
            self._client.delete_collection(f"{self._prefix}-{collection_name(model_name)}")

    def close(self) -> None:
        if self._owns_client:
            self._client.close()

    def _check_dimension(self, info: models.CollectionInfo, dimension: int) -> None:
        vectors = info.config.params.vectors
        held = vectors["dense"].size if isinstance(vectors, dict) else None
        if held != dimension:
            raise KnowledgeIndexError(
                f"The Qdrant collection {self._collection} holds vectors of {held} numbers, and the embedding model's "
                f"have {dimension}. Nothing is lost: run `lore reindex`, which makes it again from the database."
            )

    def _query(self, requests: Sequence[models.QueryRequest]) -> list[list[models.ScoredPoint]]:
        with _said_plainly():
            return [answer.points for answer in self._client.query_batch_points(self._collection, requests)]

    def _create(self, dimension: int) -> None:
        self._client.create_collection(self._collection, **self._making.arguments(dimension))
        for field in ("source", "audience"):
            self._index_payload(field)

    def _index_payload(self, field: str) -> None:
        index = self._making.audience_index() if field == "audience" else self._making.source_index()
        self._client.create_payload_index(self._collection, field, index)

    def _set(self, ids: Sequence[str], payload: dict[str, Any]) -> None:
        with _said_plainly():
            for start in range(0, len(ids), PAGE):
                # By a filter: a list with an id that the server does not hold is refused.
                some = _among(set(ids[start : start + PAGE]))
                self._client.set_payload(self._collection, payload, some, wait=True)

    def _nearest_dense(self, dense: Vectors, limit: int, among: models.Filter) -> models.QueryRequest:
        return _nearest(dense.tolist(), "dense", limit, among, self._making.search_params())


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Turns what the client raises into a KnowledgeIndexError that says what to do."""
    try:
        yield
    except (ResponseHandlingException, ConnectionError) as error:
        raise KnowledgeIndexError(
            f"The Qdrant server does not answer ({error}). Check QDRANT_URL and that the server runs."
        ) from error
    except UnexpectedResponse as error:
        raise KnowledgeIndexError(
            f"The Qdrant server refused a request ({error}). Check QDRANT_API_KEY, the server's version and its disk."
        ) from error


def _sparse(vector: SparseVector) -> models.SparseVector:
    return models.SparseVector(indices=list(vector.indices), values=list(vector.values))


def _nearest(
    vector: list[float] | models.SparseVector,
    name: str,
    limit: int,
    among: models.Filter,
    params: models.SearchParams | None = None,
) -> models.QueryRequest:
    return models.QueryRequest(query=vector, using=name, filter=among, limit=limit, params=params)


def _visible(audience: Audience, sources: frozenset[str]) -> models.Filter:
    """Passes what somebody of `audience` may see of these sources, of all where none is named."""
    conditions: list[models.Condition] = [
        models.FieldCondition(key="audience", match=models.MatchAny(any=sorted(audience)))
    ]
    if sources:
        conditions.append(models.FieldCondition(key="source", match=models.MatchAny(any=sorted(sources))))
    return models.Filter(must=conditions)


def _among(ids: Set[str], may_see: models.Filter | None = None) -> models.Filter:
    return models.Filter(must=[models.HasIdCondition(has_id=sorted(ids)), *([may_see] if may_see else [])])


def _scores(points: Sequence[models.ScoredPoint]) -> dict[str, float]:
    return {str(point.id): point.score for point in points}


def _commonest(term: int) -> models.QueryRequest:
    """Finds the point where one term weighs most, which tells the term's idf."""
    return models.QueryRequest(
        query=models.SparseVector(indices=[term], values=[1.0]), using="bm25", limit=1, with_vector=["bm25"]
    )
