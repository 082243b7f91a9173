"""Who is told that their question finds its source now, on both databases."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import select, update

from learning.corrections import DocumentKey
from learning.receipts import Receipt, claim, due, release
from storage.database import Database
from storage.document import PUBLIC, Audience
from storage.knowledge import DocumentLink
from storage.questions import Asked, QuestionLog
from storage.tables import FeedbackRow, QuestionRow
from tests.learning.documents import add_page
from tests.learning.test_triplets import LEAVE, TRAVEL, WIFI, ask

PEOPLE = PUBLIC | {"#people"}
LEAVE_KEY, WIFI_KEY = ("handbook", "Ever.md"), ("handbook", "Gues.md")
"""The documents of the passages LEAVE and WIFI, as `ask` makes them."""


@dataclass
class Found:
    """A search that finds `documents`, and remembers what it was asked."""

    documents: Sequence[DocumentKey] = (LEAVE_KEY, WIFI_KEY)
    asked: list[tuple[str, Audience]] = field(default_factory=list)

    def __call__(self, question: str, audience: Audience) -> Sequence[DocumentKey]:
        self.asked.append((question, audience))
        return self.documents


def everyone(asked: Asked) -> Audience:
    return PUBLIC


@pytest.fixture
def log(database: Database) -> QuestionLog:
    add_page(database, "Ever.md", LEAVE, title="Leave", url="https://handbook.example/leave")
    add_page(database, "Gues.md", WIFI, title="Wifi")
    return QuestionLog(database)


def wrong(log: QuestionLog, answer: int, user: str = "U1", correction: str | None = "Ever.md") -> int:
    log.vote(answer, user, -1)
    assert log.explain_vote(answer, user, "wrong_source", correction)
    return answer


def told(database: Database, search: Found | None = None) -> list[tuple[str, str]]:
    return [(each.user, each.document.id) for each in due(database, search or Found(), everyone)]


def test_a_question_that_finds_what_its_voter_named_is_due(log: QuestionLog, database: Database) -> None:
    wrong(log, ask(log, "How many days?", {WIFI: 1, LEAVE: None}))
    (receipt,) = due(database, Found(), everyone)
    assert (receipt.user, receipt.channel, receipt.thread_ts) == ("U1", "C1", "1.0")
    assert receipt.question == "How many days?"
    assert receipt.document == DocumentLink("Ever.md", "Leave", "https://handbook.example/leave", "handbook")


def test_a_thread_is_told_where_it_began(log: QuestionLog, database: Database) -> None:
    wrong(log, ask(log, "How many days?", {WIFI: 1}, "2.0"))
    with database.session() as session:
        session.execute(update(QuestionRow).values(thread_ts="1.5"))
    assert [each.thread_ts for each in due(database, Found(), everyone)] == ["1.5"]


def test_what_is_not_found_first_is_not_due(log: QuestionLog, database: Database) -> None:
    wrong(log, ask(log, "How many days?", {WIFI: 1, LEAVE: None}))
    assert told(database, Found((WIFI_KEY, LEAVE_KEY))) == told(database, Found(())) == []


def test_what_was_cited_or_found_first_before_is_no_news(log: QuestionLog, database: Database) -> None:
    wrong(log, ask(log, "How many days?", {WIFI: 1, LEAVE: 2}))
    wrong(log, ask(log, "Which days?", {LEAVE: None, WIFI: 1}, "2.0"))
    assert told(database) == []


def test_other_reasons_other_votes_and_questions_without_a_thread_are_not_due(
    log: QuestionLog, database: Database
) -> None:
    wrong(log, ask(log, "How many days?", {WIFI: 1}))
    log.explain_vote(1, "U1", "outdated", None)
    log.vote(wrong(log, ask(log, "Which days?", {WIFI: 1}, "2.0")), "U1", 1)
    log.withdraw(wrong(log, ask(log, "What days?", {WIFI: 1}, "3.0")), "U1", -1)
    wrong(log, ask(log, "When?", {WIFI: 1}, "4.0"))
    with database.session() as session:
        session.execute(update(QuestionRow).where(QuestionRow.ts == "4.0").values(surface="command"))
    assert told(database) == []


def test_without_a_correction_others_thumbs_up_name_the_source(log: QuestionLog, database: Database) -> None:
    wrong(log, ask(log, "How many days?", {WIFI: 1}), correction=None)
    assert told(database) == []
    liked = ask(log, "how many days", {LEAVE: 1}, "2.0")
    log.vote(liked, "U1", 1)
    assert told(database) == [], "one's own vote is no news"
    log.vote(liked, "U2", 1)
    assert told(database) == [("U1", "Ever.md")]
    wrong(log, liked, "U3", None)
    assert told(database) == [], "one against one"
    log.vote(liked, "U4", 1)
    assert told(database) == [("U1", "Ever.md")]


def test_a_correction_that_names_no_document_is_not_due(log: QuestionLog, database: Database) -> None:
    log.vote(ask(log, "how many days", {LEAVE: 1}, "2.0"), "U2", 1)
    wrong(log, ask(log, "How many days?", {WIFI: 1}), correction="It is twenty-seven days.")
    assert told(database) == []


def test_each_question_is_searched_once_for_what_its_place_may_see(log: QuestionLog, database: Database) -> None:
    add_page(database, "pay.md", TRAVEL, audience=("#people",))
    for ts in ("1.0", "2.0", "3.0"):
        wrong(log, ask(log, "How many days?", {WIFI: 1}, ts), correction="pay.md")
    with database.session() as session:
        session.execute(update(QuestionRow).where(QuestionRow.ts == "3.0").values(channel="C2"))
    search = Found((("handbook", "pay.md"),))

    receipts = due(database, search, lambda asked: PEOPLE if asked.channel == "C1" else PUBLIC)

    assert [each.channel for each in receipts] == ["C1", "C1"]
    assert search.asked == [("How many days?", PEOPLE), ("How many days?", PUBLIC)]


def test_a_receipt_is_claimed_once_and_can_be_released(log: QuestionLog, database: Database) -> None:
    wrong(log, ask(log, "How many days?", {WIFI: 1}))
    (receipt,) = due(database, Found(), everyone)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: claim(database, receipt), range(16)))
    (claimed,) = [each for each in claims if each is not None]
    assert told(database) == []
    release(database, receipt, claimed)
    assert due(database, Found(), everyone) == [receipt]
    assert claim(database, receipt)


def test_a_vote_that_is_another_meanwhile_is_not_claimed(log: QuestionLog, database: Database) -> None:
    answer = wrong(log, ask(log, "How many days?", {WIFI: 1}))
    (receipt,) = due(database, Found(), everyone)
    log.explain_vote(answer, "U1", "wrong_source", "Gues.md")
    assert claim(database, receipt) is None
    log.withdraw(answer, "U1", -1)
    assert claim(database, receipt) is None
    wrong(log, answer, "U2")
    with database.session() as session:
        id = session.scalars(select(FeedbackRow.id)).one()
    assert claim(database, replace(receipt, feedback=id)) is None


def test_a_receipt_says_which_vote_it_is_of(log: QuestionLog, database: Database) -> None:
    wrong(log, ask(log, "How many days?", {WIFI: 1}))
    (receipt,) = due(database, Found(), everyone)
    with database.session() as session:
        row = session.scalars(select(FeedbackRow)).one()
        assert isinstance(receipt, Receipt)
        assert (receipt.feedback, receipt.voted_at) == (row.id, row.updated_at)
