"""Thumbs: buttons and reactions are one vote a person and answer."""

from collections.abc import Callable

import pytest
from slack_sdk import WebClient

from bot.slack.reactions import People
from bot.slack.votes import Votes
from playground.client import Posted
from storage.questions import QuestionLog
from tests.slack.stage import Stage, blocks_of, eventually


@pytest.fixture
def people(stage: Stage) -> dict[str, str]:
    return {user["name"]: user["id"] for user in stage.slack.state()["users"]}


@pytest.fixture
def reply(stage: Stage) -> Posted:
    asked = stage.slack.ask("leave?")
    message = stage.slack.wait_for_reply(asked, until=lambda message: bool(blocks_of(message, "context_actions")))
    eventually(lambda: not stage.log.pending())
    return Posted(message["ts"], asked.channel)


@pytest.fixture
def votes(stage: Stage, reply: Posted) -> Callable[[], dict[str, int]]:
    answer_id = stage.log.answer_to_reply(reply.channel, reply.ts)
    assert answer_id is not None
    return lambda: stage.log.votes(answer_id)


def test_the_buttons_record_a_vote_that_the_other_button_changes(stage, people, reply, votes) -> None:
    stage.slack.press("alice", reply.channel, reply.ts, "vote", value="positive")
    assert votes() == {people["alice"]: 1}
    stage.slack.press("alice", reply.channel, reply.ts, "vote", value="negative")
    assert votes() == {people["alice"]: -1}
    stage.slack.press("alice", reply.channel, reply.ts, "vote", value="negative")
    assert votes() == {people["alice"]: -1}


@pytest.mark.parametrize(
    ("name", "vote"), [("+1", 1), ("thumbsup::skin-tone-3", 1), ("-1::skin-tone-6", -1), ("thumbsdown", -1)]
)
def test_a_thumb_of_any_skin_tone_is_a_vote_until_it_is_removed(stage, people, reply, votes, name, vote) -> None:
    stage.slack.react("bob", reply.channel, reply.ts, name)
    eventually(lambda: votes() == {people["bob"]: vote})
    stage.slack.unreact("bob", reply.channel, reply.ts, name)
    eventually(lambda: votes() == {})


def test_a_reaction_and_a_button_are_the_same_vote(stage, people, reply, votes) -> None:
    stage.slack.press("alice", reply.channel, reply.ts, "vote", value="positive")
    stage.slack.react("alice", reply.channel, reply.ts, "-1")
    eventually(lambda: votes() == {people["alice"]: -1})
    stage.slack.press("alice", reply.channel, reply.ts, "vote", value="positive")
    stage.slack.unreact("alice", reply.channel, reply.ts, "-1")
    stage.slack.react("bob", reply.channel, reply.ts, "+1")
    eventually(lambda: votes() == {people["alice"]: 1, people["bob"]: 1})


def test_a_thumb_put_on_and_taken_off_at_once_leaves_no_vote(stage, people, reply, votes) -> None:
    for _ in range(5):
        stage.slack.react("bob", reply.channel, reply.ts, "+1")
        stage.slack.unreact("bob", reply.channel, reply.ts, "+1")
    stage.slack.react("alice", reply.channel, reply.ts, "-1")
    eventually(lambda: len([d for d in stage.slack.deliveries() if d["event_type"].startswith("reaction")]) == 11)
    eventually(lambda: votes() == {people["alice"]: -1})


def test_other_reactions_other_messages_and_bots_do_not_vote(stage, people, reply, votes) -> None:
    other = stage.slack.post("alice", "general", "Nothing to do with Lore")
    stage.slack.react("bob", reply.channel, reply.ts, "tada")
    stage.slack.react("bob", other.channel, other.ts, "+1")
    WebClient(stage.server.bot_token, base_url=stage.server.api_url).reactions_add(
        channel=reply.channel, timestamp=reply.ts, name="+1"
    )
    stage.slack.react("alice", reply.channel, reply.ts, "+1")

    eventually(lambda: votes() == {people["alice"]: 1})


def test_people_are_told_from_bots(stage: Stage, people: dict[str, str]) -> None:
    known = People(stage.bot.clients.brief)
    assert [known.is_bot(user) for user in (stage.slack.bot_user_id, people["alice"], "U0NOBODY")] == [
        True,
        False,
        False,
    ]


def test_votes_that_arrive_out_of_order_end_as_they_were_cast(stage: Stage, reply: Posted, log: QuestionLog) -> None:
    answer_id = log.answer_to_reply(reply.channel, reply.ts)
    assert answer_id is not None
    votes = Votes(log)

    votes.withdraw(answer_id, "U1", 1, "3.0")
    votes.cast(answer_id, "U1", 1, "1.0")
    votes.cast(answer_id, "U1", -1, "2.0")
    votes.withdraw(answer_id, "U2", 1, "2.0")
    votes.cast(answer_id, "U2", 1, "1.0")
    votes.cast(answer_id, "U3", -1, "2.0")
    votes.cast(answer_id, "U3", 1, "1.0")

    assert log.votes(answer_id) == {"U1": -1, "U3": -1}
