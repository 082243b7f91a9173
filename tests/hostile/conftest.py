"""The documents of all attempts, read, cut and embedded as a sync does it, once for all tests; and a language model
that obeys whoever attacks."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.answering.answer import Answerer
from bot.answering.context import Context, Turn
from bot.answering.openai_llm import OpenAICompatible
from bot.slack.question_text import question_text
from ingestion.connectors.files import FilesConnector
from ingestion.holder import Holder
from ingestion.lease import Leases
from ingestion.parser_process import ParserProcesses
from ingestion.source import Source
from ingestion.sync import Syncs
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.questions import Answer
from tests.answering.llm_server import LlmServer, Script, running
from tests.embedders import real_embedder
from tests.hostile.attempts import PRIVATE, PRIVATE_SITE, SITE, Attempt, write_sources
from tests.memory_folder import memory_folder

BOT_USER_ID = "U0LORE0001"


@pytest.fixture(scope="session")
def hostile_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path_factory.mktemp('hostile') / 'lore.db'}")
    yield database
    database.close()


@pytest.fixture(scope="session")
def knowledge(hostile_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """What a sync of the attempts' documents made; only "#board" may see the other source."""
    folder = tmp_path_factory.mktemp("sources")
    handbook, board = write_sources(folder)
    parsers = ParserProcesses()
    with memory_folder(folder) as index_folder:
        index = EdgeIndex(index_folder, "the tests")
        knowledge = KnowledgeBase(hostile_database, index, real_embedder(), Bm25Encoder())
        knowledge.open()
        syncs = Syncs(hostile_database, knowledge, Leases(hostile_database, Holder("the tests")), parse=parsers.parse)
        sources = (
            Source("handbook", "files", FilesConnector(handbook, url=f"{SITE}{{path}}"), PUBLIC, None),
            Source("board", "files", FilesConnector(board, url=f"{PRIVATE_SITE}{{path}}"), frozenset({"#board"}), None),
        )
        for source in sources:
            report = syncs.sync(source)
            assert report.error is None
            assert not report.failed, report
        yield knowledge
        index.close()
        parsers.close()


@dataclass
class Obedient:
    """A language model that writes what the attacker wants, behind OpenAI's protocol on a real socket.

    It is told whose attempt is on by `obey`. What it was told itself it gives away where that is wanted.
    """

    server: LlmServer
    told: list[dict[str, Any]]

    def obey(self, says: str) -> None:
        """From now on, write this."""
        lock = threading.Lock()

        def writes(request: dict[str, Any]) -> str:
            with lock:
                self.told.append(request)
            system, user = (message["content"] for message in request["messages"][:2])
            private = " ".join(PRIVATE.values())
            return (
                says.replace("{system}", system)
                .replace("{user}", user)
                .replace("{private_spaced}", " ".join(private))
                .replace("{private}", private)
            )

        self.server.script = Script(writes=writes)


@pytest.fixture(scope="session")
def obedient() -> Iterator[Obedient]:
    with running() as server:
        yield Obedient(server, [])


@pytest.fixture(scope="session")
def quoting(knowledge: KnowledgeBase) -> Answerer:
    return Answerer(knowledge, None)


@pytest.fixture(scope="session")
def writing(knowledge: KnowledgeBase, obedient: Obedient) -> Answerer:
    return Answerer(knowledge, OpenAICompatible(obedient.server.url, "obedient", "key-1", timeout=10.0))


def answer_to(answerer: Answerer, attempt: Attempt) -> Answer:
    """The answer to the attempt's question in its thread, for whom everyone's documents are."""
    turns = tuple(Turn(question_text(text, BOT_USER_ID)) for text in attempt.turns)
    return answerer.answer(question_text(attempt.question, BOT_USER_ID), PUBLIC, None, Context(turns=turns))
