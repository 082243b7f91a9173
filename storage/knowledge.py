"""KnowledgeBase: documents in, passages out. Joins the tables, the embedder and the index; SQL is the truth."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import Audience, Chunk, Document
from storage.embedder import Embedder
from storage.index import IndexPoint, KnowledgeIndex
from storage.nudge import Nudge, VoteMemory, chunks_of, search_nudged
from storage.storable import storable
from storage.tables import ChunkRow, DocumentRow, EmbeddingModelRow, QuestionVectorRow, SourceRow, utc_now

DENSE_WEIGHT = 0.5
"""The share of the cosine in the fused score, until votes fit another for a model (docs/decisions/fusion.md)."""

EMBED_AT_ONCE = 1_024
"""Chunks that a rebuild embeds between two writes to the index."""

ROWS_AT_ONCE = 500
"""Ids in one SQL statement: SQLite takes at most 32,766 variables, and PostgreSQL plans short lists better."""

NAMESPACE = uuid.UUID("8f6a2f6e-52a1-5b0e-9d43-3c1f0a7d9b11")


@dataclass(frozen=True)
class DocumentLink:
    """Enough of a document to name it and link to it."""

    id: str
    title: str
    url: str
    source: str


@dataclass(frozen=True)
class Scores:
    """`dense` is the cosine (-1 to 1), `bm25` the share of the most the question could score (0 to 1).

    `votes` is what votes on questions like this one add, or take (storage.nudge.MOST at most). `fused` is the weighted
    mean of the first two, and the votes.
    """

    dense: float
    bm25: float
    fused: float
    votes: float = 0.0


@dataclass(frozen=True)
class Passage:
    """A chunk found for a question. `rank` counts from 1; `position` is the chunk's place in its document.

    `nudge` is what votes on a question like this one did to it, if they did anything.
    """

    rank: int
    chunk_id: str
    document: DocumentLink
    heading: tuple[str, ...]
    text: str
    position: int
    scores: Scores
    nudge: Nudge | None = None


@dataclass(frozen=True)
class Found:
    """The passages for a question, best first, and the milliseconds that embedding and searching took."""

    passages: tuple[Passage, ...]
    embed_ms: float
    search_ms: float


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


@dataclass
class _Planned:
    """A document to be written, with the ids of its chunks and of those that stand already."""

    document: Document
    row_id: int | None
    chunks: dict[str, Chunk] = field(default_factory=dict)
    standing: set[str] = field(default_factory=set)
    audience_changed: bool = False


class KnowledgeBase:
    """The documents of all sources, searchable. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        index: KnowledgeIndex,
        embedder: Embedder,
        bm25: Bm25Encoder,
        votes: VoteMemory | None = None,
    ) -> None:
        """Without `votes`, none are felt before a model is trained on them."""
        self._database = database
        self._votes = votes
        self._index = index
        self.embedder = embedder
        self._bm25 = bm25
        self._model = EmbeddingModelRow(fusion_weight=DENSE_WEIGHT)
        # Held while the index and the tables are apart, so that no other source's sync takes that for a crash.
        self._changing = threading.RLock()
        self._compared = False

    def open(self) -> None:
        """Note the embedding model in SQL as the active one, and open its collection of the index."""
        self._model = self._activate_model()
        self._index.activate(self._model.name, self._model.dimension)

    @property
    def dense_weight(self) -> float:
        """The share of the cosine in the fused score, fitted for the active embedding model."""
        return self._model.fusion_weight

    @property
    def max_tokens(self) -> int:
        """The most word pieces that the active embedding model sees of a chunk."""
        return self._model.max_tokens

    def search(self, question: str, audience: Audience, limit: int = 10) -> Found:
        """The passages of at most `limit` chunks that somebody of `audience` may see, best first."""
        begun = time.perf_counter()
        dense = self.embedder.embed_question(question)
        embedded = time.perf_counter()
        nudges = chunks_of(self._database, self._votes.nudges(dense, self.embedder)) if self._votes else {}
        sparse = self._bm25.question(question)
        hits = search_nudged(self._index, dense, sparse, audience, limit, self._model.fusion_weight, nudges)
        rows = self._chunk_rows([one.hit.id for one in hits])
        # A point without a row is one whose sync was stopped before its commit: the next sync clears it away. The
        # tables are the truth about who may see a document, too: a stopped sync can leave the index behind them.
        known = [(one.hit, one.nudge, *rows[one.hit.id]) for one in hits if one.hit.id in rows]
        passages = [
            Passage(
                rank=rank,
                chunk_id=hit.id,
                document=DocumentLink(document.external_id, document.title, document.url, source),
                heading=tuple(chunk.heading),
                text=chunk.text,
                position=chunk.position,
                scores=Scores(hit.dense, hit.bm25, hit.fused, nudge.amount if nudge else 0.0),
                nudge=nudge,
            )
            for rank, (hit, nudge, chunk, document, source) in enumerate(
                (one for one in known if audience & set(one[3].audience)), start=1
            )
        ]
        done = time.perf_counter()
        return Found(tuple(passages), (embedded - begun) * 1e3, (done - embedded) * 1e3)

    def write(
        self, source_id: int, documents: Sequence[Document], on_progress: Callable[[int], None] | None = None
    ) -> WriteCounts:
        """Make these documents of a source what they are now; embeds only chunks whose text is new.

        The index is written before the tables are committed, and cleared of what is gone after: whenever this is
        stopped, writing the same again ends in the same state.
        """
        with self._database.session() as session:
            source = session.get_one(SourceRow, source_id)
            planned = [_plan(session, source, _storable(document)) for document in documents]
        fresh = [
            (id, plan.document.audience, chunk)
            for plan in planned
            for id, chunk in plan.chunks.items()
            if id not in plan.standing
        ]
        points = self._embedded(fresh, on_progress)
        gone: list[str] = []
        with self._changing:
            self._index.upsert(points)
            for plan in planned:
                if plan.audience_changed:
                    self._index.set_audience(sorted(plan.standing & plan.chunks.keys()), plan.document.audience)
            with self._database.session() as session:
                for plan in planned:
                    gone += _store(session, source_id, plan)
            self._index.delete(gone)
        total = sum(len(plan.chunks) for plan in planned)
        return WriteCounts(len(fresh), total - len(fresh), len(gone))

    def set_audience(self, source_id: int, external_ids: Sequence[str], audience: Audience) -> None:
        """Let `audience`, and nobody else, see these documents of a source from now on; embeds nothing."""
        for some in _pages(external_ids, ROWS_AT_ONCE):
            these = (DocumentRow.source_id == source_id, DocumentRow.external_id.in_(some))
            with self._changing:
                with self._database.session() as session:
                    chunks = session.scalars(select(ChunkRow.id).join(DocumentRow).where(*these)).all()
                self._index.set_audience(chunks, audience)
                with self._database.session() as session:
                    session.execute(update(DocumentRow).where(*these).values(audience=sorted(audience)))

    def remove(self, source_id: int, external_ids: Sequence[str]) -> int:
        """Forget these documents of a source; returns how many chunks went with them."""
        gone: list[str] = []
        with self._changing:
            with self._database.session() as session:
                for some in _pages(external_ids, ROWS_AT_ONCE):
                    these = (DocumentRow.source_id == source_id, DocumentRow.external_id.in_(some))
                    rows = session.scalars(select(DocumentRow.id).where(*these)).all()
                    gone += session.scalars(select(ChunkRow.id).where(ChunkRow.document_id.in_(rows)))
                    session.execute(delete(DocumentRow).where(DocumentRow.id.in_(rows)))
            self._index.delete(gone)
        return len(gone)

    def reconcile(self, on_progress: Callable[[int], None] | None = None) -> WriteCounts:
        """Make the index hold just the chunks of the tables, where a killed process left them apart.

        The first time in a process it compares every id, later only how many there are.
        """
        with self._changing:
            if self._compared and self.count_chunks() == self._index.count():
                return WriteCounts()
            with self._database.session() as session:
                wanted = set(session.scalars(select(ChunkRow.id)))
            held = set(self._index.ids())
            self._index.delete(sorted(held - wanted))
            self._restore(sorted(wanted - held), on_progress)
            self._compared = True
        return WriteCounts(embedded=len(wanted - held), removed=len(held - wanted))

    def rebuild(self, on_total: Callable[[int], None], on_progress: Callable[[int], None]) -> int:
        """Make the index anew from the tables; returns how many chunks it holds then."""
        with self._changing:
            self._model = self._activate_model()
            self._index.reset(self.embedder.name, self.embedder.dimension)
            with self._database.session() as session:
                # Under the same name there may be another model now, whose vectors are others, of questions too.
                session.execute(delete(QuestionVectorRow).where(QuestionVectorRow.model == self.embedder.name))
                model = session.merge(self._model)
                model.dimension, model.max_tokens = self.embedder.dimension, self.embedder.max_tokens
                self._model = model
                ids = list(session.scalars(select(ChunkRow.id).order_by(ChunkRow.document_id, ChunkRow.position)))
            on_total(len(ids))
            self._restore(ids, on_progress)
            self._compared = True
            self._index.optimize()
        return len(ids)

    def optimize(self) -> None:
        """Put the index into shape for searching after many writes."""
        self._index.optimize()

    def count_chunks(self) -> int:
        """How many chunks the tables hold."""
        with self._database.session() as session:
            return session.scalar(select(func.count()).select_from(ChunkRow)) or 0

    def _activate_model(self) -> EmbeddingModelRow:
        with self._database.session() as session:
            model = session.scalar(select(EmbeddingModelRow).where(EmbeddingModelRow.name == self.embedder.name))
            if model is None:
                model = EmbeddingModelRow(
                    name=self.embedder.name,
                    base=self.embedder.name,
                    documents=self.embedder.name,
                    dimension=self.embedder.dimension,
                    max_tokens=self.embedder.max_tokens,
                    fusion_weight=DENSE_WEIGHT,
                )
                session.add(model)
            if not model.active:
                for other in session.scalars(select(EmbeddingModelRow).where(EmbeddingModelRow.active)):
                    other.active = False
                model.active, model.activated_at = True, utc_now()
            return model

    def _chunk_rows(self, ids: Sequence[str]) -> dict[str, tuple[ChunkRow, DocumentRow, str]]:
        query = (
            select(ChunkRow, DocumentRow, SourceRow.name)
            .join(DocumentRow, ChunkRow.document_id == DocumentRow.id)
            .join(SourceRow, DocumentRow.source_id == SourceRow.id)
            .where(ChunkRow.id.in_(ids))
        )
        with self._database.session() as session:
            return {chunk.id: (chunk, document, source) for chunk, document, source in session.execute(query)}

    def _restore(self, ids: Sequence[str], on_progress: Callable[[int], None] | None) -> None:
        for some in _pages(ids, EMBED_AT_ONCE):
            rows: dict[str, tuple[ChunkRow, DocumentRow, str]] = {}
            for few in _pages(some, ROWS_AT_ONCE):
                rows |= self._chunk_rows(few)
            chunks = [
                (id, frozenset(document.audience), Chunk(tuple(chunk.heading), chunk.text, chunk.embedded))
                for id, (chunk, document, _) in rows.items()
            ]
            self._index.upsert(self._embedded(chunks, on_progress))

    def _embedded(
        self, chunks: Sequence[tuple[str, Audience, Chunk]], on_progress: Callable[[int], None] | None
    ) -> list[IndexPoint]:
        if not chunks:
            return []
        vectors = self.embedder.embed([chunk.embedded for _, _, chunk in chunks], on_progress)
        return [
            IndexPoint(id, vector, self._bm25.document(chunk.embedded), audience)
            for (id, audience, chunk), vector in zip(chunks, vectors, strict=True)
        ]


