"""Vectors that stand already for a document's texts, under the name that it had before it moved, or a copy's."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.document_rows import pages
from storage.embedder import Vectors
from storage.index import KnowledgeIndex
from storage.tables import ChunkRow, DocumentRow


def equal_texts(session: Session, digests: Sequence[str]) -> dict[str, str]:
    """The `embedded` texts of documents with one of these text digests, each with a chunk that has it."""
    found: dict[str, str] = {}
    for some in pages(sorted(set(digests))):
        first = (
            select(func.min(DocumentRow.id)).where(DocumentRow.text_digest.in_(some)).group_by(DocumentRow.text_digest)
        )
        query = select(ChunkRow.embedded, ChunkRow.id).where(ChunkRow.document_id.in_(first))
        found |= {row.embedded: row.id for row in session.execute(query)}
    return found


def held_vectors(index: KnowledgeIndex, chunks: dict[str, str]) -> dict[str, Vectors]:
    """The vectors, (dimension,) float32 each, by text; those that the index lacks are left out."""
    vectors = index.vectors(list(chunks.values()))
    return {text: vectors[id] for text, id in chunks.items() if id in vectors}
