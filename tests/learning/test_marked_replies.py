"""A reply that was marked as the answer teaches, in both databases, while it is marked and its document is there."""

from sqlalchemy import select

from learning.evidence import gather
from learning.marked_replies import A_PERSON_ANSWERED, mark, unmark
from learning.voted_questions import votes_standing
from storage.database import Database
from storage.questions import QuestionLog
from storage.tables import FeedbackRow, SourceRow
from tests.learning.documents import add_page
from tests.learning.test_triplets import WIFI, ask

LINK = "https://x.slack.com/archives/C1/p1?thread_ts=1.0&cid=C1"
TEXT = "The red key opens the shed."


def votes(database: Database) -> list[tuple[str, int, str | None, str | None]]:
    with database.session() as session:
        return [(row.user, row.vote, row.reason, row.correction) for row in session.scalars(select(FeedbackRow))]


def sync_answer(database: Database) -> None:
    add_page(database, "p1", TEXT, source="answers", url=LINK)
    with database.session() as session:
        session.scalars(select(SourceRow).where(SourceRow.name == "answers")).one().connector = "answers"


def test_a_marked_reply_is_a_positive_from_when_its_document_is_there(database: Database) -> None:
    answer = ask(QuestionLog(database), "Which key?", {WIFI: None})
    assert mark(database, answer, "UALICE", LINK)
    assert votes(database) == [("UALICE", -1, A_PERSON_ANSWERED, LINK)]
    assert gather(database) == []
    before = votes_standing(database)
    sync_answer(database)
    # Whoever remembers what votes mean is to look again.
    assert votes_standing(database) != before
    [triplet] = gather(database)
    assert (triplet.anchor, triplet.positive.passage.text, triplet.positive.why) == ("Which key?", TEXT, "correction")
    assert (triplet.negative.passage.text, triplet.negative.why) == (WIFI, "retrieved")
    unmark(database, answer, "UALICE", LINK)
    assert votes(database) == []
    assert gather(database) == []


def test_a_vote_that_stands_keeps_its_value_and_reason(database: Database) -> None:
    log = QuestionLog(database)
    answer = ask(log, "Which key?", {WIFI: 1})
    log.vote(answer, "UALICE", 1)
    mark(database, answer, "UALICE", LINK)
    mark(database, answer, "UALICE", LINK)
    assert votes(database) == [("UALICE", 1, None, LINK)]
    unmark(database, answer, "UALICE", "https://another.example")
    assert votes(database) == [("UALICE", 1, None, LINK)]
    unmark(database, answer, "UALICE", LINK)
    assert votes(database) == [("UALICE", 1, None, None)]


def test_an_answer_that_is_gone_takes_no_mark(database: Database) -> None:
    assert not mark(database, 404, "UALICE", LINK)
    assert votes(database) == []
