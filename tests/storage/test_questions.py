"""Questions, answers and votes on both databases: what retries, restarts, clicks and strange text leave behind."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from storage.database import Database
from storage.knowledge import DocumentLink, Passage, Scores
from storage.questions import LONGEST_QUESTION, Answer, Asked, Citation, QuestionLog
from storage.tables import AnswerRow, FeedbackRow, PassageRow, QuestionRow, utc_now


@pytest.fixture
def log(database: Database) -> QuestionLog:
    return QuestionLog(database)


def asked(ts: str = "1.0", text: str = "How many days?") -> Asked:
    return Asked("mention", "T1", "C1", ts, "U1", text, thread_ts="0.9", reply_to={"url": "https://slack.example/1"})


def passage(rank: int, text: str = "You get 25 days.") -> Passage:
    link = DocumentLink("leave.md", "Leave", "https://handbook.example/leave", "handbook")
    return Passage(rank, f"chunk-{rank}", link, ("Rules",), text, 3, Scores(0.8, 0.5, 0.65))


def answer(text: str = "You get 25 days [1].") -> Answer:
    first, second = passage(1), passage(2, "Ask early.")
    return Answer(
        question="How many days?",
        kind="answered",
        text=text,
        citations=(Citation(1, second), Citation(2, first)),
        confidence=0.9,
        reason="A passage says so.",
        passages=(first, second),
        timings_ms={"embed": 7.5, "total": 20.0},
        embedding_model="all-MiniLM-L6-v2",
        llm=None,
    )


def accepted(log: QuestionLog, ts: str = "1.0") -> int:
    id = log.accept(asked(ts))
    assert id is not None
    return id


def answered(log: QuestionLog) -> int:
    return log.record(accepted(log), answer())


def rows(database: Database, table: type) -> int:
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_message_is_accepted_once(log: QuestionLog) -> None:
    first = log.accept(asked())
    assert (first is not None, log.accept(asked()), log.accept(replace(asked(), text="edited"))) == (True, None, None)
    assert log.accept(asked("2.0")) not in (None, first)
    assert log.accept(replace(asked(), channel="C2")) is not None


def test_of_eight_deliveries_at_once_one_is_accepted(log: QuestionLog, database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        for ts in ("1.0", "2.0", "3.0"):
            ids = list(pool.map(lambda _, ts=ts: log.accept(asked(ts)), range(8)))
            assert len([id for id in ids if id is not None]) == 1
    assert rows(database, QuestionRow) == 3


def test_a_question_is_pending_until_its_answer_is_delivered(log: QuestionLog) -> None:
    id = accepted(log)
    (pending,) = log.pending()
    assert (pending.id, pending.asked, pending.reply_ts, pending.answer) == (id, asked(), None, None)
    log.begun(id, "1.5")
    log.record(id, answer())
    (pending,) = log.pending()
    assert pending.reply_ts == "1.5"
    assert pending.answer is not None
    assert pending.answer.text == "You get 25 days [1]."
    log.delivered(id)
    assert log.pending() == []


def test_pending_questions_come_in_the_order_they_were_asked(log: QuestionLog) -> None:
    ids = [accepted(log, ts) for ts in ("3.0", "1.0", "2.0", "4.0")]
    log.record(ids[2], answer())
    log.record(ids[1], answer())
    log.delivered(ids[1])
    assert [pending.id for pending in log.pending()] == [ids[0], ids[2], ids[3]]


def test_an_answer_comes_back_as_it_was_written_down(log: QuestionLog) -> None:
    log.record(accepted(log), answer())
    written = log.pending()[0].answer
    assert written is not None
    # What a passage's place in its document was is not kept: only its text is.
    plain = tuple(replace(passage, heading=(), position=0) for passage in answer().passages)
    assert written == replace(answer(), passages=plain, citations=(Citation(1, plain[1]), Citation(2, plain[0])))


def test_a_failure_keeps_its_id(log: QuestionLog) -> None:
    failed = replace(answer(""), kind="failed", citations=(), passages=(), confidence=None, error_id="ab12cd")
    log.record(accepted(log), failed)
    assert log.pending()[0].answer == failed


def test_an_answer_that_is_found_again_replaces_the_first(log: QuestionLog, database: Database) -> None:
    id = accepted(log)
    log.record(id, answer("You get 24 days."))
    second = log.record(id, answer("You get 25 days."))
    assert (rows(database, AnswerRow), rows(database, PassageRow)) == (1, 2)
    written = log.pending()[0].answer
    assert written is not None
    assert written.text == "You get 25 days."
    assert log.vote(second, "U1", 1)


def test_two_that_answer_one_question_at_once_leave_one_answer(log: QuestionLog, database: Database) -> None:
    id = accepted(log)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: log.record(id, answer(f"You get {n} days.")), range(12)))
    assert (rows(database, AnswerRow), rows(database, PassageRow)) == (1, 2)


def test_delivering_what_has_no_answer_does_nothing(log: QuestionLog) -> None:
    id = accepted(log)
    log.delivered(id)
    assert [pending.id for pending in log.pending()] == [id]


def test_a_reply_leads_to_its_answer(log: QuestionLog) -> None:
    id = accepted(log)
    log.begun(id, "1.5")
    assert log.answer_to_reply("C1", "1.5") is None
    answer_id = log.record(id, answer())
    assert log.answer_to_reply("C1", "1.5") == answer_id
    assert (log.answer_to_reply("C2", "1.5"), log.answer_to_reply("C1", "1.0")) == (None, None)


def test_a_vote_is_one_a_person(log: QuestionLog) -> None:
    id = answered(log)
    assert all([log.vote(id, "U1", 1), log.vote(id, "U1", 1), log.vote(id, "U2", -1)])
    assert log.votes(id) == {"U1": 1, "U2": -1}


def test_a_changed_vote_replaces_the_first_and_its_reason(log: QuestionLog, database: Database) -> None:
    id = answered(log)
    log.vote(id, "U1", -1)
    with database.session() as session:
        session.execute(update(FeedbackRow).values(reason="wrong source", correction="See page 2."))
    log.vote(id, "U1", -1)
    with database.session() as session:
        assert session.scalars(select(FeedbackRow.reason)).one() == "wrong source"
    log.vote(id, "U1", 1)
    assert log.votes(id) == {"U1": 1}
    with database.session() as session:
        row = session.scalars(select(FeedbackRow)).one()
        assert (row.reason, row.correction) == (None, None)


def test_a_vote_is_new_when_it_did_not_stand_before(log: QuestionLog) -> None:
    id = answered(log)
    assert [log.vote(id, "U1", vote) for vote in (-1, -1, 1, -1)] == ["new", "same", "new", "new"]
    log.withdraw(id, "U1", -1)
    assert log.vote(id, "U1", -1) == "new"
    assert log.vote(4711, "U1", -1) is None


def said(database: Database) -> list[tuple[str, str | None, str | None]]:
    with database.session() as session:
        rows = session.scalars(select(FeedbackRow).order_by(FeedbackRow.user))
        return [(row.user, row.reason, row.correction) for row in rows]


def test_a_person_says_why_they_voted_against_an_answer(log: QuestionLog, database: Database) -> None:
    id = answered(log)
    for user in ("U1", "U2"):
        log.vote(id, user, -1)
    with database.session() as session:
        before = session.scalars(select(FeedbackRow.updated_at).where(FeedbackRow.user == "U1")).one()
    assert log.explain_vote(id, "U1", "outdated", None)
    assert said(database) == [("U1", "outdated", None), ("U2", None, None)]
    with database.session() as session:
        assert session.scalars(select(FeedbackRow.updated_at).where(FeedbackRow.user == "U1")).one() > before


def test_a_correction_stays_until_another_or_another_reason_is_given(log: QuestionLog, database: Database) -> None:
    id = answered(log)
    log.vote(id, "U1", -1)
    corrections: list[str | None] = []
    for reason, correction in [
        ("wrong_source", None),
        ("wrong_source", "a.md\0"),
        ("wrong_source", None),
        ("wrong_source", "b.md"),
        ("other", None),
    ]:
        assert log.explain_vote(id, "U1", reason, correction)  # type: ignore[arg-type]
        corrections.append(said(database)[0][2])
    assert corrections == [None, "a.md", "a.md", "b.md", None]


def test_only_a_standing_vote_against_an_answer_is_explained(log: QuestionLog, database: Database) -> None:
    id = answered(log)
    assert not log.explain_vote(id, "U1", "outdated", None)
    log.vote(id, "U1", 1)
    assert not log.explain_vote(id, "U1", "outdated", None)
    log.vote(id, "U1", -1)
    log.withdraw(id, "U1", -1)
    assert not log.explain_vote(id, "U1", "outdated", None)
    assert said(database) == []


def test_a_changed_vote_may_be_told_again(log: QuestionLog, database: Database) -> None:
    id = answered(log)
    log.vote(id, "U1", -1)
    log.explain_vote(id, "U1", "wrong_source", "a.md")
    with database.session() as session:
        session.execute(update(FeedbackRow).values(told_at=utc_now()))
    log.vote(id, "U1", 1)
    with database.session() as session:
        row = session.scalars(select(FeedbackRow)).one()
        assert (row.reason, row.correction, row.told_at) == (None, None, None)


def test_an_answer_is_found_with_its_question(log: QuestionLog) -> None:
    found = log.answered(answered(log))
    assert found is not None
    assert (found.asked, found.answer.text, len(found.answer.passages)) == (asked(), answer().text, 2)
    assert log.answered(4711) is None


def test_a_withdrawn_vote_is_gone(log: QuestionLog) -> None:
    id = answered(log)
    log.vote(id, "U1", 1)
    log.vote(id, "U2", 1)
    log.withdraw(id, "U1", 1)
    log.withdraw(id, "U3", 1)
    assert log.votes(id) == {"U2": 1}


def test_withdrawing_what_was_changed_since_leaves_the_change(log: QuestionLog) -> None:
    id = answered(log)
    log.vote(id, "U1", 1)
    log.vote(id, "U1", -1)
    log.withdraw(id, "U1", 1)
    assert log.votes(id) == {"U1": -1}


def test_a_vote_on_no_answer_is_refused(log: QuestionLog) -> None:
    assert not log.vote(4711, "U1", 1)
    log.withdraw(4711, "U1", 1)
    assert log.votes(4711) == {}


def test_one_persons_clicks_all_at_once_end_in_one_vote_or_none(log: QuestionLog) -> None:
    id = answered(log)
    clicks: list[Callable[[], object]] = [
        lambda: log.vote(id, "U1", 1),
        lambda: log.withdraw(id, "U1", 1),
        lambda: log.vote(id, "U1", -1),
        lambda: log.withdraw(id, "U1", -1),
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: clicks[n % 4](), range(80)))
    assert log.votes(id) in ({}, {"U1": 1}, {"U1": -1})
    log.vote(id, "U1", 1)
    assert log.votes(id) == {"U1": 1}


def test_text_that_databases_refuse_is_written_down_without_what_they_refuse(log: QuestionLog) -> None:
    id = log.accept(replace(asked(text="how \0many \ud83d days 🏖"), reply_to={"odd": "\0\ud800"}))
    assert id is not None
    log.record(id, replace(answer("25\0 days \udfff"), reason="\0said so", citations=()))
    (pending,) = log.pending()
    assert pending.asked.text == "how many ? days 🏖"
    assert pending.answer is not None
    assert (pending.answer.text, pending.answer.reason) == ("25 days ?", "said so")


def test_a_question_is_kept_up_to_slacks_own_limit(log: QuestionLog) -> None:
    log.accept(asked(text="x" * (LONGEST_QUESTION + 1)))
    assert log.pending()[0].asked.text == "x" * LONGEST_QUESTION


def test_a_question_may_have_no_character_at_all(log: QuestionLog) -> None:
    log.accept(asked(text=""))
    assert log.pending()[0].asked.text == ""
