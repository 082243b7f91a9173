"""KnowledgeBase: documents in, passages out. Joins the tables, the embedder and the index; SQL is the truth."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlalchemy import delete, select, update

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import Audience, Document
from storage.document_rows import PlannedDocument, pages, plan, storable_document, store
from storage.embedder import Embedder, Vectors
from storage.equal_texts import equal_texts, held_vectors
from storage.index import ALL_SOURCES, KnowledgeIndex
from storage.neighbours import Neighbours, neighbours
from storage.nudge import Nudge, VoteMemory, chunks_of, search_nudged
from storage.passage import DocumentLink as DocumentLink
from storage.passage import Found as Found
from storage.passage import Passage as Passage
from storage.passage import Scores as Scores
from storage.projection import OnProgress, Placed, ReadyVectors
from storage.projection import WriteCounts as WriteCounts
from storage.reranker import READ, Reranker, rerank
from storage.serving import no_versions
from storage.surroundings import around, with_others_around
from storage.tables import ChunkRow, DocumentRow, SourceRow, utc_now
from storage.versioned_index import VersionedIndex
from storage.versions import LoadVersion, Version
from storage.visibility import everyone_known


class KnowledgeBase(VersionedIndex):
    """The documents of all sources, searchable. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        index: KnowledgeIndex,
        embedder: Embedder,
        bm25: Bm25Encoder,
        load: LoadVersion = no_versions,
        votes: VoteMemory | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        """As a VersionedIndex; with a `reranker`, the best passages of a search are put into its order."""
        super().__init__(database, index, embedder, bm25, load, votes)
        self._reranker = reranker

    def search(
        self, question: str, audience: Audience, limit: int = 10, sources: frozenset[str] = ALL_SOURCES
    ) -> Found:
        """The passages of at most `limit` chunks that somebody of `audience` may see, best first; of these sources
        alone, where any is named."""
        version = self._serving.now
        begun = time.perf_counter()
        vector = version.questions.embed_question(question)
        embedded = time.perf_counter()
        nudges = chunks_of(self._database, self._votes.nudges(vector, version.questions)) if self._votes else {}
        weight = version.fusion_weight
        wanted = max(limit, READ) if self._reranker else limit
        passages = self._passages(version.index, question, vector, audience, wanted, weight, nudges, sources)
        if self._reranker:
            passages = rerank(self._reranker, question, passages)[:limit]
        done = time.perf_counter()
        return Found(passages, (embedded - begun) * 1e3, (done - embedded) * 1e3, vector, version.name)

    def search_by_vector(
        self,
        question: str,
        vector: Vectors,
        audience: Audience,
        limit: int,
        dense_weight: float,
        version: Version | None = None,
    ) -> tuple[Passage, ...]:
        """What `search` would find were this the question's vector, (dimension,) and scaled, and this the weight.

        No votes are felt, and nothing is reranked: what a model has learnt is judged without that. `version` is whose
        documents' vectors are searched: those that serve, where none is given.
        """
        version = version or self._serving.now
        return self._passages(version.index, question, vector, audience, limit, dense_weight, {})

    def neighbours(self, passages: Sequence[Passage], audience: Audience) -> dict[str, Neighbours]:
        """By a passage's chunk, what stands around it in its document and somebody of `audience` may see."""
        return neighbours(self._database, passages, audience)

    def everyone_known(self) -> Audience:
        """All who may see any document at all: somebody who is each of them sees everything."""
        return everyone_known(self._database)

    def write(
        self,
        source_id: int,
        documents: Sequence[Document],
        on_progress: Callable[[int], None] | None = None,
        ready: ReadyVectors | None = None,
    ) -> WriteCounts:
        """Make these documents of a source what they are now; embeds only chunks whose text is new.

        A chunk whose text another document has, or had until it moved, embeds nothing. Nor does one whose text is in
        `ready`, with its vector by the version of the model that this names.

        The index is written before the tables are committed, and cleared of what is gone after: whenever this is
        stopped, writing the same again ends in the same state.
        """
        counts = None
        while counts is None:
            counts = self._write(self._serving.now, source_id, documents, on_progress, ready)
        return counts

    def _write(
        self,
        version: Version,
        source_id: int,
        documents: Sequence[Document],
        on_progress: OnProgress,
        ready: ReadyVectors | None,
    ) -> WriteCounts | None:
        """None where another version's collection came to serve while the documents were embedded for this one's."""
        with self._database.session() as session:
            source = session.get_one(SourceRow, source_id)
            planned = plan(session, source, [storable_document(document) for document in documents])
            placed = {chunk.id: chunk for plan in planned for chunk in _placed(plan, source.name)}
            fresh = [placed[id] for plan in planned for id in plan.chunks if id not in plan.standing]
            beside_others = [placed[id] for plan in planned for id in with_others_around(plan.stood, list(plan.chunks))]
            texts = [chunk.embedded for chunk in fresh]
            equal = equal_texts(session, set(texts))
        held = held_vectors(version.index, equal)
        made = {}
        if ready is not None and ready.documents == version.documents:
            made = {text: ready.vectors[text] for text in set(texts) & ready.vectors.keys() - held.keys()}
        vectors, embedded = self._projection.embed(version, texts, {**held, **made}, on_progress)
        embedded += len(made)
        gone: list[str] = []
        with self._changing, self._database.locked(alone=False):
            if self._serving.now.documents != version.documents:
                return None
            self._projection.put(version, fresh, vectors)
            self._projection.put_again(version, beside_others)
            for one in planned:
                if one.audience_changed:
                    version.index.set_audience(sorted(one.standing & one.chunks.keys()), one.document.audience)
            with self._database.session() as session:
                gone = store(session, source_id, planned)
            version.index.delete(gone)
        total = sum(len(one.chunks) for one in planned)
        return WriteCounts(embedded, total - embedded, len(gone))

    def set_audience(self, source_id: int, external_ids: Sequence[str], audience: Audience) -> None:
        """Let `audience`, and nobody else, see these documents of a source from now on; embeds nothing."""
        for some in pages(external_ids):
            these = (DocumentRow.source_id == source_id, DocumentRow.external_id.in_(some))
            with self._changing, self._database.locked(alone=False):
                with self._database.session() as session:
                    chunks = session.scalars(select(ChunkRow.id).join(DocumentRow).where(*these)).all()
                self._serving.now.index.set_audience(chunks, audience)
                changes = {"audience": sorted(audience), "updated_at": utc_now()}
                with self._database.session() as session:
                    session.execute(update(DocumentRow).where(*these).values(**changes))

    def remove(self, source_id: int, external_ids: Sequence[str]) -> int:
        """Forget these documents of a source; returns how many chunks went with them."""
        gone: list[str] = []
        with self._changing, self._database.locked(alone=False):
            with self._database.session() as session:
                for some in pages(external_ids):
                    these = (DocumentRow.source_id == source_id, DocumentRow.external_id.in_(some))
                    rows = session.scalars(select(DocumentRow.id).where(*these)).all()
                    gone += session.scalars(select(ChunkRow.id).where(ChunkRow.document_id.in_(rows)))
                    session.execute(delete(DocumentRow).where(DocumentRow.id.in_(rows)))
            self._serving.now.index.delete(gone)
        return len(gone)

    def _passages(
        self,
        index: KnowledgeIndex,
        question: str,
        vector: Vectors,
        audience: Audience,
        limit: int,
        dense_weight: float,
        nudges: Mapping[str, Nudge],
        sources: frozenset[str] = ALL_SOURCES,
    ) -> tuple[Passage, ...]:
        sparse = self._bm25.question(question)
        hits = search_nudged(index, vector, sparse, audience, limit, dense_weight, nudges, sources)
        rows = self._chunk_rows([one.hit.id for one in hits])
        # A point without a row is one whose sync was stopped before its commit: the next sync clears it away. The
        # tables are the truth about who may see a document, too: a stopped sync can leave the index behind them.
        known = [(one.hit, one.nudge, *rows[one.hit.id]) for one in hits if one.hit.id in rows]
        return tuple(
            Passage(
                rank=rank,
                chunk_id=hit.id,
                document=DocumentLink(document.external_id, document.title, document.url, source, document.changed_at),
                heading=tuple(chunk.heading),
                text=chunk.text,
                position=chunk.position,
                anchor=chunk.anchor,
                scores=Scores(hit.dense, hit.bm25, hit.fused, nudge.amount if nudge else 0.0),
                nudge=nudge,
            )
            for rank, (hit, nudge, chunk, document, source) in enumerate(
                (one for one in known if audience & set(one[3].audience) and (not sources or one[4] in sources)),
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


def _placed(plan: PlannedDocument, source: str) -> Iterator[Placed]:
    """A document's chunks, in their order, as the index is given them."""
    texts = [chunk.embedded for chunk in plan.chunks.values()]
    for id, text, others in zip(plan.chunks, texts, around(texts), strict=True):
        yield Placed(id, plan.document.audience, source, text, others)
