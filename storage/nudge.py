"""What people's votes add to passages' scores at once, before any training: asked for by the knowledge base."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import select

from storage.database import Database
from storage.document import Audience
from storage.embedder import QuestionEmbedder, Vectors
from storage.index import ALL_SOURCES, CANDIDATES, Hit, KnowledgeIndex, SparseVector
from storage.tables import ChunkRow, DocumentRow, SourceRow

MOST = 0.2
"""The most that votes add to a fused score, or take from it (docs/decisions/votes-at-once.md)."""

MOST_LIFTED = 3
"""Passages of one document that are lifted: a long document must not crowd out all others."""

MOST_CHUNKS = 1_000
"""Of the documents that votes lift: so many are scored for a question."""


@dataclass(frozen=True)
class Nudge:
    """Votes on `because`, a question like the one that is asked, put a document `amount` higher (or lower, below 0)."""

    source: str
    document: str
    amount: float
    because: str


class VoteMemory(Protocol):
    """Remembers which documents votes named as right or wrong for which questions."""

    def nudges(self, vector: Vectors, embedder: QuestionEmbedder) -> Sequence[Nudge]:
        """What votes say about a question whose vector by `embedder` is `vector`, (dimension,), of any length.

        At most one a document. Must cost a question next to nothing: what would take time is done meanwhile.
        """
        ...


@dataclass(frozen=True)
class NudgedHit:
    """A point found, its fused score with what votes added, which is `nudge`."""

    hit: Hit
    nudge: Nudge | None = None


def chunks_of(database: Database, nudges: Sequence[Nudge]) -> dict[str, Nudge]:
    """The ids of the chunks that these nudges are about."""
    if not nudges:
        return {}
    by_document = {(nudge.source, nudge.document): nudge for nudge in nudges}
    query = (
        select(ChunkRow.id, SourceRow.name, DocumentRow.external_id)
        .join(DocumentRow, ChunkRow.document_id == DocumentRow.id)
        .join(SourceRow, DocumentRow.source_id == SourceRow.id)
        .where(
            SourceRow.name.in_({source for source, _ in by_document}),
            DocumentRow.external_id.in_({document for _, document in by_document}),
        )
        .order_by(DocumentRow.id, ChunkRow.position)
    )
    with database.session() as session:
        rows = session.execute(query).all()
    return {id: by_document[source, document] for id, source, document in rows if (source, document) in by_document}


def search_nudged(
    index: KnowledgeIndex,
    dense: Vectors,
    sparse: SparseVector,
    audience: Audience,
    limit: int,
    dense_weight: float,
    nudges: Mapping[str, Nudge],
    sources: frozenset[str] = ALL_SOURCES,
) -> list[NudgedHit]:
    """The best `limit` points with what votes add, highest first; `nudges` are by the chunks' ids.

    A document that votes name is scored though the search had not found it; who may see it, the index decides as ever.
    """
    if not nudges:
        hits = index.search(dense, sparse, audience, limit, dense_weight, sources=sources)
        return [NudgedHit(hit) for hit in hits]
    lifted = [id for id, nudge in nudges.items() if nudge.amount > 0][:MOST_CHUNKS]
    # What votes put lower makes room for what a search for so few would have left out.
    hits = index.search(dense, sparse, audience, max(limit, CANDIDATES), dense_weight, lifted, sources)
    return nudge_hits(hits, nudges)[:limit]


def nudge_hits(hits: Sequence[Hit], nudges: Mapping[str, Nudge]) -> list[NudgedHit]:
    """These hits (best first) with what votes add to them, at most MOST either way, best first again.

    Of a document that is lifted it is the best MOST_LIFTED; of one that is put lower, all.
    """
    nudged: list[NudgedHit] = []
    lifted: Counter[tuple[str, str]] = Counter()
    for hit in hits:
        nudge = nudges.get(hit.id)
        if nudge is not None and nudge.amount > 0:
            lifted[nudge.source, nudge.document] += 1
            if lifted[nudge.source, nudge.document] > MOST_LIFTED:
                nudge = None
        if nudge is not None:
            nudge = replace(nudge, amount=max(-MOST, min(MOST, nudge.amount)))
            hit = replace(hit, fused=hit.fused + nudge.amount)
        nudged.append(NudgedHit(hit, nudge))
    return sorted(nudged, key=lambda one: -one.hit.fused)
