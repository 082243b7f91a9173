"""A private answer is shared where it was asked for, once, and only if everyone there may see all of its sources."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.slack.sight import Sight
from bot.slack.stray import StrayReplies
from bot.slack.thread_reply import Thread
from playground.server import Running
from storage.database import Database
from storage.document import PUBLIC
from storage.questions import QuestionLog
from storage.shared_table import SharedAnswerRow
from storage.tables import utc_now
from tests.slack.pages import add_documents, forget, let_see
from tests.slack.stage import LEAVE, TRAVEL, Script, Stage, blocks_of, eventually, on_stage, shown_text

Json = dict[str, Any]
QUESTION = "how many *days* of leave <!channel>?"


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog, database: Database) -> Iterator[Stage]:
    add_documents(database)
    with on_stage(server, script, log) as stage:
        yield stage


def asked(stage: Stage, channel: str = "general", user: str = "alice", count: int = 1) -> Json:
    assert stage.slack.command(user, channel, "/lore", QUESTION)["error"] is None
    return stage.slack.wait_for_ephemeral(user, channel, count=count)


def press(stage: Stage, answer: Json, action: str = "share", user: str = "alice") -> None:
    assert stage.slack.press(user, answer["channel"], answer["ts"], action)["error"] is None


def told(stage: Stage, words: str, user: str = "alice") -> Json:
    """What the person alone is told with these words in it."""

    def look() -> Json | None:
        return next((each for each in stage.slack.ephemeral(user) if words in shown_text(each)), None)

    return stage.slack.wait_for(look, 5.0, lambda: f"{user} sees {stage.slack.ephemeral(user)}")


def posted(stage: Stage, channel: str = "general") -> list[Json]:
    return [message for message in stage.slack.messages(channel) if "bot_id" in message]


def test_a_shared_answer_stands_in_the_channel_with_its_question_its_sources_and_who_shared_it(stage) -> None:
    answer = asked(stage)
    assert [e["text"]["text"] for e in blocks_of(answer, "actions")[0]["elements"]] == ["Share in channel", "Dismiss"]
    press(stage, answer)
    confirmed = told(stage, "You shared this answer")
    (message,) = posted(stage)
    assert confirmed["ts"] == answer["ts"]
    assert f"p{message['ts'].replace('.', '')}" in shown_text(confirmed)
    assert blocks_of(confirmed, "actions") == []
    assert f"[[1]]({LEAVE.url})" in shown_text(message)
    assert "how many *days* of leave" in shown_text(message)
    assert message["notifies"] == ["U0ALICE001"]
    assert blocks_of(message, "context_actions")
    assert len(stage.slack.ephemeral("alice")) == 1


def test_votes_on_a_shared_answer_count_for_the_answer_that_was_asked_for(stage) -> None:
    answer = asked(stage)
    stage.slack.press("alice", "general", answer["ts"], "vote", value="positive")
    press(stage, answer)
    told(stage, "You shared")
    (message,) = posted(stage)
    stage.slack.press("bob", "general", message["ts"], "vote", value="positive")
    stage.slack.react("ada", "general", message["ts"], "+1")
    value = blocks_of(message, "context_actions")[0]["elements"][0]["positive_button"]["value"]
    answer_id = int(value.partition(":")[2])
    eventually(lambda: stage.log.votes(answer_id) == {"U0ALICE001": 1, "U0BOB00001": 1, "U0ADA00001": 1})


def test_who_gives_a_shared_answer_thumbs_down_is_asked_why_and_offered_only_what_the_channel_may_see(
    stage, database
) -> None:
    press(stage, asked(stage))
    told(stage, "You shared")
    (message,) = posted(stage)
    let_see(database, TRAVEL, "#board")
    stage.slack.press("bob", "general", message["ts"], "vote", value="negative")
    why = told(stage, "What was wrong?", "bob")
    stage.slack.press("bob", "general", why["ts"], "why:wrong_source")
    offered = told(stage, "Which page", "bob")
    assert LEAVE.title in str(offered)
    assert TRAVEL.title not in str(offered)
    stage.slack.react("ada", "general", message["ts"], "-1")
    told(stage, "What was wrong?", "ada")


@pytest.mark.parametrize("change", ["hidden", "gone"])
def test_an_answer_from_what_the_channel_may_not_see_is_not_shared(stage, database, change) -> None:
    answer = asked(stage)
    if change == "hidden":
        let_see(database, LEAVE, "#board")
    else:
        forget(database, LEAVE)
    press(stage, answer)
    refusal = told(stage, "did not share")
    # Alice may see the page no more herself, so that not even its title is said.
    assert LEAVE.title not in shown_text(refusal)
    assert posted(stage) == []
    assert blocks_of(stage.slack.ephemeral("alice")[0], "actions")
    let_see(database, LEAVE, "everyone") if change == "hidden" else None
    if change == "hidden":
        press(stage, answer)
        told(stage, "You shared")


def test_who_may_still_see_what_the_channel_may_not_is_told_which_source_it_is(stage, database, monkeypatch) -> None:
    monkeypatch.setattr(Sight, "of_person", lambda sight, team, user: PUBLIC | {"#board"})
    answer = asked(stage)
    let_see(database, LEAVE, "#board")
    forget(database, TRAVEL)
    press(stage, answer)
    refusal = shown_text(told(stage, "did not share"))
    assert f"<{LEAVE.url}|{LEAVE.title}>, 1 more that you cannot see now either" in refusal
    assert posted(stage) == []


def test_what_the_channel_may_see_is_asked_of_slack_at_that_moment(stage, database) -> None:
    let_see(database, LEAVE, "#general")
    stage.slack.wait_for_reply(stage.slack.ask("leave?", channel="general"))
    answer = asked(stage)
    stage.slack.share("general")
    press(stage, answer)
    told(stage, "did not share")
    assert len(posted(stage)) == 0


def test_pressing_share_again_posts_nothing_more(stage) -> None:
    answer = asked(stage)
    stage.slack.slow_down("chat.postMessage", 0.3)
    press(stage, answer)
    press(stage, answer)
    told(stage, "shared right now")
    told(stage, "You shared this answer")
    assert len(posted(stage)) == 1


def test_a_press_after_a_restart_says_that_it_is_shared_already(server, script, log, database) -> None:
    add_documents(database)
    with on_stage(server, script, log) as stage:
        answer = asked(stage)
        buttons = blocks_of(answer, "actions")
        press(stage, answer)
        told(stage, "You shared")
    with on_stage(server, script, log) as stage:
        # The message was replaced; a client that still shows the old one presses what it had.
        again = asked(stage, count=2)
        value = buttons[0]["elements"][0]["value"]
        stage.slack.press("alice", "general", again["ts"], "share", value=value)
        told(stage, "already")
        assert len(posted(stage)) == 1


@pytest.mark.parametrize("stands", [True, False])
def test_a_share_in_whose_midst_lore_was_killed_is_finished_once(stage, database, stands) -> None:
    answer = asked(stage)
    stage.slack.fail("chat.postMessage", error="fatal_error", after=stands)
    press(stage, answer)
    told(stage, "did not say whether")
    press(stage, answer)
    told(stage, "shared right now")
    with database.session() as session:
        session.execute(update(SharedAnswerRow).values(claimed_at=utc_now() - timedelta(seconds=31)))
    press(stage, answer)
    told(stage, "You shared this answer")
    (message,) = posted(stage)
    with database.session() as session:
        assert session.scalars(select(SharedAnswerRow.reply_ts)).all() == [message["ts"]]


def test_a_refusal_of_slack_is_told_and_can_be_tried_again(stage) -> None:
    answer = asked(stage)
    stage.slack.fail("chat.postMessage", error="restricted_action")
    press(stage, answer)
    told(stage, "restricted_action")
    press(stage, answer)
    told(stage, "You shared")
    assert len(posted(stage)) == 1


def test_in_a_channel_that_lore_is_not_in_it_is_shared_by_the_commands_address(stage) -> None:
    answer = asked(stage, channel="random")
    press(stage, answer)
    told(stage, "You shared this answer.")
    assert len(posted(stage, "random")) == 1


def test_only_who_asked_can_share(stage) -> None:
    alices, bobs = asked(stage), asked(stage, user="bob")
    value = blocks_of(alices, "actions")[0]["elements"][0]["value"]
    stage.slack.press("bob", "general", bobs["ts"], "share", value=value)
    told(stage, "Only who asked", "bob")
    assert posted(stage) == []


def test_dismissing_takes_the_answer_away(stage) -> None:
    answer = asked(stage)
    press(stage, answer, "dismiss")
    eventually(lambda: stage.slack.ephemeral("alice") == [])
    assert posted(stage) == []


def test_what_was_not_found_can_only_be_dismissed(stage, script) -> None:
    script.kind, script.sentences = "abstained", ("I did not find this.",)
    elements = blocks_of(asked(stage), "actions")[0]["elements"]
    assert [element["action_id"] for element in elements] == ["dismiss"]


def test_a_shared_answer_is_not_taken_for_a_reply_that_was_lost_sight_of(stage, log, database) -> None:
    question = stage.slack.post("bob", "general", "how many days of leave do I get?")
    stage.slack.shortcut("alice", "general", question.ts, "ask_lore")
    press(stage, stage.slack.wait_for_ephemeral("alice", "general"))
    told(stage, "You shared")
    with database.session() as session:
        session.execute(update(SharedAnswerRow).values(reply_ts=None))
    thread = Thread(question.channel, question.ts, question.ts, "T0PLAYGRND", "U0BOB00001")
    assert StrayReplies(stage.bot.clients, stage.bot.identity, log).find(thread) is None
