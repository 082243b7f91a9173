"""Vectors that stand already for a text: of the document that had it before it moved, or of one that has it too."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.document_rows import digest, pages
from storage.embedder import Vectors
from storage.index import KnowledgeIndex
from storage.tables import ChunkRow


def equal_texts(session: Session, texts: Collection[str]) -> dict[str, str]:
    """Those of these `embedded` texts that some chunk has, each with the id of one that does.

    Who may see that chunk does not matter: only its vector is taken, for a text that is the same.
    """
    wanted = {digest(text): text for text in texts}
    found: dict[str, str] = {}
    for some in pages(list(wanted)):
        first = select(func.min(ChunkRow.id)).where(ChunkRow.digest.in_(some)).group_by(ChunkRow.digest)
        query = select(ChunkRow.id, ChunkRow.embedded).where(ChunkRow.id.in_(first))
        found |= {row.embedded: row.id for row in session.execute(query)}
    return {text: id for text, id in found.items() if text in texts}


def held_vectors(index: KnowledgeIndex, chunks: dict[str, str]) -> dict[str, Vectors]:
    """The vectors, (dimension,) float32 each, by text; those that the index lacks are left out."""
    vectors = index.vectors(list(chunks.values()))
    return {text: vectors[id] for text, id in chunks.items() if id in vectors}
