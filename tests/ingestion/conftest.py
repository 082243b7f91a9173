"""A knowledge base to sync into, on both databases, with a model that only counts what it embeds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ingestion.sync import Source, SyncReport, Syncs
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Audience
from storage.embedder import SentenceTransformerEmbedder
from storage.index import KnowledgeIndex
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.tables import ChunkRow, DocumentRow, utc_now
from tests.embedders import CountingEmbedder, HashEmbedder, real_embedder
from tests.ingestion.scripted_source import ScriptedConnector, scripted_source
from tests.memory_folder import memory_folder


@dataclass
class Clock:
    """The time by which failed documents are tried again: it stands still unless a test lets it pass."""

    now: datetime = field(default_factory=utc_now)

    def read(self) -> datetime:
        return self.now

    def pass_by(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@dataclass
class Home:
    """Syncs with their parts in reach, and one source to sync."""

    syncs: Syncs
    knowledge: KnowledgeBase
    database: Database
    index: KnowledgeIndex
    embedder: CountingEmbedder
    connector: ScriptedConnector
    source: Source
    clock: Clock

    def sync(self, allow_removals: bool = False) -> SyncReport:
        return self.syncs.sync(self.source, allow_removals=allow_removals)

    def found(self, question: str, audience: Audience = PUBLIC) -> list[str]:
        """The documents that are found, best first."""
        passages = self.knowledge.search(question, audience, 50).passages
        return list(dict.fromkeys(passage.document.id for passage in passages))

    def errors(self) -> dict[str, str]:
        with self.database.session() as session:
            rows = session.execute(select(DocumentRow.external_id, DocumentRow.error).where(DocumentRow.error != ""))
            return {id: error or "" for id, error in rows}

    def contents(self) -> tuple[list[object], list[object], list[str]]:
        """All documents, chunks and points, in an order that depends on nothing else."""
        document = (DocumentRow.external_id, DocumentRow.title, DocumentRow.url, DocumentRow.revision)
        rest = (DocumentRow.content_hash, DocumentRow.markdown, DocumentRow.audience, DocumentRow.error)
        chunk = (ChunkRow.id, ChunkRow.position, ChunkRow.heading, ChunkRow.text, ChunkRow.embedded)
        with self.database.session() as session:
            documents = sorted(map(tuple, session.execute(select(*document, *rest))), key=str)
            chunks = sorted(map(tuple, session.execute(select(*chunk))), key=str)
        return list(documents), list(chunks), sorted(self.index.ids())


def home_in(database: Database, folder: Path, connector: ScriptedConnector | None = None) -> Home:
    """A home whose index is in `folder`."""
    embedder = CountingEmbedder(HashEmbedder())
    index = EdgeIndex(folder, "the tests")
    knowledge = KnowledgeBase(database, index, embedder, Bm25Encoder())
    knowledge.open()
    connector = connector or ScriptedConnector()
    clock = Clock()
    syncs = Syncs(database, knowledge, now=clock.read)
    return Home(syncs, knowledge, database, index, embedder, connector, scripted_source(connector), clock)


@pytest.fixture
def index_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for an index, that is not there yet."""
    with memory_folder(tmp_path) as folder:
        yield folder


@pytest.fixture
def home(database: Database, index_folder: Path) -> Iterator[Home]:
    made = home_in(database, index_folder)
    yield made
    made.index.close()


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    return real_embedder()
