"""The real answerer on a real index, asked in Slack."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.answering.answer import Answerer
from ingestion.chunk import chunk
from playground.server import Running
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Document
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.questions import QuestionLog
from storage.tables import SourceRow
from tests.embedders import real_embedder
from tests.memory_folder import memory_folder
from tests.slack.stage import Stage, blocks_of, on_stage, shown_text

PAGES = {
    "leave": ("Annual leave", "Everyone who works full time gets **27 days** of paid annual leave a year."),
    "wifi": (
        "Wi-Fi",
        "The guest Wi-Fi password is on the screen at reception. <!channel> asks <@U0ALICE001>.",
    ),
    "pay": ("Salary bands", "The salary band of a senior engineer goes from £61,000 to £74,000 a year."),
}


@pytest.fixture
def stage(server: Running, database: Database, tmp_path: Path) -> Iterator[Stage]:
    """The handbook behind the bot; only members of #finance may see the salary bands."""
    embedder = real_embedder()
    with memory_folder(tmp_path) as folder:
        index = EdgeIndex(folder, "the tests")
        knowledge = KnowledgeBase(database, index, embedder, Bm25Encoder())
        knowledge.open()
        with database.session() as session:
            source = SourceRow(name="handbook", connector="files", audience=["everyone"])
            session.add(source)
            session.flush()
            source_id = source.id
        knowledge.write(
            source_id,
            [
                Document(
                    id=name,
                    title=title,
                    url=f"https://handbook.example/{name}",
                    revision="1",
                    content_hash=hashlib.sha256(text.encode()).hexdigest(),
                    markdown=text,
                    audience=frozenset({"#finance"}) if name == "pay" else PUBLIC,
                    chunks=tuple(chunk(title, text, embedder.count_tokens, embedder.max_tokens)),
                )
                for name, (title, text) in PAGES.items()
            ],
        )
        server.client.add_channel("finance", ["alice", "lore"], private=True)
        with on_stage(server, Answerer(knowledge, None), QuestionLog(database)) as stage:
            yield stage
        index.close()


def test_a_question_gets_the_sentence_that_answers_it_with_its_source(stage: Stage) -> None:
    asked = stage.slack.ask("how many days of annual leave do I get?")
    reply = stage.slack.wait_for_reply(asked, until=lambda message: "[[1]](" in shown_text(message))

    assert "27 days" in shown_text(reply)
    assert "[1] <https://handbook.example/leave|Annual leave>" in shown_text(reply)


def test_what_documents_say_cannot_mention_anyone(stage: Stage) -> None:
    reply = stage.slack.wait_for_reply(stage.slack.ask("where is the guest Wi-Fi password?"))

    assert "at reception" in shown_text(reply)
    assert reply["notifies"] == []


def test_only_the_channel_of_a_document_is_told_of_it(stage: Stage) -> None:
    question = "what is the salary band of a senior engineer?"
    in_finance = stage.slack.wait_for_reply(stage.slack.ask(question, channel="finance"))
    assert "£61,000" in shown_text(in_finance)

    elsewhere = stage.slack.ask(question), stage.slack.ask(question, user="bob", channel="dm")
    said = [shown_text(stage.slack.wait_for_reply(asked, until=_is_whole)) for asked in elsewhere]
    stage.slack.command("bob", "general", "/lore", question)
    said.append(shown_text(stage.slack.wait_for_ephemeral("bob", "general")))
    for text in said:
        assert "61,000" not in text
        assert "Salary bands" not in text


def _is_whole(message: dict) -> bool:
    return bool(blocks_of(message, "context_actions"))
