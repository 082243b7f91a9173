"""Who gave 👎 for a wrong source is told in the thread, once, when their question finds the right one."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from learning.corrections import DocumentKey
from learning.receipts import Receipt, due
from playground.client import Posted
from storage.database import Database
from storage.document import PUBLIC, Audience
from storage.questions import Asked
from storage.tables import FeedbackRow
from tests.learning.documents import add_page
from tests.slack.stage import Stage, blocks_of, eventually, shown_text

TITLE = "Holidays <!channel> <@U0BOB00001> | <https://evil.example|x>"
URL = "https://handbook.example/right"


@pytest.fixture
def find(stage: Stage, database: Database) -> Callable[[], list[Receipt]]:
    """The receipts that are due once every question finds the right page."""
    add_page(database, "right.md", "27 days.", title=TITLE, url=URL, audience=("#general", "everyone"))

    def search(question: str, audience: Audience) -> Sequence[DocumentKey]:
        return [("handbook", "right.md")]

    return lambda: due(database, search, stage.bot.receipts.audience)


def asked(stage: Stage, channel: str = "general") -> Posted:
    question = stage.slack.ask("holidays?", channel=channel)
    stage.slack.wait_for_reply(question, until=lambda message: bool(blocks_of(message, "context_actions")))
    eventually(lambda: not stage.log.pending())
    return question


def wrong_source(stage: Stage, question: Posted, user: str = "alice", channel: str = "general") -> int:
    """A 👎 with the right source; the answer's id."""
    (reply,) = stage.slack.replies(question)
    stage.slack.press(user, channel, reply["ts"], "vote", value="negative")
    answer_id = stage.log.answer_to_reply(question.channel, reply["ts"])
    assert answer_id is not None
    assert stage.log.explain_vote(answer_id, user_id(stage, user), "wrong_source", "right.md")
    return answer_id


def user_id(stage: Stage, name: str) -> str:
    return next(str(user["id"]) for user in stage.slack.state()["users"] if user["name"] == name)


def receipts_in(stage: Stage, question: Posted) -> list[dict[str, Any]]:
    return [each for each in stage.slack.replies(question) if "right source now" in shown_text(each)]


def told(database: Database) -> list[bool]:
    with database.session() as session:
        return [row.told_at is not None for row in session.scalars(select(FeedbackRow).order_by(FeedbackRow.id))]


@pytest.mark.parametrize("channel", ["general", "dm"])
def test_a_receipt_is_posted_once_in_the_thread_and_pings_its_person_alone(stage, database, find, channel) -> None:
    question = asked(stage, channel)
    wrong_source(stage, question, channel=channel)
    receipts = find()

    assert stage.bot.receipts.tell(receipts) == 1
    assert stage.bot.receipts.tell(receipts) == 0
    assert find() == []

    (receipt,) = receipts_in(stage, question)
    assert receipt["notifies"] == [user_id(stage, "alice")]
    assert f"<{URL}|" in shown_text(receipt)
    assert "<https://evil.example" not in shown_text(receipt)
    assert not receipt["unfurl_links"]
    assert told(database) == [True]


def test_each_person_is_told_of_their_own_vote(stage, database, find) -> None:
    question = asked(stage)
    for user in ("alice", "bob"):
        wrong_source(stage, question, user)
    assert stage.bot.receipts.tell(find()) == 2
    pinged = [each["notifies"] for each in receipts_in(stage, question)]
    assert pinged == [[user_id(stage, "alice")], [user_id(stage, "bob")]]


def test_two_that_tell_at_once_tell_once(stage, database, find) -> None:
    question = asked(stage)
    wrong_source(stage, question)
    receipts = find()
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda _: stage.bot.receipts.tell(receipts), range(6)))
    assert sum(counts) == len(receipts_in(stage, question)) == 1


@pytest.mark.parametrize("meanwhile", ["withdrawn", "changed", "explained otherwise", "given anew"])
def test_a_vote_that_is_another_meanwhile_is_not_told(stage, database, find, meanwhile) -> None:
    question = asked(stage)
    answer_id = wrong_source(stage, question)
    receipts = find()
    alice = user_id(stage, "alice")
    match meanwhile:
        case "withdrawn":
            stage.log.withdraw(answer_id, alice, -1)
        case "changed":
            stage.log.vote(answer_id, alice, 1)
        case "explained otherwise":
            stage.log.explain_vote(answer_id, alice, "outdated", None)
        case "given anew":
            stage.log.withdraw(answer_id, alice, -1)
            stage.log.vote(answer_id, alice, -1)
            stage.log.explain_vote(answer_id, alice, "wrong_source", None)
    assert stage.bot.receipts.tell(receipts) == 0
    assert receipts_in(stage, question) == []
    assert told(database) in ([], [False])


def test_a_command_has_no_thread_to_be_told_in(stage, database, find) -> None:
    stage.slack.command("alice", "general", "/lore", "holidays?")
    answer = stage.slack.wait_for_ephemeral("alice", "general")
    stage.slack.press("alice", "general", answer["ts"], "vote", value="negative")
    value = blocks_of(answer, "context_actions")[0]["elements"][0]["negative_button"]["value"]
    stage.log.explain_vote(int(value.partition(":")[2]), user_id(stage, "alice"), "wrong_source", "right.md")
    assert find() == []


@pytest.mark.parametrize(
    ("error", "after", "again"), [("internal_error", True, 0), ("ratelimited", False, 1), ("is_archived", False, 0)]
)
def test_a_receipt_that_slack_could_not_take_is_given_later_and_no_other_is(
    stage, database, find, error, after, again
) -> None:
    question = asked(stage)
    wrong_source(stage, question)
    stage.slack.fail("chat.postMessage", error, after=after)
    assert stage.bot.receipts.tell(find()) == 0
    assert stage.bot.receipts.tell(find()) == again
    assert len(receipts_in(stage, question)) == again + after


def test_a_page_that_the_channel_may_not_see_is_not_told_of(stage, database) -> None:
    add_page(database, "pay.md", "27 days.", title="Pay", audience=("#people",))
    eventually(lambda: stage.bot.audiences.of_channel("C0PEOPLE01") == PUBLIC | {"#people"})
    among_people, elsewhere = asked(stage, "people"), asked(stage)
    wrong_source(stage, among_people, channel="people")
    wrong_source(stage, elsewhere)
    with database.session() as session:
        for row in session.scalars(select(FeedbackRow)):
            row.correction = "pay.md"
    receipts = due(database, lambda question, audience: [("handbook", "pay.md")], stage.bot.receipts.audience)
    assert [receipt.channel for receipt in receipts] == [among_people.channel]


def test_a_receipt_is_not_taken_for_the_reply_to_a_later_question(stage, database, find) -> None:
    question = asked(stage)
    wrong_source(stage, question)
    later = stage.slack.post("bob", "general", "and then?", thread_ts=question.ts)
    stage.bot.receipts.tell(find())
    (receipt,) = receipts_in(stage, question)
    lost = Asked("mention", "T0PLAYGRND", question.channel, later.ts, user_id(stage, "bob"), "and then?", question.ts)
    id = stage.log.accept(replace(lost, reply_to={"at": time.time()}))
    (pending,) = stage.log.pending()
    assert pending.id == id

    stage.bot.workers.submit(pending, resumed=True)

    eventually(lambda: not stage.log.pending())
    assert receipts_in(stage, question)[0]["ts"] == receipt["ts"]
    assert len(stage.slack.replies(question)) == 3
