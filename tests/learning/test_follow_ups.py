"""Votes on follow-ups teach what the follow-up meant in its thread, and are forgotten with it."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from learning.evidence import forget
from learning.question_vectors import text_digest
from learning.votes import read_votes, read_votes_on_documents
from storage.database import Database
from storage.knowledge import DocumentLink, Passage, Scores
from storage.questions import Answer, Asked, Citation, QuestionLog
from storage.tables import QuestionVectorRow

WHOLE = "and for part-timers? How many days of leave do I get?"


@pytest.fixture
def voted(tmp_path: Path) -> Database:
    database = Database.open(f"sqlite:///{tmp_path / 'lore.db'}")
    log = QuestionLog(database)
    found = Passage(
        1, "c1", DocumentLink("leave.md", "Leave", "", "handbook"), (), "Pro rata.", 0, Scores(0.5, 0.5, 0.5)
    )
    for ts, text, searched in (
        ("1.0", "How many days of leave do I get?", None),
        ("2.0", "and for part-timers?", WHOLE),
    ):
        id = log.accept(Asked("follow_up", "T1", "C1", ts, "UALICE", text, "1.0"))
        assert id is not None
        cited = (Citation(1, found),)
        answer = Answer(text, "answered", "Pro rata. [1]", cited, 0.9, "", (found,), {}, "m", None, searched=searched)
        log.vote(log.record(id, answer), "UALICE", 1)
    return database


def test_a_vote_on_a_follow_up_is_one_on_what_it_meant(voted: Database) -> None:
    expected = ["How many days of leave do I get?", WHOLE]
    assert [vote.question for vote in read_votes(voted)] == expected
    assert [vote.question for vote in read_votes_on_documents(voted, 10)] == expected


def test_forgetting_a_person_forgets_what_their_follow_ups_meant(voted: Database) -> None:
    with voted.session() as session:
        session.add(QuestionVectorRow(model="m", digest=text_digest(WHOLE), vector=b""))
    forget(voted, "UALICE")
    with voted.session() as session:
        assert session.scalar(select(func.count()).select_from(QuestionVectorRow)) == 0
