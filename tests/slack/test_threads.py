"""Follow-ups in a thread with Lore: which are answered, with what before them, and how it is told to stop."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.answering.context import Turn
from bot.slack.stopping import STOPPED
from playground.client import Posted
from playground.server import Running
from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.database import Database
from storage.questions import QuestionLog
from tests.slack.stage import Script, Stage, eventually, on_stage, shown_text

EVENTS = ["app_mention", "message.channels", "message.groups", "message.im"]
LEAVE = "how many days of leave do I get?"
SAID = "You get 25 days of leave. [1] Book them in the calendar. [2]"


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog) -> Iterator[Stage]:
    server.client.set_events(EVENTS)
    with on_stage(server, script, log) as stage:
        yield stage


def begun(stage: Stage, user: str = "alice", channel: str = "general") -> Posted:
    """A thread that somebody began with a question, once it is answered."""
    asked = stage.slack.ask(LEAVE, user=user, channel=channel)
    answered(stage, asked, 1)
    return asked


def answered(stage: Stage, root: Posted, replies: int) -> dict[str, Any]:
    eventually(lambda: len(stage.slack.replies(root)) == replies and not stage.log.pending())
    return stage.slack.replies(root)[-1]


def questions(stage: Stage) -> list[str]:
    return [question for question, _ in stage.script.asked]


def settled(stage: Stage, root: Posted) -> None:
    """All that was said so far was heard: a question in another channel, asked after it, is answered."""
    asked = stage.slack.ask("is all heard?", user="ada", channel="leads")
    stage.slack.wait_for_reply(asked)
    eventually(lambda: not stage.log.pending())
    stage.script.asked.pop()


def test_a_follow_up_needs_no_mention_where_one_person_talks_with_lore(stage: Stage) -> None:
    root = begun(stage)

    stage.slack.post("alice", "general", "and for part-timers?", thread_ts=root.ts)
    reply = answered(stage, root, 2)

    assert reply["thread_ts"] == root.ts
    assert questions(stage) == [LEAVE, "and for part-timers?"]
    question, said = stage.script.contexts[-1].turns
    assert question == Turn(LEAVE)
    assert said.by_lore
    assert "25 days" in said.text


def test_a_follow_up_with_a_mention_gets_the_thread_and_one_answer(stage: Stage) -> None:
    root = begun(stage)
    stage.slack.post("bob", "general", "I wonder about London.", thread_ts=root.ts)

    stage.slack.ask("and there?", user="bob", thread_ts=root.ts)
    answered(stage, root, 2)

    assert [turn.text for turn in stage.script.contexts[-1].turns if not turn.by_lore] == [
        LEAVE,
        "I wonder about London.",
    ]
    settled(stage, root)
    assert questions(stage) == [LEAVE, "and there?"]


def test_where_others_speak_too_lore_waits_to_be_mentioned(stage: Stage) -> None:
    root = begun(stage)
    stage.slack.post("bob", "general", "I think it is 27 days?", thread_ts=root.ts)
    stage.slack.post("alice", "general", "and for part-timers?", thread_ts=root.ts)

    settled(stage, root)

    assert questions(stage) == [LEAVE]
    assert len(stage.slack.replies(root)) == 1
    assert not stage.slack.calls("assistant.threads.setStatus")[2:]


def test_a_thread_that_was_not_begun_with_lore_is_not_followed(stage: Stage) -> None:
    root = stage.slack.post("alice", "general", "Who knows about leave?")
    stage.slack.ask(LEAVE, thread_ts=root.ts)
    answered(stage, root, 1)

    stage.slack.post("alice", "general", "and for part-timers?", thread_ts=root.ts)
    settled(stage, root)

    assert questions(stage) == [LEAVE]


def test_thanks_are_no_follow_up(stage: Stage) -> None:
    root = begun(stage)
    stage.slack.post("alice", "general", "Thanks, that helps!", thread_ts=root.ts)
    settled(stage, root)
    assert questions(stage) == [LEAVE]


def test_a_channel_can_have_no_follow_ups(stage: Stage, database: Database) -> None:
    root = begun(stage)
    set_up(stage, database, root.channel, ChannelSettings(follow_threads="never"))
    stage.slack.post("alice", "general", "and for part-timers?", thread_ts=root.ts)
    settled(stage, root)
    assert questions(stage) == [LEAVE]


def test_a_channel_can_have_questions_of_all_followed_and_chat_left_alone(stage: Stage, database: Database) -> None:
    root = begun(stage)
    set_up(stage, database, root.channel, ChannelSettings(follow_threads="always"))
    stage.slack.post("bob", "general", "Good to know that, I had no idea.", thread_ts=root.ts)
    stage.slack.post("bob", "general", "and how many for part-timers?", thread_ts=root.ts)
    answered(stage, root, 2)
    stage.script.kind = "abstained"
    stage.slack.post("alice", "general", "who is the king of Norway?", thread_ts=root.ts)
    eventually(lambda: len(stage.script.asked) == 3 and not stage.log.pending())

    assert questions(stage) == [LEAVE, "and how many for part-timers?", "who is the king of Norway?"]
    assert len(stage.slack.replies(root)) == 2


@pytest.mark.parametrize("word", ["stop", "<@BOT> please stop!"])
def test_stop_ends_the_answers_in_a_thread_until_a_mention(stage: Stage, word: str) -> None:
    root = begun(stage)

    stage.slack.post("alice", "general", word, thread_ts=root.ts)
    told = stage.slack.wait_for_ephemeral("alice", "general")
    stage.slack.post("alice", "general", "and for part-timers?", thread_ts=root.ts)
    settled(stage, root)
    assert shown_text(told) == STOPPED
    assert questions(stage) == [LEAVE]

    stage.slack.ask("and for interns?", thread_ts=root.ts)
    answered(stage, root, 2)
    stage.slack.post("alice", "general", "and for managers?", thread_ts=root.ts)
    answered(stage, root, 3)
    assert questions(stage) == [LEAVE, "and for interns?", "and for managers?"]


def test_a_restart_remembers_where_lore_was_told_to_stop(server: Running, script: Script, log: QuestionLog) -> None:
    server.client.set_events(EVENTS)
    with on_stage(server, script, log) as before:
        root = begun(before)
        before.slack.post("alice", "general", "stop", thread_ts=root.ts)
        before.slack.wait_for_ephemeral("alice", "general")
    with on_stage(server, script, log) as after:
        after.slack.post("alice", "general", "and for part-timers?", thread_ts=root.ts)
        settled(after, root)
    assert questions(after) == [LEAVE]


def test_a_long_thread_is_read_to_its_end_and_its_newest_messages_kept(stage: Stage) -> None:
    root = begun(stage)
    for number in range(230):
        stage.slack.post("alice", "general", "ok" if number < 229 else "thanks", thread_ts=root.ts)
    before = len(stage.slack.calls("conversations.replies"))

    stage.slack.ask("and then?", thread_ts=root.ts)
    answered(stage, root, 2)

    context = stage.script.contexts[-1]
    assert len(stage.slack.calls("conversations.replies")) == before + 2
    assert context.is_part
    assert len(context.turns) == 200
    assert context.turns[-1] == Turn("thanks")


def test_what_other_apps_say_and_what_comes_after_the_question_is_not_read(stage: Stage) -> None:
    root = begun(stage)
    stage.script.pause = 0.3
    stage.slack.ask("and in London?", thread_ts=root.ts)
    stage.slack.post("alice", "general", "ok", thread_ts=root.ts)
    answered(stage, root, 2)
    assert [turn.text for turn in stage.script.contexts[-1].turns if not turn.by_lore] == [LEAVE]


def test_a_mention_is_answered_though_its_thread_cannot_be_read(stage: Stage) -> None:
    root = begun(stage)
    stage.slack.fail("conversations.replies", "internal_error", times=None)
    stage.slack.ask("and for part-timers?", thread_ts=root.ts)
    answered(stage, root, 2)
    assert stage.script.contexts[-1].turns == ()


def test_a_direct_message_is_read_with_what_was_written_shortly_before(stage: Stage) -> None:
    first = stage.slack.ask(LEAVE, channel="dm")
    answered(stage, first, 1)
    second = stage.slack.ask("and for part-timers?", channel="dm")
    answered(stage, second, 1)
    stage.slack.ask("and for managers?", channel="dm", thread_ts=second.ts)
    answered(stage, second, 2)

    assert [turn.text for turn in stage.script.contexts[1].turns] == [LEAVE]
    in_thread = [turn.text for turn in stage.script.contexts[2].turns if not turn.by_lore]
    assert in_thread == ["and for part-timers?"]


def set_up(stage: Stage, database: Database, channel: str, settings: ChannelSettings) -> None:
    team = stage.bot.identity.team_id
    ChannelSettingsLog(database).save(team, channel, settings, set_by="U0ADA00001")
