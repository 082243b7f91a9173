"""The embedded index: Qdrant's engine in this process, one directory, one process at a time."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import qdrant_edge as edge
from filelock import FileLock, Timeout

from storage.document import Audience
from storage.embedder import Vectors
from storage.index import (
    CANDIDATES,
    Hit,
    IndexInUseError,
    IndexPoint,
    KnowledgeIndexError,
    SparseVector,
    bm25_most,
    collection_name,
    fuse,
    term_idf,
)

WRITE_BATCH = 256
"""Points a call: the engine holds Python's lock meanwhile, and questions wait for it (about 15 ms)."""

GRAPH_ABOVE_KB = 10_000
"""Vectors not in the HNSW graph are compared one by one; from this size on (6,667 of 384 floats) a graph is faster."""

PAGE = 1_000


class EdgeIndex:
    """A KnowledgeIndex in `folder`. Opening it takes the folder's lock, which names this process to the next.

    Raises IndexInUseError where another process has the folder, KnowledgeIndexError where it cannot be read.
    """

    def __init__(self, folder: Path, holder: str) -> None:
        self._folder = folder
        self._lock = _take(folder, holder)
        self._shard: edge.EdgeShard | None = None
        self._path = folder
        self._access = threading.RLock()
        self._writing = threading.RLock()
        self._idf: dict[int, float] = {}
        self._deleted = 0

    def activate(self, model_name: str, dimension: int) -> None:
        with self._writing, self._access:
            self._close_shard()
            self._path = self._folder / collection_name(model_name)
            _finish_swap(self._path)
            self._shard = self._load(dimension) if self._path.exists() else self._create(dimension)

    def reset(self, model_name: str, dimension: int) -> None:
        with self._writing, self._access:
            self._close_shard()
            self._path = self._folder / collection_name(model_name)
            shutil.rmtree(self._path, ignore_errors=True)
            self._shard = self._create(dimension)

    def upsert(self, points: Sequence[IndexPoint]) -> None:
        with self._writing:
            for start in range(0, len(points), WRITE_BATCH):
                self._update(
                    edge.UpdateOperation.upsert_points(
                        [
                            edge.Point(
                                point.id,
                                {"dense": point.dense.tolist(), "bm25": _sparse(point.sparse)},
                                {"audience": sorted(point.audience)},
                            )
                            for point in points[start : start + WRITE_BATCH]
                        ]
                    )
                )

    def delete(self, ids: Sequence[str]) -> None:
        with self._writing:
            for start in range(0, len(ids), PAGE):
                self._update(edge.UpdateOperation.delete_points(list(ids[start : start + PAGE])))
            self._deleted += len(ids)

    def set_audience(self, ids: Sequence[str], audience: Audience) -> None:
        with self._writing:
            for start in range(0, len(ids), PAGE):
                self._update(
                    edge.UpdateOperation.set_payload(list(ids[start : start + PAGE]), {"audience": sorted(audience)})
                )

    def search(
        self, dense: Vectors, sparse: SparseVector, audience: Audience, limit: int, dense_weight: float
    ) -> list[Hit]:
        may_see = edge.Filter(must=[edge.FieldCondition("audience", match=edge.MatchAny(sorted(audience)))])
        candidates = max(CANDIDATES, limit)
        unknown = [term for term in sparse.indices if term not in self._idf]
        queries = [
            edge.QueryRequest(candidates, query=edge.Query.Nearest(dense.tolist(), "dense"), filter=may_see),
            *([_nearest_terms(sparse, candidates, may_see)] if sparse.indices else []),
            *(_commonest(term) for term in unknown),
        ]
        with self._access:
            found = self._open().query_batch(edge.QueryBatchRequest(queries))
            points = self.count()
        by_dense, by_bm25 = found[0], found[1] if sparse.indices else []
        self._idf |= {
            term: term_idf(term, best[0].score, best[0].vector["bm25"])  # type: ignore[index, call-overload]
            for term, best in zip(unknown, found[2:], strict=True)
            if best
        }
        return fuse(
            {str(point.id): point.score for point in by_dense},
            {str(point.id): point.score for point in by_bm25},
            bm25_most(sparse, self._idf, points),
            dense_weight,
            limit,
        )

    def ids(self) -> Iterator[str]:
        offset = None
        while True:
            with self._access:
                records, offset = self._open().scroll(
                    edge.ScrollRequest(limit=PAGE, offset=offset, with_payload=False, with_vector=False)
                )
            yield from (str(record.id) for record in records)
            if offset is None:
                return

    def count(self) -> int:
        with self._access:
            return self._open().count(edge.CountRequest(exact=True))

    def optimize(self) -> None:
        """Build the HNSW graph over what was written, in a process of its own: the engine would hold Python's lock.

        The old state answers meanwhile; writes wait.
        """
        with self._writing:
            with self._access:
                info = self._open().info()
                # `indexed_vectors_count` counts both kinds of vector; sparse ones are always indexed.
                outside = 2 * info.points_count - info.indexed_vectors_count
                size = self._open_dimension() * 4 / 1024
                if outside * size < GRAPH_ABOVE_KB and self._deleted < 0.2 * max(info.points_count, 1_000):
                    return
                self._open().flush()
            improved = _improved(self._path)
            shutil.rmtree(improved, ignore_errors=True)
            shutil.copytree(self._path, improved)
            done = subprocess.run(
                [sys.executable, "-m", "storage.qdrant_edge", str(improved)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                shutil.rmtree(improved, ignore_errors=True)
                raise KnowledgeIndexError(
                    f"The index in {self._path} could not be optimized: {done.stderr.strip()[-500:]}. "
                    "It still answers, more slowly; check the disk's free space and sync again."
                )
            with self._access:
                self._close_shard()
                self._path.rename(_outdated(self._path))
                _finish_swap(self._path)
                self._shard = self._load(None)
            self._deleted = 0

    def close(self) -> None:
        with self._writing, self._access:
            self._close_shard()
        self._lock.release()

    def _update(self, operation: edge.UpdateOperation) -> None:
        with self._access:
            try:
                self._open().update(operation)
            except Exception as error:
                raise KnowledgeIndexError(
                    f"The index in {self._path} could not be written: {error}. Check the disk's free space; "
                    "if it goes on, run `lore reindex`, which makes the index again from the database."
                ) from error
            self._idf.clear()

    def _open(self) -> edge.EdgeShard:
        if self._shard is None:
            raise KnowledgeIndexError("No embedding model's index is active; call activate() first.")
        return self._shard

    def _open_dimension(self) -> int:
        config = json.loads((self._path / "edge_config.json").read_text())
        return int(config["vectors"]["dense"]["size"])

    def _load(self, dimension: int | None) -> edge.EdgeShard:
        try:
            shard = edge.EdgeShard.load(str(self._path), None if dimension is None else _config(dimension))
            shard.count(edge.CountRequest(exact=True))
        except BaseException as error:  # the engine's panics are no Exceptions
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise KnowledgeIndexError(
                f"The index in {self._path} cannot be read ({error}). Nothing is lost: run `lore reindex`, "
                "which makes it again from the database."
            ) from error
        return shard

    def _create(self, dimension: int) -> edge.EdgeShard:
        # Made beside and moved into place: a folder that stands is whole.
        beside = _improved(self._path)
        shutil.rmtree(beside, ignore_errors=True)
        try:
            beside.mkdir(parents=True)
            shard = edge.EdgeShard.create(str(beside), _config(dimension))
            shard.update(edge.UpdateOperation.create_field_index("audience", edge.PayloadSchemaType.Keyword))
            shard.flush()
            shard.close()
            beside.rename(self._path)
        except Exception as error:
            raise KnowledgeIndexError(
                f"The index in {self._path} could not be made: {error}. Check that the folder can be written "
                "and that the disk has space."
            ) from error
        return self._load(dimension)

    def _close_shard(self) -> None:
        if self._shard is not None:
            self._shard.close()
            self._shard = None
        self._idf.clear()


def _take(folder: Path, holder: str) -> FileLock:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KnowledgeIndexError(f"The folder {folder} cannot be made: {error}. Set LORE_HOME to another.") from error
    lock = FileLock(folder / "lock", blocking=False)
    note = folder / "holder.json"
    try:
        lock.acquire()
    except Timeout:
        try:
            other = json.loads(note.read_text())
            name = f"{other['holder']} (process {other['pid']})"
        except (OSError, ValueError, KeyError):
            name = "another process"
        raise IndexInUseError(
            f"The index in {folder} is in use by {name}. An embedded index has one process at a time: wait until that "
            "one ends or end it, or set QDRANT_URL to share a Qdrant server."
        ) from None
    except OSError as error:
        raise KnowledgeIndexError(
            f"The index in {folder} cannot be locked: {error}. Check the folder's permissions and the disk's space."
        ) from error
    note.write_text(json.dumps({"holder": holder, "pid": os.getpid()}))
    return lock


def _config(dimension: int) -> edge.EdgeConfig:
    return edge.EdgeConfig(
        vectors={"dense": edge.EdgeVectorParams(size=dimension, distance=edge.Distance.Dot)},
        sparse_vectors={"bm25": edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=GRAPH_ABOVE_KB),
    )


def _sparse(vector: SparseVector) -> edge.SparseVector:
    return edge.SparseVector(list(vector.indices), list(vector.values))


def _nearest_terms(sparse: SparseVector, limit: int, may_see: edge.Filter) -> edge.QueryRequest:
    return edge.QueryRequest(limit, query=edge.Query.Nearest(_sparse(sparse), "bm25"), filter=may_see)


def _commonest(term: int) -> edge.QueryRequest:
    """Finds the point where one term weighs most, which tells the term's idf."""
    return edge.QueryRequest(
        1, query=edge.Query.Nearest(edge.SparseVector([term], [1.0]), "bm25"), with_vector=["bm25"]
    )


def _improved(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _outdated(path: Path) -> Path:
    return path.with_name(path.name + ".old")


def _finish_swap(path: Path) -> None:
    """Bring `path` to one whole state from wherever a swap was stopped: new beside current, or only new and old."""
    improved, outdated = _improved(path), _outdated(path)
    if not path.exists() and outdated.exists():
        (improved if improved.exists() else outdated).rename(path)
    shutil.rmtree(improved, ignore_errors=True)
    shutil.rmtree(outdated, ignore_errors=True)


def _optimize_copy(path: str) -> None:
    shard = edge.EdgeShard.load(path)
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    _optimize_copy(sys.argv[1])
