"""The index as a projection of the tables: chunks into points, and a collection made to hold just what they say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
from sqlalchemy import func, select

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import Audience, Chunk
from storage.document_rows import ROWS_AT_ONCE, pages
from storage.embedder import Vectors
from storage.index import IndexPoint
from storage.tables import ChunkRow, DocumentRow, SourceRow
from storage.versions import Version

EMBED_AT_ONCE = 1_024
"""Chunks that are embedded between two writes to the index."""

PUT_AT_ONCE = 256
"""Chunks that are points at once: as Python's objects their BM25 vectors take some 10 kB each."""

FEW = 64
"""Chunks that may be embedded while syncs wait for a promotion to end."""

Placed = tuple[str, Audience, str, Chunk]
"""A chunk with its id, who may see it, and its source's name."""

OnProgress = Callable[[int], None] | None
"""Told how many chunks each batch finished."""


@dataclass(frozen=True)
class ReadyVectors:
    """Vectors, (dimension,) float32 each, by text, that were made elsewhere by the documents' side of a version.

    `documents` is that version's name, as `Version.documents` has it.
    """

    documents: str
    vectors: Mapping[str, Vectors]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self | None:
        """Those of the last version that any of these is by; None where there are none."""
        if not parts:
            return None
        documents = parts[-1].documents
        same = [part.vectors for part in parts if part.documents == documents]
        return cls(documents, {text: vector for vectors in same for text, vector in vectors.items()})


@dataclass
class WriteCounts:
    """What a write did to the chunks."""

    embedded: int = 0
    reused: int = 0
    removed: int = 0

    def __iadd__(self, other: Self) -> Self:
        self.embedded += other.embedded
        self.reused += other.reused
        self.removed += other.removed
        return self


