"""KnowledgeBase: documents in, passages out. Joins the tables, the embedder and the index; SQL is the truth."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import numpy as np
from sqlalchemy import Text, cast, delete, func, select, update

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import Audience, Document
from storage.document_rows import pages, plan, storable_document, store
from storage.embedder import Embedder, Vectors
from storage.index import KnowledgeIndex
from storage.projection import OnProgress, Projection
from storage.serving import Serving, no_versions
from storage.serving_embedder import ServingEmbedder
from storage.tables import ChunkRow, DocumentRow, EmbeddingModelRow, SourceRow, utc_now
from storage.version_rows import VersionRows, info
from storage.versions import LoadVersion, Sides, State, Version, VersionError, VersionInfo


@dataclass(frozen=True)
class DocumentLink:
    """Enough of a document to name it and link to it."""

    id: str
    title: str
    url: str
    source: str


@dataclass(frozen=True)
class Scores:
    """`dense` is the cosine times the version's `dense_scale`, `bm25` the share of the most that the question could
    score (0 to 1), `fused` both, weighed."""

    dense: float
    bm25: float
    fused: float


@dataclass(frozen=True)
class Passage:
    """A chunk found for a question. `rank` counts from 1; `position` is the chunk's place in its document."""

    rank: int
    chunk_id: str
    document: DocumentLink
    heading: tuple[str, ...]
    text: str
    position: int
    scores: Scores


@dataclass(frozen=True)
class Found:
    """The passages for a question, best first, and the milliseconds that embedding and searching took.

    `vector` is the question's, (dimension,) float32, as long as the version's `dense_scale`; `model` is the name of
    the version that found them.
    """

    passages: tuple[Passage, ...]
    embed_ms: float
    search_ms: float
    vector: Vectors
    model: str


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


