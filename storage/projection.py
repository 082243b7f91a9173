"""The index as a projection of the tables: chunks into points, and a collection made to hold just what they say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import func, select

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import Audience, Chunk
from storage.document_rows import pages
from storage.index import IndexPoint
from storage.tables import ChunkRow, DocumentRow
from storage.versions import Version

EMBED_AT_ONCE = 1_024
"""Chunks that are embedded between two writes to the index."""

FEW = 64
"""Chunks that may be embedded while syncs wait for a promotion to end."""

OnProgress = Callable[[int], None] | None
"""Told how many chunks each batch finished."""


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

    def points(
        self, version: Version, chunks: Sequence[tuple[str, Audience, Chunk]], on_progress: OnProgress
    ) -> list[IndexPoint]:
        """The chunks, each with its id and audience, embedded."""
        if not chunks:
            return []
        vectors = version.document_embedder.embed([chunk.embedded for _, _, chunk in chunks], on_progress)
        return [
            IndexPoint(id, vector, self._bm25.document(chunk.embedded), audience)
            for (id, audience, chunk), vector in zip(chunks, vectors, strict=True)
        ]

    def chunk_ids(self) -> list[str]:
        """The ids of all chunks of the tables, the longest first: those of like length are embedded together."""
        with self._database.session() as session:
            return list(session.scalars(select(ChunkRow.id).order_by(func.length(ChunkRow.embedded).desc())))

    def fill(self, version: Version, ids: Sequence[str], on_progress: OnProgress) -> None:
        """Embed these chunks, as far as the tables still hold them, and put them into the version's collection."""
        for some in pages(ids, EMBED_AT_ONCE):
            version.index.upsert(self.points(version, self._chunks(some), on_progress))

    def reconcile(self, version: Version, on_progress: OnProgress) -> WriteCounts:
        """Make the version's collection hold just the chunks of the tables; returns how many that took."""
        wanted = self.chunk_ids()
        held = set(version.index.ids())
        gone = sorted(held.difference(wanted))
        missing = [id for id in wanted if id not in held]
        version.index.delete(gone)
        self.fill(version, missing, on_progress)
        return WriteCounts(embedded=len(missing), removed=len(gone))

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

    def _chunks(self, ids: Sequence[str]) -> list[tuple[str, Audience, Chunk]]:
        columns = (ChunkRow.id, DocumentRow.audience, ChunkRow.heading, ChunkRow.text, ChunkRow.embedded)
        chunks = []
        with self._database.session() as session:
            for some in pages(ids):
                query = select(*columns).join(DocumentRow).where(ChunkRow.id.in_(some))
                chunks += [
                    (id, frozenset(audience), Chunk(tuple(heading), text, embedded))
                    for id, audience, heading, text, embedded in session.execute(query)
                ]
        return chunks
