"""Channels where every question is answered: what is answered there, and that nothing else is noticed by anybody."""

from collections.abc import Iterator

import pytest

from playground.client import Posted
from playground.server import Running
from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.database import Database
from storage.document import PUBLIC, Audience
from storage.questions import QuestionLog
from storage.tables import AnswerRow, QuestionRow
from tests.learning.documents import add_page
from tests.slack.stage import Script, Stage, blocks_of, eventually, on_stage, shown_text

EVENTS = ["app_mention", "message.channels", "message.groups", "message.im", "reaction_added"]
LEAVE = "How many days of leave do I get?"
TOOLS = ("chat.startStream", "chat.postMessage", "assistant.threads.setStatus")


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog, database: Database) -> Iterator[Stage]:
    server.client.set_events(EVENTS)
    add_page(database, "leads.md", "For leads.", audience=("#leads",))
    with on_stage(server, script, log) as stage:
        for channel in ("C0GENERAL1", "C0LEADS001"):
            settings = ChannelSettings(mode="every_question")
            ChannelSettingsLog(database).save(stage.bot.identity.team_id, channel, settings, set_by="U0ADA00001")
        yield stage


def rows(database: Database) -> list[tuple[str, str, str | None]]:
    """Each question's surface and words, and what became of it."""
    with database.session() as session:
        query = session.query(QuestionRow, AnswerRow).outerjoin(AnswerRow).order_by(QuestionRow.id)
        return [(asked.surface, asked.text, answer.kind if answer else None) for asked, answer in query]


def heard_all(stage: Stage) -> None:
    """A direct message, sent after all else, is answered."""
    stage.slack.wait_for_reply(stage.slack.ask("is all heard?", user="bob", channel="dm"))
    eventually(lambda: not stage.log.pending())


@pytest.mark.parametrize(("channel", "audience"), [("general", PUBLIC), ("leads", PUBLIC | {"#leads"})])
def test_a_question_is_answered_in_its_thread_without_a_mention(stage: Stage, channel: str, audience: Audience) -> None:
    asked = stage.slack.post("alice", channel, LEAVE)

    reply = stage.slack.wait_for_reply(asked)

    assert reply["thread_ts"] == asked.ts
    assert "25 days" in shown_text(reply)
    assert blocks_of(reply, "context_actions")
    assert stage.script.asked == [(LEAVE, audience)]


def test_what_the_documents_do_not_answer_is_passed_over_in_silence(stage: Stage, database: Database) -> None:
    stage.script.kind = "abstained"
    asked = stage.slack.post("alice", "general", "Who won the football yesterday evening?")
    eventually(lambda: bool(rows(database)) and not stage.log.pending())

    assert rows(database) == [("overheard", "", "silent")]
    assert not stage.slack.replies(asked)
    assert not any(stage.slack.calls(tool) for tool in TOOLS)


def test_a_failure_is_silent_too(stage: Stage, database: Database) -> None:
    stage.script.error = RuntimeError("scripted")
    asked = stage.slack.post("alice", "general", LEAVE)
    eventually(lambda: bool(rows(database)) and not stage.log.pending())

    assert rows(database) == [("overheard", "", "silent")]
    assert not stage.slack.replies(asked)


def test_a_redelivered_event_is_answered_once_and_kept_silent_about_once(stage: Stage, database: Database) -> None:
    stage.slack.duplicate_events(2)
    asked = stage.slack.post("alice", "general", LEAVE)
    stage.slack.wait_for_reply(asked)
    stage.script.kind = "abstained"
    stage.slack.duplicate_events(2)
    stage.slack.post("alice", "general", "Who won the football yesterday evening?")
    heard_all(stage)

    assert [question for question, _ in stage.script.asked].count("Who won the football yesterday evening?") == 1
    assert len(stage.slack.replies(asked)) == 1
    assert [kind for *_, kind in rows(database)][:2] == ["answered", "silent"]


def test_a_mention_there_is_one_question(stage: Stage) -> None:
    asked = stage.slack.ask(LEAVE)
    stage.slack.wait_for_reply(asked)
    heard_all(stage)

    assert [question for question, _ in stage.script.asked].count(LEAVE) == 1
    assert len(stage.slack.replies(asked)) == 1


def test_remarks_chat_code_edits_and_questions_to_people_are_not_even_written_down(
    stage: Stage, database: Database
) -> None:
    said = stage.slack.post("alice", "general", "The deploy is done, all is well.")
    stage.slack.edit("alice", "general", said.ts, LEAVE)
    stage.slack.post("alice", "general", "<@U0BOB00001> how many days of leave do I get?")
    stage.slack.post("alice", "general", "```\nhow = many(days)\n```\nwhat is wrong with this code?")
    stage.slack.post("alice", "general", "How are you all today?")
    stage.slack.post("alice", "general", "What a day, what a lovely day!")
    heard_all(stage)

    assert [surface for surface, *_ in rows(database)] == ["direct_message"]


def test_what_people_say_in_a_thread_of_their_own_is_left_alone(stage: Stage, database: Database) -> None:
    root = stage.slack.post("alice", "general", "Lunch is at noon on Wednesday.")
    stage.slack.post("bob", "general", LEAVE, thread_ts=root.ts)
    heard_all(stage)

    assert [surface for surface, *_ in rows(database)] == ["direct_message"]


def test_elsewhere_questions_wait_for_a_mention(stage: Stage, database: Database) -> None:
    stage.slack.post("alice", "people", LEAVE)
    heard_all(stage)

    assert [surface for surface, *_ in rows(database)] == ["direct_message"]


def test_a_follow_up_on_an_answer_that_nobody_had_to_ask_for_is_answered(stage: Stage) -> None:
    root = stage.slack.post("alice", "general", LEAVE)
    stage.slack.wait_for_reply(root)
    eventually(lambda: not stage.log.pending())

    stage.slack.post("alice", "general", "and for part-timers?", thread_ts=root.ts)

    eventually(lambda: len(stage.slack.replies(root)) == 2)
    assert stage.script.contexts[-1].turns[0].text == LEAVE


def test_what_was_overheard_before_a_restart_is_answered_after_it(
    server: Running, script: Script, log: QuestionLog, database: Database
) -> None:
    server.client.set_events(EVENTS)
    add_page(database, "leads.md", "For leads.", audience=("#leads",))
    with on_stage(server, script, log, stop_seconds=0.0, workers=0) as before:
        settings = ChannelSettings(mode="every_question")
        ChannelSettingsLog(database).save(before.bot.identity.team_id, "C0GENERAL1", settings, set_by="U0ADA00001")
        asked = before.slack.post("alice", "general", LEAVE)
        eventually(lambda: len(log.pending()) == 1)
    with on_stage(server, script, log) as after:
        after.slack.wait_for_reply(Posted(asked.ts, asked.channel))
    assert [question for question, _ in script.asked] == [LEAVE]
