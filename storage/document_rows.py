"""A document's rows: what of it stands in the tables already, and how they become what the document is now."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from storage.document import Chunk, Document
from storage.storable import storable
from storage.tables import ChunkRow, DocumentRow, SourceRow, utc_now

ROWS_AT_ONCE = 500
"""Ids in one SQL statement: SQLite takes at most 32,766 variables, and PostgreSQL plans short lists better."""

NAMESPACE = uuid.UUID("8f6a2f6e-52a1-5b0e-9d43-3c1f0a7d9b11")


Item = TypeVar("Item")


@dataclass(frozen=True)
class PlannedDocument:
    """A document to be written, with the ids of its chunks and of those that stand already, these in their order."""

    document: Document
    row_id: int | None
    chunks: dict[str, Chunk]
    standing: set[str]
    stood: tuple[str, ...]
    audience_changed: bool


def chunk_ids(source: str, document_id: str, chunks: Sequence[Chunk]) -> list[str]:
    """A UUID for each chunk, from its document and its text; the nth of equal chunks in a document has its own."""
    seen: Counter[tuple[str, str]] = Counter()
    ids = []
    for chunk in chunks:
        content = (chunk.embedded, chunk.text)
        ids.append(str(uuid.uuid5(NAMESPACE, "\0".join((source, document_id, *content, str(seen[content]))))))
        seen[content] += 1
    return ids


def digest(embedded: str) -> str:
    """128 bits of the SHA-256 of a chunk's `embedded` text, by which chunks with the same are found: 32 digits."""
    return hashlib.sha256(embedded.encode()).hexdigest()[:32]


def storable_document(document: Document) -> Document:
    """The document as the tables can hold it; its chunks' ids derive from that."""
    return replace(
        document,
        title=storable(document.title),
        url=storable(document.url),
        markdown=storable(document.markdown),
        chunks=tuple(
            Chunk(tuple(map(storable, chunk.heading)), storable(chunk.text), storable(chunk.embedded), chunk.anchor)
            for chunk in document.chunks
        ),
    )


def pages(items: Sequence[Item], size: int = ROWS_AT_ONCE) -> Iterator[Sequence[Item]]:
    """The items, `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def plan(session: Session, source: SourceRow, documents: Sequence[Document]) -> list[PlannedDocument]:
    """What is to be done to make these documents of a source what they are now."""
    known: dict[str, tuple[int, list[str]]] = {}
    for some in pages([document.id for document in documents]):
        query = select(DocumentRow.external_id, DocumentRow.id, DocumentRow.audience).where(
            DocumentRow.source_id == source.id, DocumentRow.external_id.in_(some)
        )
        known |= {row.external_id: (row.id, row.audience) for row in session.execute(query)}
    standing: dict[int, list[str]] = {}
    for rows in pages([row_id for row_id, _ in known.values()]):
        of_rows = select(ChunkRow.id, ChunkRow.document_id).where(ChunkRow.document_id.in_(rows))
        for chunk_id, document_id in session.execute(of_rows.order_by(ChunkRow.document_id, ChunkRow.position)):
            standing.setdefault(document_id, []).append(chunk_id)
    planned = []
    for document in documents:
        row = known.get(document.id)
        row_id = row[0] if row is not None else None
        chunks = dict(zip(chunk_ids(source.name, document.id, document.chunks), document.chunks, strict=True))
        stood = tuple(standing.get(row_id, ())) if row_id is not None else ()
        is_shared = row is not None and frozenset(row[1]) != document.audience
        planned.append(PlannedDocument(document, row_id, chunks, set(stood), stood, is_shared))
    return planned


def store(session: Session, source_id: int, planned: Sequence[PlannedDocument]) -> list[str]:
    """Make the rows what the documents are now; returns the ids of chunks that are gone."""
    new = [one for one in planned if one.row_id is None]
    row_ids = {one.document.id: one.row_id for one in planned if one.row_id is not None}
    if row_ids:
        old = [{"id": one.row_id, **_document_values(one)} for one in planned if one.row_id is not None]
        session.execute(update(DocumentRow), old)
    if new:
        inserted = session.scalars(
            insert(DocumentRow).returning(DocumentRow.id, sort_by_parameter_order=True),
            [{"source_id": source_id, "external_id": one.document.id, **_document_values(one)} for one in new],
        )
        row_ids |= {one.document.id: row_id for one, row_id in zip(new, inserted, strict=True)}
    gone = sorted(id for one in planned for id in one.standing - one.chunks.keys())
    for some in pages(gone):
        session.execute(delete(ChunkRow).where(ChunkRow.id.in_(some)))
    placed = [
        (id, row_ids[one.document.id], position, chunk, id in one.standing)
        for one in planned
        for position, (id, chunk) in enumerate(one.chunks.items())
    ]
    moved = [{"id": id, "position": position, **_place(chunk)} for id, _, position, chunk, stands in placed if stands]
    if moved:
        session.execute(update(ChunkRow), moved)
    added = [
        {
            "id": id,
            "document_id": row_id,
            "position": position,
            **_place(chunk),
            "text": chunk.text,
            "embedded": chunk.embedded,
        }
        for id, row_id, position, chunk, stands in placed
        if not stands
    ]
    if added:
        session.execute(insert(ChunkRow), added)
    return gone


def _place(chunk: Chunk) -> dict[str, Any]:
    """What of a chunk can change while its text, and so its id and its vector, stays; and what is made of its text."""
    return {"heading": list(chunk.heading), "anchor": chunk.anchor, "digest": digest(chunk.embedded)}


def _document_values(planned: PlannedDocument) -> dict[str, Any]:
    document = planned.document
    return {
        "title": document.title,
        "url": document.url,
        "revision": document.revision,
        "content_hash": document.content_hash,
        "markdown": document.markdown,
        "audience": sorted(document.audience),
        "changed_at": document.changed_at,
        "error": None,
        "failed_revision": None,
        "failed_since": None,
        "attempts": 0,
        "retry_at": None,
        "updated_at": utc_now(),
    }