def chunk_ids(source: str, document_id: str, chunks: Sequence[Chunk]) -> list[str]:
    """A UUID for each chunk, from its document and its text; the nth of equal chunks in a document has its own."""
    seen: Counter[tuple[str, str]] = Counter()
    ids = []
    for chunk in chunks:
        content = (chunk.embedded, chunk.text)
        ids.append(str(uuid.uuid5(NAMESPACE, "\0".join((source, document_id, *content, str(seen[content]))))))
        seen[content] += 1
    return ids


def _storable(document: Document) -> Document:
    """The document as the tables can hold it; its chunks' ids derive from that."""
    return replace(
        document,
        title=storable(document.title),
        url=storable(document.url),
        markdown=storable(document.markdown),
        chunks=tuple(
            Chunk(tuple(map(storable, chunk.heading)), storable(chunk.text), storable(chunk.embedded))
            for chunk in document.chunks
        ),
    )


def _pages(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _plan(session: Session, source: SourceRow, document: Document) -> _Planned:
    row = session.scalar(
        select(DocumentRow).where(DocumentRow.source_id == source.id, DocumentRow.external_id == document.id)
    )
    plan = _Planned(document, row.id if row else None)
    plan.chunks = dict(zip(chunk_ids(source.name, document.id, document.chunks), document.chunks, strict=True))
    if row is not None:
        plan.standing = set(session.scalars(select(ChunkRow.id).where(ChunkRow.document_id == row.id)))
        plan.audience_changed = frozenset(row.audience) != document.audience
    return plan


def _store(session: Session, source_id: int, plan: _Planned) -> list[str]:
    """Make the rows what the document is now; returns the ids of chunks that are gone."""
    document = plan.document
    row = session.get(DocumentRow, plan.row_id) if plan.row_id is not None else None
    if row is None:
        row = DocumentRow(source_id=source_id, external_id=document.id)
        session.add(row)
    row.title, row.url, row.revision = document.title, document.url, document.revision
    row.content_hash, row.markdown = document.content_hash, document.markdown
    row.audience, row.error, row.updated_at = sorted(document.audience), None, utc_now()
    session.flush()
    gone = sorted(plan.standing - plan.chunks.keys())
    for some in _pages(gone, ROWS_AT_ONCE):
        session.execute(delete(ChunkRow).where(ChunkRow.id.in_(some)))
    standing = {chunk.id: chunk for chunk in session.scalars(select(ChunkRow).where(ChunkRow.document_id == row.id))}
    for position, (id, chunk) in enumerate(plan.chunks.items()):
        if id in standing:
            standing[id].position, standing[id].heading = position, list(chunk.heading)
        else:
            session.add(
                ChunkRow(
                    id=id,
                    document_id=row.id,
                    position=position,
                    heading=list(chunk.heading),
                    text=chunk.text,
                    embedded=chunk.embedded,
                )
            )
    return gone