class Projection:
    """Fills collections from the tables, each with the vectors of its own version."""

    def __init__(self, database: Database, bm25: Bm25Encoder) -> None:
        self._database = database
        self._bm25 = bm25

    def embed(
        self, version: Version, texts: Sequence[str], held: Mapping[str, Vectors], on_progress: OnProgress
    ) -> tuple[Vectors, int]:
        """The texts' vectors, (n, dimension) float32, and how many of them had to be computed.

        Those in `held` are had already, and equal texts are embedded once.
        """
        fresh = list(dict.fromkeys(text for text in texts if text not in held))
        vectors = np.empty((len(texts), version.dimension), dtype=np.float32)
        rows: dict[str, list[int]] = {}
        for row, text in enumerate(texts):
            rows.setdefault(text, []).append(row)
        if fresh:
            for text, vector in zip(fresh, version.document_embedder.embed(fresh, on_progress), strict=True):
                vectors[rows[text]] = vector
        for text in rows.keys() & held.keys():
            vectors[rows[text]] = held[text]
        return vectors, len(fresh)

    def put(self, version: Version, chunks: Sequence[Placed], vectors: Vectors) -> None:
        """Put the chunks into the version's collection, with these vectors, (n, dimension)."""
        for start in range(0, len(chunks), PUT_AT_ONCE):
            version.index.upsert(
                [
                    IndexPoint(id, vector, self._bm25.document(chunk.embedded), audience, source)
                    for (id, audience, source, chunk), vector in zip(
                        chunks[start : start + PUT_AT_ONCE], vectors[start : start + PUT_AT_ONCE], strict=True
                    )
                ]
            )

    def chunk_ids(self) -> list[str]:
        """The ids of all chunks of the tables, the longest first: those of like length are embedded together."""
        with self._database.session() as session:
            return list(session.scalars(select(ChunkRow.id).order_by(func.length(ChunkRow.embedded).desc())))

    def fill(self, version: Version, ids: Sequence[str], on_progress: OnProgress) -> None:
        """Embed these chunks, as far as the tables still hold them, and put them into the version's collection."""
        for some in pages(ids, EMBED_AT_ONCE):
            chunks = self._chunks(some)
            if chunks:
                vectors, _ = self.embed(version, [chunk.embedded for *_, chunk in chunks], {}, on_progress)
                self.put(version, chunks, vectors)

    def reconcile(self, version: Version, on_progress: OnProgress) -> WriteCounts:
        """Make the version's collection hold just the chunks of the tables; returns how many that took.

        Both are read in the order of the ids, side by side, so that neither is ever in memory as a whole.
        """
        counts = WriteCounts()
        missing: list[str] = []
        gone: list[str] = []
        for id, is_wanted in _differences(self._ids_in_order(), version.index.ids()):
            (missing if is_wanted else gone).append(id)
            if len(missing) == EMBED_AT_ONCE:
                self.fill(version, missing, on_progress)
                counts, missing = WriteCounts(counts.embedded + len(missing), 0, counts.removed), []
            if len(gone) == EMBED_AT_ONCE:
                version.index.delete(gone)
                counts, gone = WriteCounts(counts.embedded, 0, counts.removed + len(gone)), []
        version.index.delete(gone)
        self.fill(version, missing, on_progress)
        return WriteCounts(counts.embedded + len(missing), 0, counts.removed + len(gone))

    def _ids_in_order(self) -> Iterator[str]:
        """The ids of all chunks of the tables, ascending: the order of hexadecimal digits in every collation."""
        last = ""
        while True:
            query = select(ChunkRow.id).where(ChunkRow.id > last).order_by(ChunkRow.id).limit(ROWS_AT_ONCE)
            with self._database.session() as session:
                ids = session.scalars(query).all()
            yield from ids
            if len(ids) < ROWS_AT_ONCE:
                return
            last = ids[-1]

    def catch_up(self, version: Version, on_progress: OnProgress) -> None:
        """Reconcile the version's collection, which does not serve, until little is missing from it any more: what is
        written meanwhile is embedded in the next round."""
        while self.reconcile(version, on_progress).embedded > FEW:
            pass

    def match_audiences(self, version: Version, since: datetime | None) -> None:
        """Let the version's collection say who may see the documents that changed `since` then; all without it."""
        query = select(ChunkRow.id, DocumentRow.audience).join(DocumentRow)
        if since is not None:
            query = query.where(DocumentRow.updated_at >= since)
        shared: dict[Audience, list[str]] = {}
        with self._database.session() as session:
            for id, audience in session.execute(query):
                shared.setdefault(frozenset(audience), []).append(id)
        for people, ids in shared.items():
            version.index.set_audience(ids, people)

    def match_sources(self, version: Version) -> None:
        """Write each chunk's source into a collection that was filled before points had their source's name."""
        if not version.index.lacks_sources():
            return
        of_source: dict[str, list[str]] = {}
        query = select(SourceRow.name, ChunkRow.id).join(ChunkRow.document).join(DocumentRow.source)
        with self._database.session() as session:
            for source, id in session.execute(query):
                of_source.setdefault(source, []).append(id)
        for source, ids in of_source.items():
            version.index.set_source(ids, source)

    def _chunks(self, ids: Sequence[str]) -> list[Placed]:
        about = (ChunkRow.id, DocumentRow.audience, SourceRow.name)
        columns = (*about, ChunkRow.heading, ChunkRow.text, ChunkRow.embedded)
        chunks = []
        with self._database.session() as session:
            for some in pages(ids):
                joined = select(*columns).join(ChunkRow.document).join(DocumentRow.source)
                query = joined.where(ChunkRow.id.in_(some))
                chunks += [
                    (id, frozenset(audience), source, Chunk(tuple(heading), text, embedded))
                    for id, audience, source, heading, text, embedded in session.execute(query)
                ]
        return chunks


def _differences(wanted: Iterator[str], held: Iterator[str]) -> Iterator[tuple[str, bool]]:
    """The ids that only one of the two has, with whether it is wanted. Both ascend."""
    want, have = next(wanted, None), next(held, None)
    while want is not None or have is not None:
        if have is None or (want is not None and want < have):
            assert want is not None
            yield want, True
            want = next(wanted, None)
        elif want is None or have < want:
            yield have, False
            have = next(held, None)
        else:
            want, have = next(wanted, None), next(held, None)
