"""A shared answer is claimed once, in both databases; and what an audience may see is counted."""

import threading
from datetime import timedelta

import pytest

from storage.database import Database
from storage.document import PUBLIC
from storage.questions import Asked, QuestionLog
from storage.recent_questions import recent_questions
from storage.shared_answers import SharedAnswers
from storage.tables import utc_now
from storage.visible_documents import visible_counts, visible_documents
from storage.well_answered import answered_in_channels
from tests.learning.documents import add_page
from tests.slack.stage import LEAVE, TRAVEL, an_answer


@pytest.fixture
def answer_id(database: Database) -> int:
    return answered(QuestionLog(database), "1.0", "command")


def answered(log: QuestionLog, ts: str, surface: str = "mention", user: str = "U1") -> int:
    id = log.accept(Asked(surface, "T1", "C1", ts, user, "leave?"))  # type: ignore[arg-type]
    assert id is not None
    answer_id = log.record(id, an_answer("leave?"))
    log.delivered(id)
    return answer_id


def test_of_several_who_share_an_answer_at_once_one_does(database: Database, answer_id: int) -> None:
    shared, claims = SharedAnswers(database), []
    threads = [
        threading.Thread(target=lambda: claims.append(shared.claim(answer_id, "C1", None, "U1"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(claim is not None for claim in claims) == 1


def test_a_claim_can_be_taken_over_once_when_nothing_came_of_it(database: Database, answer_id: int) -> None:
    shared = SharedAnswers(database)
    claimed = shared.claim(answer_id, "C1", "1.0", "U1")
    assert claimed is not None
    assert shared.find(answer_id) == claimed
    assert shared.take_over(claimed, timedelta(minutes=1)) is None
    taken = shared.take_over(claimed, timedelta(0))
    assert taken is not None
    assert shared.take_over(claimed, timedelta(0)) is None
    shared.release(claimed)
    assert shared.find(answer_id) == taken
    shared.stands(taken, "2.0")
    assert shared.take_over(taken, timedelta(0)) is None
    assert QuestionLog(database).answer_to_reply("C1", "2.0") == answer_id
    assert QuestionLog(database).answer_to_reply("C1", "3.0") is None


def test_a_claim_that_was_given_back_can_be_made_again(database: Database, answer_id: int) -> None:
    shared = SharedAnswers(database)
    claimed = shared.claim(answer_id, "C1", None, "U1")
    assert claimed is not None
    shared.release(claimed)
    assert shared.find(answer_id) is None
    assert shared.claim(answer_id, "C1", None, "U1") is not None


def test_recent_questions_are_the_persons_own_the_newest_first(database: Database, answer_id: int) -> None:
    log = QuestionLog(database)
    answered(log, "1.1", user="U2")
    other = answered(log, "1.2")
    log.vote(other, "U1", -1)
    log.vote(other, "U2", 1)
    answered(log, "1.3", surface="terminal")
    claimed = SharedAnswers(database).claim(answer_id, "C1", None, "U1")
    assert claimed is not None
    SharedAnswers(database).stands(claimed, "2.0")
    assert log.accept(Asked("mention", "T1", "C1", "1.4", "U1", "waiting?")) is not None
    found = recent_questions(database, "T1", "U1", 10)
    assert [(one.asked.ts, one.kind, one.vote, one.shared) for one in found] == [
        ("1.4", None, None, None),
        ("1.2", "answered", -1, None),
        ("1.0", "answered", None, ("C1", None, "2.0")),
    ]
    assert len(recent_questions(database, "T1", "U1", 1)) == 1


def test_answered_questions_are_told_with_their_votes_and_what_they_cite(database: Database) -> None:
    log = QuestionLog(database)
    voted = answered(log, "1.0")
    answered(log, "1.1", surface="direct_message")
    for number, vote in enumerate((1, 1, -1)):
        log.vote(voted, f"U{number}", vote)  # type: ignore[arg-type]
    (found,) = answered_in_channels(database, "T1", utc_now() - timedelta(days=1))
    assert (found.up, found.down, found.channel) == (2, 1, "C1")
    assert found.cited == {(LEAVE.source, LEAVE.id), (TRAVEL.source, TRAVEL.id)}
    assert answered_in_channels(database, "T1", utc_now() + timedelta(days=1)) == []
    assert answered_in_channels(database, "T2", utc_now() - timedelta(days=1)) == []


def test_only_what_an_audience_may_see_is_counted_and_named(database: Database) -> None:
    add_page(database, "a.md", "Text.")
    add_page(database, "b.md", "Text.", audience=("#board", "#people"))
    add_page(database, "a.md", "Text.", source="board", audience=("#board",))
    board = PUBLIC | {"#board"}
    keys = [("handbook", "a.md"), ("handbook", "b.md"), ("board", "a.md"), ("board", "gone.md")]
    assert visible_counts(database, PUBLIC) == {"handbook": 1}
    assert visible_counts(database, board) == {"handbook": 2, "board": 1}
    assert visible_counts(database, frozenset()) == {}
    assert visible_documents(database, keys, PUBLIC) == {("handbook", "a.md")}
    assert visible_documents(database, keys, board) == set(keys[:3])
