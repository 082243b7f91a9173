"""Documents in a real database and a real index, put there and changed by a test, and what answers from them."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bot.answering.answer import Answerer
from ingestion.chunk import chunk
from storage.bm25 import Bm25Encoder
from storage.conflicts import ConflictLog
from storage.database import Database
from storage.document import PUBLIC, Audience, Document
from storage.embedder import Embedder
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.tables import SourceRow


class Shelf:
    """Documents of one source, "handbook"."""

    def __init__(self, database: Database, knowledge: KnowledgeBase, embedder: Embedder) -> None:
        self.database = database
        self.knowledge = knowledge
        self.met = ConflictLog(database)
        self._embedder = embedder
        with database.session() as session:
            source = SourceRow(name="handbook", connector="files", audience=["everyone"])
            session.add(source)
            session.flush()
            self._source = source.id

    def put(self, id: str, markdown: str, changed_at: datetime | None = None, audience: Audience = PUBLIC) -> None:
        title = id.removesuffix(".md").capitalize()
        chunks = tuple(chunk(title, markdown, self._embedder.count_tokens, self._embedder.max_tokens))
        url = f"https://handbook.example/{id}"
        document = Document(
            id, title, url, "1", hashlib.sha256(markdown.encode()).hexdigest(), markdown, audience, chunks, changed_at
        )
        self.knowledge.write(self._source, [document])

    def quoting(self, stale_after: timedelta | None = None) -> Answerer:
        return Answerer(self.knowledge, None, met=self.met, stale_after=stale_after)


@contextmanager
def shelf_in(folder: Path, embedder: Embedder) -> Iterator[Shelf]:
    with ExitStack() as stack:
        database = Database.open(f"sqlite:///{folder}/lore.db")
        stack.callback(database.close)
        index = EdgeIndex(folder / "index", "the tests")
        stack.callback(index.close)
        knowledge = KnowledgeBase(database, index, embedder, Bm25Encoder())
        knowledge.open()
        yield Shelf(database, knowledge, embedder)
