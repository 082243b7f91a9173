"""A real knowledge base of a few pages, some of which are kept to channels and user groups."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingestion.chunk import chunk
from learning.felt import FeltVotes
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Audience, Document
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.tables import SourceRow
from tests.embedders import real_embedder
from tests.memory_folder import memory_folder


@dataclass(frozen=True)
class Page:
    """A page; its address is made of its id."""

    id: str
    title: str
    text: str
    audience: Audience = PUBLIC
    source: str = "handbook"

    @property
    def url(self) -> str:
        return f"https://{self.source}.example/{self.id}"


@contextmanager
def kept_pages(
    database: Database, pages: Sequence[Page], folder: Path, votes: FeltVotes | None = None
) -> Iterator[KnowledgeBase]:
    """The knowledge base of these pages, with the real embedding model and index."""
    embedder = real_embedder()
    with memory_folder(folder) as index_folder:
        index = EdgeIndex(index_folder, "the tests")
        knowledge = KnowledgeBase(database, index, embedder, Bm25Encoder(), None, votes)
        knowledge.open()
        for name in dict.fromkeys(page.source for page in pages):
            with database.session() as session:
                source = SourceRow(name=name, connector="files", audience=["everyone"])
                session.add(source)
                session.flush()
                source_id = source.id
            knowledge.write(source_id, [_document(page) for page in pages if page.source == name])
        yield knowledge
        index.close()


def _document(page: Page) -> Document:
    embedder = real_embedder()
    return Document(
        id=page.id,
        title=page.title,
        url=page.url,
        revision="1",
        content_hash=hashlib.sha256(page.text.encode()).hexdigest(),
        markdown=page.text,
        audience=page.audience,
        chunks=tuple(chunk(page.title, page.text, embedder.count_tokens, embedder.max_tokens)),
    )
