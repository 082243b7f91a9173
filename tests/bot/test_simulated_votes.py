"""Simulated people vote by what is right, or as wrongly as they are asked to."""

import pytest
from sqlalchemy import select

from bot.simulated_votes import VOTERS, Behaviour, SimulatedVote, Voted, cast, honest_votes, record_answer
from learning.votes import WRONG_SOURCE, read_votes
from storage.database import Database
from storage.questions import Answer, QuestionLog
from storage.tables import AnswerRow, FeedbackRow, QuestionRow

DOCUMENTS = [f"{n}.md" for n in range(50)]
RIGHT = Voted(1, frozenset({"1.md", "7.md"}), ("7.md", "8.md"))
WRONG = Voted(2, frozenset({"1.md"}), ("7.md", "8.md"))
SILENT = Voted(3, frozenset(), ("9.md",))


def votes(answers: list[Voted], seed: int = 0, corrections: float = 1.0, noise: float = 0.0) -> list[SimulatedVote]:
    return honest_votes(answers, DOCUMENTS, Behaviour(corrections, noise), seed)


def test_an_answer_that_cites_a_right_document_gets_a_thumb_up_and_others_the_right_one_named() -> None:
    up, down, silent = votes([RIGHT, WRONG, SILENT])
    assert (up.answer_id, up.vote, up.correction) == (1, 1, None)
    assert (down.answer_id, down.vote) == (2, -1)
    assert down.correction in WRONG.right
    assert (silent.vote, silent.correction) == (-1, "9.md")


def test_people_may_not_know_the_right_document() -> None:
    assert [vote.correction for vote in votes([RIGHT, WRONG, SILENT], corrections=0.0)] == [None] * 3
    some = votes([WRONG] * 1000, corrections=0.3)
    assert sum(vote.correction is not None for vote in some) == pytest.approx(300, abs=50)


def test_noise_is_the_share_of_votes_that_are_wrong_and_they_name_anything() -> None:
    some = votes([RIGHT] * 1000, noise=0.6)
    wrong = [vote for vote in some if vote.vote < 0]
    assert len(wrong) == pytest.approx(600, abs=50)
    assert {vote.correction for vote in wrong} == set(DOCUMENTS)
    assert {vote.vote for vote in votes([RIGHT] * 100, noise=1.0)} == {-1}


def test_they_take_turns() -> None:
    some = votes([RIGHT] * 2 * VOTERS)
    assert len({vote.user for vote in some}) == VOTERS
    assert some[0].user == some[VOTERS].user


def test_the_same_seed_gives_the_same_votes() -> None:
    answers = [RIGHT, WRONG, SILENT] * 20
    assert votes(answers, 1, 0.5, 0.5) == votes(answers, 1, 0.5, 0.5) != votes(answers, 2, 0.5, 0.5)


def test_their_questions_answers_and_votes_are_kept_as_anybodys(database: Database) -> None:
    log = QuestionLog(database)
    said = Answer("Where?", "answered", "There.", (), 0.9, "", (), {}, "all-MiniLM-L6-v2", None)
    first, second = (record_answer(log, number, "Where?", said) for number in (0, 1))
    cast(database, [SimulatedVote(first, "USIMULATED0", 1), SimulatedVote(second, "USIMULATED1", -1, "7.md")])
    up, down = sorted(read_votes(database), key=lambda one: one.vote.answer)
    assert (up.question, up.vote.user, up.vote.vote, up.vote.reason) == ("Where?", "USIMULATED0", 1, None)
    assert (down.vote.user, down.vote.vote, down.vote.reason) == ("USIMULATED1", -1, WRONG_SOURCE)
    assert log.pending() == []
    with database.session() as session:
        assert session.scalars(select(FeedbackRow.correction).order_by(FeedbackRow.answer_id)).all() == [None, "7.md"]
        assert len(session.scalars(select(QuestionRow)).all()) == len(session.scalars(select(AnswerRow)).all()) == 2
    with pytest.raises(ValueError, match=r"Question 0 was asked before\."):
        record_answer(log, 0, "Where?", said)
