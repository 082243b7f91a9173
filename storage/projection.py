"""The index as a projection of the tables: chunks into points, and a collection made to hold just what they say."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Self

import numpy as np
import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import Audience
from storage.document_rows import ROWS_AT_ONCE, pages
from storage.embedder import Vectors
from storage.index import IndexPoint, SparseVector
from storage.surroundings import NEAR
from storage.tables import ChunkRow, DocumentRow, SourceRow
from storage.versions import Version

log = structlog.get_logger()

EMBED_AT_ONCE = 1_024
"""Chunks that are embedded between two writes to the index."""

PUT_AT_ONCE = 256
"""Chunks that are points at once: as Python's objects their BM25 vectors take some 10 kB each."""

LOOKED_AT = 100
"""The last chunks by id, one of which the index holds, unless it is all but empty."""

FEW = 64
"""Chunks that may be embedded while syncs wait for a promotion to end."""


@dataclass(frozen=True)
class Placed:
    """A chunk with its id, who may see it, its source's name, what the model reads of it, and what it reads of those
    around it."""

    id: str
    audience: Audience
    source: str
    embedded: str
    around: tuple[str, ...]


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
            end = start + PUT_AT_ONCE
            version.index.upsert(self._points(chunks[start:end], vectors[start:end]))

    def _points(self, chunks: Sequence[Placed], vectors: Iterable[Vectors]) -> list[IndexPoint]:
        return [
            IndexPoint(
                chunk.id, vector, self._bm25.document(chunk.embedded, chunk.around), chunk.audience, chunk.source
            )
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]

    def chunk_ids(self) -> list[str]:
        """The ids of all chunks of the tables, the longest first: those of like length are embedded together."""
        with self._database.session() as session:
            return list(session.scalars(select(ChunkRow.id).order_by(func.length(ChunkRow.embedded).desc())))

    def fill(self, version: Version, ids: Sequence[str], on_progress: OnProgress) -> None:
        """Embed these chunks, as far as the tables still hold them, and put them into the version's collection."""
        for some in pages(ids, EMBED_AT_ONCE):
            chunks = self._chunks(some)
            if chunks:
                vectors, _ = self.embed(version, [chunk.embedded for chunk in chunks], {}, on_progress)
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

    def put_again(self, version: Version, chunks: Sequence[Placed]) -> None:
        """Put chunks again, as far as the version's collection holds them, with the vectors that they have there."""
        for some in pages(chunks, PUT_AT_ONCE):
            vectors = version.index.vectors([chunk.id for chunk in some])
            held = [chunk for chunk in some if chunk.id in vectors]
            version.index.upsert(self._points(held, [vectors[chunk.id] for chunk in held]), again=True)

    def renew_words(self, version: Version, since: datetime | None = None) -> int:
        """Give the points of the version's collection the BM25 vectors that chunks have today, where they have others:
        of an earlier Lore, or of another DOCUMENTS_LANGUAGE. Embeds nothing; returns how many points that took.

        Where they have today's, just those of documents that changed `since` then are renewed: what is around a chunk
        may be other text now. The points are gone through in the order of their ids, and the last tells whether all
        are done: stopped midway, this begins again.
        """
        if not self.has_other_words(version):
            return self._renew_changed(version, since) if since is not None else 0
        log.info("renewing the index's BM25 vectors", chunks=version.index.count(), model=version.documents)
        renewed = 0
        for ids in _batches(self._ids_in_order(), PUT_AT_ONCE):
            chunks = self._chunks(ids)
            self.put_again(version, chunks)
            renewed += len(chunks)
        version.index.optimize()
        log.info("renewed the index's BM25 vectors", chunks=renewed, model=version.documents)
        return renewed

    def _renew_changed(self, version: Version, since: datetime) -> int:
        query = select(ChunkRow.id).join(DocumentRow).where(DocumentRow.updated_at >= since)
        with self._database.session() as session:
            ids = session.scalars(query).all()
        for some in pages(ids):
            self.put_again(version, self._chunks(some))
        return len(ids)

    def has_other_words(self, version: Version) -> bool:
        """Whether the points of the version's collection have other BM25 vectors than this Lore gives them."""
        with self._database.session() as session:
            last = session.scalars(select(ChunkRow.id).order_by(ChunkRow.id.desc()).limit(LOOKED_AT)).all()
        held = version.index.words(last)
        if not held:
            return False
        (chunk,) = self._chunks([max(held)])
        today = self._bm25.document(chunk.embedded, chunk.around)
        return not _equal(held[chunk.id], today)

    def _chunks(self, ids: Sequence[str]) -> list[Placed]:
        """These chunks, as far as the tables still hold them, ordered by their ids."""
        near = aliased(ChunkRow)
        chunks = []
        with self._database.session() as session:
            for some in pages(ids):
                rows = session.execute(
                    select(ChunkRow.id, ChunkRow.embedded, DocumentRow.audience, SourceRow.name)
                    .join(ChunkRow.document)
                    .join(DocumentRow.source)
                    .where(ChunkRow.id.in_(some))
                    .order_by(ChunkRow.id)
                ).all()
                texts: dict[str, list[str]] = {}
                around = (
                    select(ChunkRow.id, near.embedded)
                    .join(near, near.document_id == ChunkRow.document_id)
                    .where(
                        ChunkRow.id.in_(some),
                        near.position.between(ChunkRow.position - NEAR, ChunkRow.position + NEAR),
                        near.id != ChunkRow.id,
                    )
                    .order_by(near.position)
                )
                for id, embedded in session.execute(around):
                    texts.setdefault(id, []).append(embedded)
                chunks += [
                    Placed(id, frozenset(audience), source, embedded, tuple(texts.get(id, ())))
                    for id, embedded, audience, source in rows
                ]
        return chunks


def _batches(ids: Iterator[str], size: int) -> Iterator[list[str]]:
    while some := list(islice(ids, size)):
        yield some


def _equal(one: SparseVector, other: SparseVector) -> bool:
    """Whether two vectors have the same terms with the same weights, as far as the index's 32 bits tell."""
    weights, others = (dict(zip(vector.indices, vector.values, strict=True)) for vector in (one, other))
    return weights.keys() == others.keys() and all(abs(weights[term] - others[term]) < 1e-4 for term in weights)


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
