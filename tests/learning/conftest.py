"""A handbook of four pages behind the real embedding model, with votes that are felt."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import update

from learning.felt import FeltVotes
from learning.votes import WRONG_SOURCE
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Audience, Chunk, Document
from storage.knowledge import KnowledgeBase, Passage
from storage.qdrant_edge import EdgeIndex
from storage.questions import Answer, Asked, Citation, QuestionLog
from storage.tables import FeedbackRow, SourceRow, utc_now
from tests.embedders import CountingEmbedder, real_embedder
from tests.memory_folder import memory_folder

PAGES: dict[str, tuple[str, Audience]] = {
    "travel.md": ("Book your train ticket in the travel portal, two weeks ahead.", PUBLIC),
    "expenses.md": ("The company pays for rail fares with its card; hand in the ticket within a month.", PUBLIC),
    "leave.md": ("Everyone gets 27 days of annual leave a year.", PUBLIC),
    "bonus.md": ("Directors travel first class, and the company pays for their rail fares.", frozenset({"#directors"})),
}


@dataclass
class Handbook:
    """The knowledge base, and the votes on it as people cast them."""

    knowledge: KnowledgeBase
    database: Database
    votes: FeltVotes
    embedder: CountingEmbedder

    def pages(self, question: str, audience: Audience = PUBLIC) -> list[str]:
        return [passage.document.id for passage in self.found(question, audience)]

    def found(self, question: str, audience: Audience = PUBLIC) -> list[Passage]:
        return list(self.knowledge.search(question, audience).passages)

    def answer(self, question: str, ts: str = "1.0", user: str = "U0", database: Database | None = None) -> int:
        """An answer from the first passage that everyone may see; its id."""
        log = QuestionLog(database or self.database)
        found = self.found(question)
        number = log.accept(Asked("mention", "T1", "C1", ts, user, question))
        assert number is not None
        cited = (Citation(1, found[0]),)
        return log.record(number, Answer(question, "answered", "So.", cited, 0.9, "", tuple(found), {}, "m", None))


def correct(database: Database, answer: int, page: str, user: str = "U1") -> None:
    """👎 for a wrong source, with the page that is right."""
    QuestionLog(database).vote(answer, user, -1)
    with database.session() as session:
        session.execute(
            update(FeedbackRow)
            .where(FeedbackRow.answer_id == answer, FeedbackRow.user == user)
            .values(reason=WRONG_SOURCE, correction=page, updated_at=utc_now())
        )


@pytest.fixture
def _looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question looks for votes, and waits for them as long as that takes on a busy machine."""
    monkeypatch.setattr("learning.felt.LOOK_EVERY", 0.0)
    monkeypatch.setattr("learning.felt.PATIENCE", 20.0)
    monkeypatch.setattr("learning.felt.PATIENCE_AT_FIRST", 20.0)


@pytest.fixture
def handbook(database: Database, tmp_path: Path, _looked_at_once: None) -> Iterator[Handbook]:
    embedder = CountingEmbedder(real_embedder())
    with memory_folder(tmp_path) as folder:
        index = EdgeIndex(folder, "the tests")
        votes = FeltVotes(database)
        knowledge = KnowledgeBase(database, index, embedder, Bm25Encoder(), votes=votes)
        knowledge.open()
        with database.session() as session:
            source = SourceRow(name="handbook", connector="files", audience=["everyone"])
            session.add(source)
            session.flush()
            source_id = source.id
        knowledge.write(source_id, [_document(id, *page) for id, page in PAGES.items()])
        yield Handbook(knowledge, database, votes, embedder)
        votes.close()
        index.close()


def _document(id: str, text: str, audience: Audience) -> Document:
    return Document(
        id=id,
        title=id,
        url=f"https://handbook.example/{id}",
        revision="1",
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        markdown=text,
        audience=audience,
        chunks=(Chunk((), text, text),),
    )
