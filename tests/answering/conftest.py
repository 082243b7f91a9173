"""A small handbook in a real database and a real index, embedded once; and a hosted LLM's stand-in."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answering.answer import Answerer
from bot.answering.openai_llm import OpenAICompatible
from ingestion.chunk import chunk
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Document
from storage.embedder import SentenceTransformerEmbedder
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.tables import SourceRow
from tests.answering.handbook import PAGES
from tests.answering.llm_server import LlmServer, running
from tests.answering.shelf import Shelf, shelf_in
from tests.embedders import real_embedder
from tests.memory_folder import memory_folder


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    return real_embedder()


@pytest.fixture(scope="session")
def knowledge(
    tmp_path_factory: pytest.TempPathFactory, embedder: SentenceTransformerEmbedder
) -> Iterator[KnowledgeBase]:
    """The handbook; only "#finance" may see the salary bands."""
    folder = tmp_path_factory.mktemp("answering")
    with memory_folder(folder) as index_folder:
        database = Database.open(f"sqlite:///{folder}/lore.db")
        index = EdgeIndex(index_folder, "the tests")
        filled = KnowledgeBase(database, index, embedder, Bm25Encoder())
        filled.open()
        with database.session() as session:
            source = SourceRow(name="handbook", connector="files", audience=["everyone"])
            session.add(source)
            session.flush()
            source_id = source.id
        filled.write(source_id, [_document(name, embedder) for name in PAGES])
        yield filled
        index.close()
        database.close()


@pytest.fixture(scope="session")
def quoting(knowledge: KnowledgeBase) -> Answerer:
    return Answerer(knowledge, None)


@pytest.fixture
def llm() -> Iterator[LlmServer]:
    with running() as server:
        yield server


@pytest.fixture
def writing(knowledge: KnowledgeBase, llm: LlmServer) -> Answerer:
    """An Answerer whose language model is the scripted server, behind the real client."""
    return Answerer(knowledge, OpenAICompatible(llm.url, "scripted", "key-1", timeout=1.0))


def _document(name: str, embedder: SentenceTransformerEmbedder) -> Document:
    title, markdown = PAGES[name]
    return Document(
        id=name,
        title=title,
        url=f"https://handbook.example/{name}",
        revision="1",
        content_hash=hashlib.sha256(markdown.encode()).hexdigest(),
        markdown=markdown,
        audience=frozenset({"#finance"}) if name.startswith("secret") else PUBLIC,
        chunks=tuple(chunk(title, markdown, embedder.count_tokens, embedder.max_tokens)),
    )


@pytest.fixture
def shelf(tmp_path: Path, embedder: SentenceTransformerEmbedder) -> Iterator[Shelf]:
    with shelf_in(tmp_path, embedder) as shelf:
        yield shelf
