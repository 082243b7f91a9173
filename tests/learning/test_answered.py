"""Questions that were answered and that nobody voted on, on both databases."""

from sqlalchemy import update

from learning.answered import answered_questions
from learning.judging import Judged
from learning.lessons import question_digest
from storage.database import Database
from storage.questions import QuestionLog
from storage.tables import AnswerRow
from tests.learning.test_triplets import LEAVE, TRAVEL, WIFI, ask

NOBODY: frozenset[str] = frozenset()


def test_they_come_latest_first_with_what_their_answers_cite(database: Database) -> None:
    log = QuestionLog(database)
    ask(log, "How many days of leave?", {LEAVE: 1, WIFI: None}, "1.0")
    ask(log, "How do I travel?", {WIFI: None, TRAVEL: 2, LEAVE: 1}, "2.0")
    assert answered_questions(database, NOBODY) == [
        Judged("How do I travel?", frozenset({("handbook", "Book.md"), ("handbook", "Ever.md")})),
        Judged("How many days of leave?", frozenset({("handbook", "Ever.md")})),
    ]


def test_a_question_of_the_same_words_comes_once(database: Database) -> None:
    log = QuestionLog(database)
    ask(log, "How many days of leave?", {WIFI: 1}, "1.0")
    ask(log, "how many DAYS of leave", {LEAVE: 1}, "2.0")
    [only] = answered_questions(database, NOBODY)
    assert only.right == {("handbook", "Ever.md")}


def test_those_that_anybody_voted_on_are_left_out(database: Database) -> None:
    log = QuestionLog(database)
    log.vote(ask(log, "How many days of leave?", {LEAVE: 1}, "1.0"), "U1", -1)
    ask(log, "how do I travel", {TRAVEL: 1}, "2.0")
    ask(log, "Where is the wifi?", {WIFI: 1}, "3.0")
    voted = frozenset({question_digest("How do I travel?")})
    assert [one.question for one in answered_questions(database, voted)] == ["Where is the wifi?"]


def test_those_whose_answer_cites_nothing_are_left_out(database: Database) -> None:
    log = QuestionLog(database)
    ask(log, "What is the meaning of life?", {LEAVE: None}, "1.0")
    abstained = ask(log, "Who won?", {LEAVE: 1}, "2.0")
    with database.session() as session:
        session.execute(update(AnswerRow).where(AnswerRow.id == abstained).values(kind="abstained"))
    assert answered_questions(database, NOBODY) == []


def test_there_are_no_more_than_may_be(database: Database) -> None:
    log = QuestionLog(database)
    for number in range(5):
        ask(log, f"Question {number}?", {LEAVE: 1}, f"{number}.0")
    assert [one.question for one in answered_questions(database, NOBODY, most=2)] == ["Question 4?", "Question 3?"]
