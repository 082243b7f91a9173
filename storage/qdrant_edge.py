"""The embedded index: Qdrant's engine in this process, one directory, one process at a time."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

import numpy as np
import qdrant_edge as edge

from storage import edge_folder, edge_optimize, edge_query
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

WRITE_BATCH = 256
"""Points a call: the engine holds Python's lock meanwhile, and questions wait for it (about 15 ms)."""

LONGEST_COSINE = 1.01
"""A cosine beyond this, or none, comes of vectors that are damaged on the disk. (A question's vector may be longer.)"""

IDF_HOLDS_FOR = 0.01
"""The share of points that may change before the terms' idf is asked for again: it moves by no more than that."""

PAGE = 1_000


class EdgeIndex:
    """A KnowledgeIndex in `folder`. Opening it takes the folder's lock, which names this process to the next.

    Raises IndexInUseError where another process has the folder, KnowledgeIndexError where it cannot be read.
    """

    def __init__(self, folder: Path, holder: str | None) -> None:
        """Without a `holder`, the folder's lock is another's, beside which this one is."""
        self._folder = folder
        self._lock = edge_folder.take(folder, holder) if holder is not None else None
        self._beside: list[EdgeIndex] = []
        self._shard: edge.EdgeShard | None = None
        self._path = folder
        self._access = threading.RLock()
        self._writing = threading.RLock()
        self._idf: dict[int, float] = {}
        self._points: int | None = None
        self._counted = 0
        self._changed = 0
        self._deleted = 0

    def activate(self, model_name: str, dimension: int) -> None:
        with self._writing, self._access:
            self._close_shard()
            self._path = self._folder / collection_name(model_name)
            edge_folder.settle(self._path)
            self._shard = self._load(dimension) if self._path.exists() else self._create(dimension)
            self._deleted = 0

    def reset(self, model_name: str, dimension: int) -> None:
        with self._writing, self._access:
            path = self._folder / collection_name(model_name)
            edge_folder.require_room(self._folder, -edge_folder.bytes_on_disk(path))
            self._discard_shard()
            self._path = path
            edge_folder.settle(path)
            shutil.rmtree(path, ignore_errors=True)
            self._shard = self._create(dimension)
            self._deleted = 0

    def upsert(self, points: Sequence[IndexPoint], *, again: bool = False) -> None:
        with self._writing:
            self._deleted += len(points) if again else 0
            for start in range(0, len(points), WRITE_BATCH):
                self._update(
                    edge.UpdateOperation.upsert_points(
                        [
                            edge.Point(
                                point.id,
                                {"dense": point.dense.tolist(), "bm25": edge_query.sparse(point.sparse)},
                                {"audience": sorted(point.audience), "source": point.source},
                            )
                            for point in points[start : start + WRITE_BATCH]
                        ]
                    ),
                    changed=len(points[start : start + WRITE_BATCH]),
                )

    def delete(self, ids: Sequence[str]) -> None:
        with self._writing:
            for start in range(0, len(ids), PAGE):
                some: list[edge.PointId] = list(ids[start : start + PAGE])
                self._update(edge.UpdateOperation.delete_points(some), changed=len(some))
            self._deleted += len(ids)

    def set_audience(self, ids: Sequence[str], audience: Audience) -> None:
        self._set(ids, {"audience": sorted(audience)})

    def set_source(self, ids: Sequence[str], source: str) -> None:
        self._set(ids, {"source": source})

    def lacks_sources(self) -> bool:
        with self._access, self._said_plainly():
            request = edge.ScrollRequest(1, filter=edge_query.WITHOUT_SOURCE, with_payload=False, with_vector=False)
            return bool(self._open().scroll(request)[0])

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
        may_see = edge_query.visible(audience, sources)
        candidates = max(CANDIDATES, limit)
        by_meaning = edge.Query.Nearest(dense.tolist(), "dense")
        by_words = edge.Query.Nearest(edge_query.sparse(sparse), "bm25")
        with self._access, self._said_plainly():
            shard, idf = self._open(), self._idf
            unknown = [term for term in sparse.indices if term not in idf]
            queries = [
                edge_query.best(candidates, by_meaning, may_see),
                *([edge_query.best(candidates, by_words, may_see)] if sparse.indices else []),
                *(edge_query.commonest(term) for term in unknown),
            ]
            found = shard.query_batch(edge.QueryBatchRequest(queries))
            ids: dict[int, UUID] = {}
            by_dense, by_bm25 = (
                edge_query.scores(found[0], ids),
                edge_query.scores(found[1], ids) if sparse.indices else {},
            )
            idf |= {
                term: term_idf(term, best[0].score, best[0].vector["bm25"])  # type: ignore[index, call-overload]
                for term, best in zip(unknown, found[2:], strict=True)
                if best
            }
            # What only one of the two searches found is scored by the other too, and what is wanted by both.
            wanted = {id.int: id for id in map(UUID, also)}
            ids |= wanted
            only_bm25 = (by_bm25.keys() | wanted.keys()) - by_dense.keys()
            only_dense = (by_dense.keys() | wanted.keys()) - by_bm25.keys()
            if (sparse.indices and only_dense) or only_bm25:
                enough = candidates + len(wanted)
                to_meaning = edge_query.among((ids[id] for id in only_bm25), may_see)
                to_words = edge_query.among((ids[id] for id in only_dense), may_see)
                queries = [
                    edge_query.best(enough, by_meaning, to_meaning),
                    *([edge_query.best(enough, by_words, to_words)] if sparse.indices else []),
                ]
                completed = shard.query_batch(edge.QueryBatchRequest(queries))
                by_dense |= edge_query.scores(completed[0], ids)
                by_bm25 |= edge_query.scores(completed[1], ids) if sparse.indices else {}
            if self._points is None:
                self._points = self._counted = shard.count(edge.CountRequest(exact=True))
            points = self._points
            longest = LONGEST_COSINE * max(1.0, float(np.linalg.norm(dense)))
            if not all(map(longest.__gt__, map(abs, by_dense.values()))):
                raise ValueError("its vectors are not of unit length")
        most = bm25_most(sparse, idf, points)
        return fuse(by_dense, by_bm25, most, dense_weight, limit, lambda id: str(ids[id]), wanted.keys())

    def ids(self) -> Iterator[str]:
        offset = None
        while True:
            with self._access, self._said_plainly():
                records, offset = self._open().scroll(
                    edge.ScrollRequest(limit=PAGE, offset=offset, with_payload=False, with_vector=False)
                )
            yield from (str(record.id) for record in records)
            if offset is None:
                return

    def vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        vectors: dict[str, Vectors] = {}
        for start in range(0, len(ids), PAGE):
            some: list[edge.PointId] = list(ids[start : start + PAGE])
            with self._access, self._said_plainly():
                records = self._open().retrieve(some, with_payload=False, with_vector=["dense"])
            found = {str(record.id): record.vector["dense"] for record in records}  # type: ignore[index, call-overload]
            vectors |= {id: np.asarray(found[id], dtype=np.float32) for id in ids[start : start + PAGE] if id in found}
        return vectors

    def words(self, ids: Sequence[str]) -> dict[str, SparseVector]:
        with self._access, self._said_plainly():
            records = self._open().retrieve(list(ids), with_payload=False, with_vector=["bm25"])
        return {str(record.id): read_sparse(record.vector) for record in records}

    def count(self) -> int:
        with self._access, self._said_plainly():
            return self._open().count(edge.CountRequest(exact=True))

    def optimize(self) -> None:
        """Build the HNSW graph over what was written, in a process of its own: the engine would hold Python's lock.

        The old state answers meanwhile; writes wait.
        """
        with self._writing:
            with self._access, self._said_plainly():
                if not self._is_worth_optimizing():
                    return
                self._open().flush()
            made = edge_folder.workshop(self._path)
            try:
                edge_folder.require_room(self._folder, 2 * edge_folder.bytes_on_disk(self._path))
                edge_folder.copy(self._path, made)
                # -P: what is in the working directory or beside the program is not for it to import.
                command = [sys.executable, "-P", edge_optimize.__file__, str(made)]
                subprocess.run(command, capture_output=True, text=True, check=True)
                with self._access:
                    self._exchange(made)
            except (OSError, KnowledgeIndexError, subprocess.CalledProcessError) as error:
                shutil.rmtree(made, ignore_errors=True)
                reason = getattr(error, "stderr", "").strip() or str(error)
                raise KnowledgeIndexError(
                    f"The index in {self._path} could not be optimized: {reason.splitlines()[-1].rstrip('.')}. "
                    "It still answers, more slowly; check the disk's free space and sync again."
                ) from error
            self._deleted = 0

    def beside(self, model_name: str, dimension: int) -> "EdgeIndex":
        other = EdgeIndex(self._folder, None)
        other.activate(model_name, dimension)
        self._beside.append(other)
        return other

    def drop(self, model_name: str) -> None:
        path = self._folder / collection_name(model_name)
        with self._writing, self._access:
            if path == self._path:
                self._discard_shard()
            edge_folder.settle(path)
            if path.exists():
                shutil.rmtree(path.rename(edge_folder.workshop(path)), ignore_errors=True)

    def close(self) -> None:
        try:
            for other in self._beside:
                other.close()
            with self._writing, self._access:
                self._close_shard()
        finally:
            if self._lock is not None:
                self._lock.release()

    def _set(self, ids: Sequence[str], payload: dict[str, object]) -> None:
        with self._writing:
            for start in range(0, len(ids), PAGE):
                # By a filter: the engine refuses a list with an id that it does not hold.
                some = edge_query.among(map(UUID, ids[start : start + PAGE]))
                self._update(edge.UpdateOperation.set_payload_by_filter(some, payload), changed=0)

    def _is_worth_optimizing(self) -> bool:
        info = self._open().info()
        # `indexed_vectors_count` counts both kinds of vector; sparse ones are always indexed.
        outside = 2 * info.points_count - info.indexed_vectors_count
        kilobytes = outside * self._open_dimension() * 4 / 1024
        return kilobytes >= edge_query.GRAPH_ABOVE_KB or self._deleted >= 0.2 * max(info.points_count, 1_000)

    def _exchange(self, made: Path) -> None:
        try:
            self._close_shard()
            edge_folder.swap(self._path, made)
        finally:
            edge_folder.settle(self._path)
            self._shard = self._load(None)

    def _update(self, operation: edge.UpdateOperation, changed: int) -> None:
        with self._access:
            shard = self._open()
            edge_folder.require_room(self._folder)
            try:
                shard.update(operation)
            except BaseException as error:  # the engine's panics are no Exceptions
                if isinstance(error, KeyboardInterrupt | SystemExit):
                    raise
                raise KnowledgeIndexError(
                    f"The index in {self._path} could not be written: {error}. Check the disk's free space; "
                    "if it goes on, run `lore reindex`, which makes the index again from the database."
                ) from error
            finally:
                self._points = None
                self._changed += changed
                if self._changed > IDF_HOLDS_FOR * self._counted:
                    # Another object: a search that is under way puts its idf into the old one.
                    self._idf, self._changed = {}, 0

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        """Turns what the engine raises, while it is read, into a KnowledgeIndexError that says what to do."""
        try:
            yield
        except BaseException as error:  # the engine's panics are no Exceptions
            if isinstance(error, KnowledgeIndexError | KeyboardInterrupt | SystemExit):
                raise
            raise KnowledgeIndexError(
                f"The index in {self._path} cannot be read ({error}). Nothing is lost: run `lore reindex`, "
                "which makes it again from the database."
            ) from error

    def _open(self) -> edge.EdgeShard:
        if self._shard is None:
            raise KnowledgeIndexError("No embedding model's index is active; call activate() first.")
        return self._shard

    def _open_dimension(self) -> int:
        config = json.loads((self._path / "edge_config.json").read_text())
        return int(config["vectors"]["dense"]["size"])

    def _load(self, dimension: int | None) -> edge.EdgeShard:
        with self._said_plainly():
            shard = edge.EdgeShard.load(str(self._path), None if dimension is None else edge_query.config(dimension))
            shard.count(edge.CountRequest(exact=True))
            return shard

    def _create(self, dimension: int) -> edge.EdgeShard:
        # Made beside and moved into place: a folder that stands is whole.
        edge_folder.require_room(self._folder)
        made = edge_folder.workshop(self._path)
        try:
            made.mkdir(parents=True)
            shard = edge.EdgeShard.create(str(made), edge_query.config(dimension))
            shard.update(edge.UpdateOperation.create_field_index("audience", edge.PayloadSchemaType.Keyword))
            shard.flush()
            shard.close()
            made.rename(self._path)
        except Exception as error:
            shutil.rmtree(made, ignore_errors=True)
            raise KnowledgeIndexError(
                f"The index in {self._path} could not be made: {error}. Check that the folder can be written "
                "and that the disk has space."
            ) from error
        return self._load(dimension)

    def _close_shard(self) -> None:
        shard, self._shard, self._idf, self._points = self._shard, None, {}, None
        if shard is not None:
            with self._said_plainly():
                shard.close()

    def _discard_shard(self) -> None:
        """Close the shard that is to be thrown away, in whatever state it is."""
        with suppress(KnowledgeIndexError):
            self._close_shard()
