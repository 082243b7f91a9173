"""“Ask Lore about this” answers the question in a message, for who chose it alone until they share it."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.slack.message_shortcut import question_in
from playground.server import Running
from storage.database import Database
from storage.questions import QuestionLog
from tests.slack.pages import add_documents
from tests.slack.stage import Script, Stage, blocks_of, eventually, on_stage, shown_text

Json = dict[str, Any]
QUESTION = "How many days of leave do I get?"


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog, database: Database) -> Iterator[Stage]:
    add_documents(database)
    with on_stage(server, script, log) as stage:
        yield stage


def chosen(stage: Stage, ts: str, user: str = "alice", channel: str = "general") -> Json:
    assert stage.slack.shortcut(user, channel, ts, "ask_lore")["error"] is None
    return stage.slack.wait_for_ephemeral(user, channel)


def test_the_question_in_anybodys_message_is_answered_for_who_chose_it_alone(stage) -> None:
    message = stage.slack.post("bob", "general", QUESTION)
    answer = chosen(stage, message.ts)
    assert "25 days" in shown_text(answer)
    assert [question for question, _ in stage.script.asked] == [QUESTION]
    # Where no thread is yet, nobody would see what stands in it.
    assert answer.get("thread_ts") is None
    assert stage.slack.ephemeral("bob") == []
    assert len(stage.slack.thread("general", message.ts)) == 1


def test_sharing_it_answers_in_the_messages_thread(stage) -> None:
    message = stage.slack.post("bob", "general", QUESTION)
    answer = chosen(stage, message.ts)
    assert blocks_of(answer, "actions")[0]["elements"][0]["text"]["text"] == "Share in thread"
    stage.slack.press("alice", "general", answer["ts"], "share")
    shared = stage.slack.wait_for_reply(message)
    assert "25 days" in shown_text(shared)
    assert shared["thread_ts"] == message.ts


def test_in_a_thread_the_answer_is_shown_there(stage) -> None:
    message = stage.slack.post("bob", "general", "Something else entirely.")
    reply = stage.slack.post("bob", "general", QUESTION, thread_ts=message.ts)
    assert chosen(stage, reply.ts)["thread_ts"] == message.ts


def test_two_people_can_ask_about_one_message_and_one_person_again(stage) -> None:
    message = stage.slack.post("bob", "general", QUESTION)
    chosen(stage, message.ts)
    chosen(stage, message.ts, "bob")
    stage.slack.shortcut("alice", "general", message.ts, "ask_lore")
    eventually(lambda: len(stage.slack.ephemeral("alice")) == 2)


def test_where_lore_is_not_a_member_it_is_answered_all_the_same(stage) -> None:
    message = stage.slack.post("bob", "random", QUESTION)
    assert "25 days" in shown_text(chosen(stage, message.ts, channel="random"))


def test_a_message_without_words_and_lores_own_are_said_to_be_no_questions(stage) -> None:
    picture = stage.slack.post("bob", "general", "", files=["cat.png"])
    assert "no words in that message" in shown_text(chosen(stage, picture.ts))
    reply = stage.slack.wait_for_reply(stage.slack.ask("leave?", user="bob"))
    stage.slack.shortcut("bob", "general", reply["ts"], "ask_lore")
    assert "I wrote that message" in shown_text(stage.slack.wait_for_ephemeral("bob", "general"))
    assert len(stage.script.asked) == 1


def test_of_a_long_message_the_questions_are_asked_with_what_stands_before_each() -> None:
    padding = "We had a very good week and everybody was happy about it. " * 6
    message = f"Hello all!\n{padding}Parental leave starts in May. Can I extend it? Thanks, and see you."
    assert question_in(message) == "Parental leave starts in May. Can I extend it?"
    assert question_in("Parental leave starts in May. Can I extend it?") == (
        "Parental leave starts in May. Can I extend it?"
    )
    assert question_in(padding) == padding


def test_a_question_that_cannot_be_written_down_is_said_to_be_lost(stage, monkeypatch) -> None:
    def broken(asked: object) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(type(stage.log), "accept", lambda log, asked: broken(asked))
    message = stage.slack.post("bob", "general", QUESTION)
    assert "cannot take questions now" in shown_text(chosen(stage, message.ts))
