"""Threads in both databases: who began them with Lore, where it was told to stop, what it kept silent about."""

import pytest
from sqlalchemy import select

from storage.database import Database
from storage.questions import Asked, QuestionLog, Surface
from storage.tables import AnswerRow, QuestionRow
from storage.threads import ThreadLog

HERE = ("T1", "C1", "1.0")


@pytest.fixture
def log(database: Database) -> QuestionLog:
    return QuestionLog(database)


@pytest.fixture
def threads(database: Database) -> ThreadLog:
    return ThreadLog(database)


def ask(log: QuestionLog, surface: Surface, ts: str, thread_ts: str | None = None, user: str = "UALICE") -> int:
    id = log.accept(Asked(surface, "T1", "C1", ts, user, "How many days?", thread_ts))
    assert id is not None
    return id


def test_a_thread_that_began_with_a_question_is_its_askers(log: QuestionLog, threads: ThreadLog) -> None:
    ask(log, "mention", "1.0")
    ask(log, "mention", "1.5", "1.0", "UBOB")
    assert threads.starter(*HERE) == "UALICE"
    assert threads.starter("T1", "C1", "1.5") == "UBOB"
    assert threads.starter("T1", "C2", "1.0") is None
    assert threads.takes_part(*HERE)


def test_lore_takes_part_in_a_thread_in_whose_midst_it_was_asked(log: QuestionLog, threads: ThreadLog) -> None:
    ask(log, "mention", "1.5", "1.0")
    assert threads.starter(*HERE) is None
    assert threads.takes_part(*HERE)
    assert not threads.takes_part("T1", "C1", "2.0")


def test_what_was_only_overheard_makes_no_thread_of_lores_until_it_is_answered(
    log: QuestionLog, threads: ThreadLog
) -> None:
    id = ask(log, "overheard", "1.0")
    assert (threads.starter(*HERE), threads.takes_part(*HERE)) == (None, False)
    log.begun(id, "1.1")
    assert (threads.starter(*HERE), threads.takes_part(*HERE)) == ("UALICE", True)


def test_a_stopped_thread_stays_so_until_it_is_resumed(threads: ThreadLog) -> None:
    assert threads.stop(*HERE, "UALICE")
    assert not threads.stop(*HERE, "UBOB")
    assert threads.is_stopped(*HERE)
    assert not threads.is_stopped("T1", "C1", "2.0")
    threads.resume(*HERE)
    threads.resume(*HERE)
    assert not threads.is_stopped(*HERE)
    assert threads.stop(*HERE, "UBOB")


def test_what_is_kept_silent_about_is_done_with_and_its_words_are_gone(
    log: QuestionLog, threads: ThreadLog, database: Database
) -> None:
    id = ask(log, "overheard", "1.0")
    threads.keep_silent(id, "The documents do not hold the answer.")
    threads.keep_silent(id, "The documents do not hold the answer.")
    assert log.pending() == []
    assert log.accept(Asked("overheard", "T1", "C1", "1.0", "UALICE", "How many days?")) is None
    with database.session() as session:
        [(text, kind)] = session.execute(select(QuestionRow.text, AnswerRow.kind).join(QuestionRow.answer)).all()
    assert (text, kind) == ("", "silent")
