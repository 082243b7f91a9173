"""A document's rows: what of it stands in the tables already, and how they become what the document is now."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.document import Chunk, Document
from storage.storable import storable
from storage.tables import ChunkRow, DocumentRow, SourceRow, utc_now

ROWS_AT_ONCE = 500
"""Ids in one SQL statement: SQLite takes at most 32,766 variables, and PostgreSQL plans short lists better."""

NAMESPACE = uuid.UUID("8f6a2f6e-52a1-5b0e-9d43-3c1f0a7d9b11")


@dataclass
class PlannedDocument:
    """A document to be written, with the ids of its chunks and of those that stand already."""

    document: Document
    row_id: int | None
    text_digest: str
    chunks: dict[str, Chunk] = field(default_factory=dict)
    standing: set[str] = field(default_factory=set)
    audience_changed: bool = False


def chunk_ids(source: str, document_id: str, chunks: Sequence[Chunk]) -> list[str]:
    """A UUID for each chunk, from its document and its text; the nth of equal chunks in a document has its own."""
    seen: Counter[tuple[str, str]] = Counter()
    ids = []
    for chunk in chunks:
        content = (chunk.embedded, chunk.text)
        ids.append(str(uuid.uuid5(NAMESPACE, "\0".join((source, document_id, *content, str(seen[content]))))))
        seen[content] += 1
    return ids


def text_digest(chunks: Sequence[Chunk]) -> str:
    """The SHA-256 of the chunks' `embedded` texts in their order: equal where a document only moved."""
    digest = hashlib.sha256()
    for chunk in chunks:
        embedded = chunk.embedded.encode()
        digest.update(len(embedded).to_bytes(8, "big"))
        digest.update(embedded)
    return digest.hexdigest()


def storable_document(document: Document) -> Document:
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


def pages(items: Sequence[str], size: int = ROWS_AT_ONCE) -> Iterator[Sequence[str]]:
    """The items, `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def plan(session: Session, source: SourceRow, document: Document) -> PlannedDocument:
    """What is to be done to make this document of a source what it is now."""
    row = session.execute(
        select(DocumentRow.id, DocumentRow.audience).where(
            DocumentRow.source_id == source.id, DocumentRow.external_id == document.id
        )
    ).one_or_none()
    planned = PlannedDocument(document, row.id if row else None, text_digest(document.chunks))
    planned.chunks = dict(zip(chunk_ids(source.name, document.id, document.chunks), document.chunks, strict=True))
    if row is not None:
        planned.standing = set(session.scalars(select(ChunkRow.id).where(ChunkRow.document_id == row.id)))
        planned.audience_changed = frozenset(row.audience) != document.audience
    return planned


def store(session: Session, source_id: int, planned: PlannedDocument) -> list[str]:
    """Make the rows what the document is now; returns the ids of chunks that are gone."""
    document = planned.document
    row = session.get(DocumentRow, planned.row_id) if planned.row_id is not None else None
    if row is None:
        row = DocumentRow(source_id=source_id, external_id=document.id)
        session.add(row)
    row.title, row.url, row.revision = document.title, document.url, document.revision
    row.content_hash, row.text_digest, row.markdown = document.content_hash, planned.text_digest, document.markdown
    row.audience, row.updated_at = sorted(document.audience), utc_now()
    row.error, row.failed_revision, row.failed_since, row.attempts, row.retry_at = None, None, None, 0, None
    session.flush()
    gone = sorted(planned.standing - planned.chunks.keys())
    for some in pages(gone):
        session.execute(delete(ChunkRow).where(ChunkRow.id.in_(some)))
    standing = {chunk.id: chunk for chunk in session.scalars(select(ChunkRow).where(ChunkRow.document_id == row.id))}
    for position, (id, chunk) in enumerate(planned.chunks.items()):
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