class KnowledgeBase:
    """The documents of all sources, searchable. Safe to share between threads.

    `load` makes the embedder of a version of the model, from `embedder`'s name and the version's tensors.
    """

    def __init__(
        self,
        database: Database,
        index: KnowledgeIndex,
        embedder: Embedder,
        bm25: Bm25Encoder,
        load: LoadVersion = no_versions,
    ) -> None:
        self._database = database
        self._bm25 = bm25
        self._rows = VersionRows(database)
        self._serving = Serving(self._rows, index, embedder, load)
        self._projection = Projection(database, bm25)
        self.embedder: Embedder = ServingEmbedder(lambda: self._serving.now)
        # Held while the index and the tables are apart, so that no other source's sync takes that for a crash.
        self._changing = threading.RLock()
        self._compared = False

    def open(self) -> None:
        """Serve the active version of the settings' model. No model is loaded before it is needed."""
        self._serving.open()

    @property
    def serving(self) -> Version:
        """The version of the embedding model that serves at this moment."""
        return self._serving.now

    @property
    def dense_weight(self) -> float:
        """The share of the cosine in the fused score, fitted for the version that serves."""
        return self._serving.now.fusion_weight

    @property
    def max_tokens(self) -> int:
        """The most word pieces that the embedding model sees of a chunk."""
        return self._serving.now.max_tokens

    def search(self, question: str, audience: Audience, limit: int = 10) -> Found:
        """The passages of at most `limit` chunks that somebody of `audience` may see, best first."""
        version = self._serving.now
        begun = time.perf_counter()
        vector = version.questions.embed_question(question) * np.float32(version.dense_scale)
        embedded = time.perf_counter()
        passages = self._passages(version.index, question, vector, audience, limit, version.fusion_weight)
        done = time.perf_counter()
        return Found(passages, (embedded - begun) * 1e3, (done - embedded) * 1e3, vector, version.name)

    def search_by_vector(
        self, question: str, vector: Vectors, audience: Audience, limit: int, dense_weight: float
    ) -> tuple[Passage, ...]:
        """What `search` would find were this the question's vector, (dimension,) and scaled, and this the weight."""
        return self._passages(self._serving.now.index, question, vector, audience, limit, dense_weight)

    def everyone_known(self) -> Audience:
        """All who may see any document at all: somebody who is each of them sees everything."""
        # As text: PostgreSQL cannot tell whether two JSON values are equal.
        with self._database.session() as session:
            audiences = session.scalars(select(cast(DocumentRow.audience, Text)).distinct())
            return frozenset(one for audience in audiences for one in json.loads(audience))

    def document_vectors(self) -> tuple[list[str], Vectors]:
        """The ids of the chunks, and their vectors in the collection that serves, (n, dimension) float32."""
        version = self._serving.now
        vectors = version.index.vectors(self._projection.chunk_ids())
        ids = list(vectors)
        return ids, np.stack([vectors[id] for id in ids]) if ids else np.empty((0, version.dimension), np.float32)

    def write(
        self, source_id: int, documents: Sequence[Document], on_progress: Callable[[int], None] | None = None
    ) -> WriteCounts:
        """Make these documents of a source what they are now; embeds only chunks whose text is new.

        The index is written before the tables are committed, and cleared of what is gone after: whenever this is
        stopped, writing the same again ends in the same state.
        """
        counts = None
        while counts is None:
            counts = self._write(self._serving.now, source_id, documents, on_progress)
        return counts

    def _write(
        self, version: Version, source_id: int, documents: Sequence[Document], on_progress: OnProgress
    ) -> WriteCounts | None:
        """None where another version's collection came to serve while the documents were embedded for this one's."""
        with self._database.session() as session:
            source = session.get_one(SourceRow, source_id)
            planned = [plan(session, source, storable_document(document)) for document in documents]
        fresh = [
            (id, plan.document.audience, chunk)
            for plan in planned
            for id, chunk in plan.chunks.items()
            if id not in plan.standing
        ]
        points = self._projection.points(version, fresh, on_progress)
        gone: list[str] = []
        with self._changing:
            if self._serving.now.documents != version.documents:
                return None
            version.index.upsert(points)
            for one in planned:
                if one.audience_changed:
                    version.index.set_audience(sorted(one.standing & one.chunks.keys()), one.document.audience)
            with self._database.session() as session:
                for one in planned:
                    gone += store(session, source_id, one)
            version.index.delete(gone)
        total = sum(len(one.chunks) for one in planned)
        return WriteCounts(len(fresh), total - len(fresh), len(gone))

    def set_audience(self, source_id: int, external_ids: Sequence[str], audience: Audience) -> None:
        """Let `audience`, and nobody else, see these documents of a source from now on; embeds nothing."""
        for some in pages(external_ids):
            these = (DocumentRow.source_id == source_id, DocumentRow.external_id.in_(some))
            with self._changing:
                with self._database.session() as session:
                    chunks = session.scalars(select(ChunkRow.id).join(DocumentRow).where(*these)).all()
                self._serving.now.index.set_audience(chunks, audience)
                changes = {"audience": sorted(audience), "updated_at": utc_now()}
                with self._database.session() as session:
                    session.execute(update(DocumentRow).where(*these).values(**changes))

    def remove(self, source_id: int, external_ids: Sequence[str]) -> int:
        """Forget these documents of a source; returns how many chunks went with them."""
        gone: list[str] = []
        with self._changing:
            with self._database.session() as session:
                for some in pages(external_ids):
                    these = (DocumentRow.source_id == source_id, DocumentRow.external_id.in_(some))
                    rows = session.scalars(select(DocumentRow.id).where(*these)).all()
                    gone += session.scalars(select(ChunkRow.id).where(ChunkRow.document_id.in_(rows)))
                    session.execute(delete(DocumentRow).where(DocumentRow.id.in_(rows)))
            self._serving.now.index.delete(gone)
        return len(gone)

    def reconcile(self, on_progress: Callable[[int], None] | None = None) -> WriteCounts:
        """Make the index hold just the chunks of the tables, where a killed process left them apart.

        The first time in a process, or with a version's collection, it compares every id, later only how many there
        are. A version that another process switched to is served first.
        """
        self.follow()
        with self._changing:
            version = self._serving.now
            if self._compared and self.count_chunks() == version.index.count():
                return WriteCounts()
            embedded, removed = self._projection.reconcile(version, on_progress)
            self._compared = True
        return WriteCounts(embedded=embedded, removed=removed)

    def rebuild(self, on_total: Callable[[int], None], on_progress: Callable[[int], None]) -> int:
        """Make the index anew from the tables; returns how many chunks it holds then."""
        with self._changing:
            version = self._serving.empty()
            ids = self._projection.chunk_ids()
            on_total(len(ids))
            self._projection.fill(version, ids, on_progress)
            self._compared = True
            version.index.optimize()
        return len(ids)

    def optimize(self) -> None:
        """Put the index into shape for searching after many writes."""
        self._serving.now.index.optimize()

    def count_chunks(self) -> int:
        """How many chunks the tables hold."""
        with self._database.session() as session:
            return session.scalar(select(func.count()).select_from(ChunkRow)) or 0

    def add_version(
        self,
        *,
        name: str,
        sides: Sides,
        tensors: bytes,
        fusion_weight: float,
        dense_scale: float,
        state: State,
        reason: str,
        figures: dict[str, Any],
    ) -> int:
        """Keep a version of the embedding model; returns its id. It serves once it is activated, or promoted.

        `tensors` are what training changed of the settings' model, as a safetensors file. A version of the question
        side was trained towards the documents' vectors that serve now. Raises VersionError where the name is taken.
        """
        if sides == "both" and state == "ready":
            raise ValueError("A version of both sides is ready once promote() has embedded the documents with it.")
        now = self._serving.now
        row = EmbeddingModelRow(
            name=name,
            base=now.base,
            documents=now.documents if sides == "question" else name,
            dimension=now.dimension,
            max_tokens=now.max_tokens,
            fusion_weight=fusion_weight,
            dense_scale=dense_scale,
            state=state,
            reason=reason,
            figures=figures,
        )
        return self._rows.add(row, tensors)

    def versions(self) -> list[VersionInfo]:
        """Every version of the embedding model, the newest first."""
        return self._rows.all()

    def load(self, version_id: int) -> Version:
        """A version, its models loaded, whether or not it serves. Raises VersionError, EmbedderError."""
        return self._serving.load(version_id)

    def activate(self, version_id: int) -> None:
        """Serve this version from now on. It is loaded first, then switched to at once; nothing is embedded.

        Raises VersionError where it was refused or its documents are not embedded yet, EmbedderError where it cannot
        be loaded; what served before goes on then.
        """
        row = self._rows.get(version_id)
        if row.state == "refused":
            raise VersionError(
                f"The version {row.name!r} was refused: {row.reason} Choose another; `lore models` lists them."
            )
        if row.documents == row.name and row.state != "ready":
            raise VersionError(f"No documents are embedded with the version {row.name!r} yet: promote it instead.")
        if not row.active or row.id != self._serving.now.id:
            self._switch(self._serving.load(version_id), lambda: self._rows.activate(version_id), None)

    def rollback(self) -> VersionInfo:
        """Serve the version again that served before, in seconds; returns which one that is. Embeds nothing.

        The version that is left is forgotten as one that ever served (`activated_at` becomes NULL), so that a second
        rollback goes further back and not forth; `activate` serves it again. Where the documents' vectors are other
        ones, documents that came meanwhile are found once the next `reconcile`, with which each sync begins, has
        embedded them. Raises VersionError where no version served before.
        """
        before = self._rows.before(self._serving.now.base)
        left = self._rows.active()
        version = self._serving.load(before.id)
        self._switch(version, lambda: self._rows.roll_back(before.id), left.activated_at if left else None)
        return info(self._rows.get(before.id))

    def follow(self) -> None:
        """Serve the version that another process switched to, if any did: one small query where none did."""
        elsewhere = self._serving.elsewhere()
        if elsewhere is not None:
            self._switch(self._serving.load(elsewhere), lambda: None, None)

    def _switch(self, version: Version, commit: Callable[[], None], since: datetime | None) -> None:
        """`since` is when the version's collection stopped being written to, where that is known."""
        if version.documents == self._serving.now.documents:
            self._serving.switch(version, commit)
            return
        with self._changing:
            self._projection.match_audiences(version, since)
            self._serving.switch(version, commit)
            self._compared = False

    def _passages(
        self,
        index: KnowledgeIndex,
        question: str,
        vector: Vectors,
        audience: Audience,
        limit: int,
        dense_weight: float,
    ) -> tuple[Passage, ...]:
        hits = index.search(vector, self._bm25.question(question), audience, limit, dense_weight)
        rows = self._chunk_rows([hit.id for hit in hits])
        # A point without a row is one whose sync was stopped before its commit: the next sync clears it away. The
        # tables are the truth about who may see a document, too: a stopped sync can leave the index behind them.
        return tuple(
            Passage(
                rank=rank,
                chunk_id=hit.id,
                document=DocumentLink(document.external_id, document.title, document.url, source),
                heading=tuple(chunk.heading),
                text=chunk.text,
                position=chunk.position,
                scores=Scores(hit.dense, hit.bm25, hit.fused),
            )
            for rank, (hit, (chunk, document, source)) in enumerate(
                ((hit, rows[hit.id]) for hit in hits if hit.id in rows and audience & set(rows[hit.id][1].audience)),
                start=1,
            )
        )

    def _chunk_rows(self, ids: Sequence[str]) -> dict[str, tuple[ChunkRow, DocumentRow, str]]:
        query = (
            select(ChunkRow, DocumentRow, SourceRow.name)
            .join(DocumentRow, ChunkRow.document_id == DocumentRow.id)
            .join(SourceRow, DocumentRow.source_id == SourceRow.id)
            .where(ChunkRow.id.in_(ids))
        )
        with self._database.session() as session:
            return {chunk.id: (chunk, document, source) for chunk, document, source in session.execute(query)}
