"""The assistant pane: suggestions that tell nobody's business, answers as in a direct message, a title."""

from collections.abc import Iterator
from typing import Any

import pytest

from playground.client import Posted
from playground.server import Running
from storage.database import Database
from storage.questions import Asked, QuestionLog
from tests.slack.pages import PAY, add_documents, let_see
from tests.slack.stage import LEAVE, Script, Stage, an_answer, blocks_of, eventually, on_stage, shown_text

Json = dict[str, Any]
TEAM = "T0PLAYGRND"
GENERAL, PEOPLE, LEADS = "C0GENERAL1", "C0PEOPLE01", "C0LEADS001"
ALICE, BOB = "U0ALICE001", "U0BOB00001"
QUESTION = "How many days of leave do I get?"


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog, database: Database) -> Iterator[Stage]:
    add_documents(database)
    with on_stage(server, script, log) as stage:
        yield stage


_numbers = iter(range(1, 10_000))


def answered(
    log: QuestionLog, text: str, *, user: str = ALICE, channel: str = GENERAL, up: int = 0, down: int = 0, **how: Any
) -> None:
    """A question that was answered before, with so many votes of other people."""
    surface = how.pop("surface", "mention")
    id = log.accept(Asked(surface, TEAM, channel, f"1.{next(_numbers):06}", user, text))
    assert id is not None
    answer_id = log.record(id, an_answer(text, **how))
    log.delivered(id)
    for number in range(up + down):
        log.vote(answer_id, f"UVOTER{number}", 1 if number < up else -1)


def pane(stage: Stage, user: str = "alice", context: str | None = None) -> Posted:
    return stage.slack.open_assistant(user, context=context)


def prompts(stage: Stage, thread: Posted, user: str = "alice") -> list[str]:
    def look() -> Json | None:
        found = stage.slack.status(thread.channel, thread.ts, user=user)["prompts"]
        return found if found else None

    shown = stage.slack.wait_for(look, 5.0, lambda: "no prompts")
    return [prompt["message"] for prompt in shown["prompts"]]


def test_it_suggests_questions_of_public_channels_that_were_answered_well_the_best_first(stage, log) -> None:
    answered(log, QUESTION, up=3)
    answered(log, "Where do I book a train?", up=1)
    answered(log, "Who orders the fruit?")
    answered(log, "who orders the fruit", user=BOB)
    answered(log, "Is this one asked once only?")
    answered(log, "Is this answer any good?", up=1, down=2)
    answered(log, "Is there nothing to be found?", up=1, kind="abstained")
    assert prompts(stage, pane(stage)) == [QUESTION, "Where do I book a train?", "who orders the fruit"]


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (QUESTION, {"channel": LEADS}),
        (QUESTION, {"surface": "direct_message"}),
        (QUESTION, {"surface": "command"}),
        (QUESTION, {"documents": (PAY,)}),
        ("When is @bob back from leave?", {}),
        ("What does my payslip say?", {}),
        ("Who can be reached at 0171123456?", {}),
    ],
)
def test_nothing_private_or_personal_is_suggested(stage, log, text, how) -> None:
    answered(log, text, up=3, **how)
    answered(log, "Where do I book a train?", up=1)
    assert prompts(stage, pane(stage)) == ["Where do I book a train?"]


def test_a_question_is_suggested_no_more_once_a_source_of_its_answer_is_hidden(stage, log, database) -> None:
    answered(log, QUESTION, up=3)
    assert prompts(stage, pane(stage)) == [QUESTION]
    let_see(database, LEAVE, "#board")
    thread = pane(stage)
    ask(stage, thread)
    assert stage.slack.status(thread.channel, thread.ts)["prompts"] is None


def test_guests_are_shown_nothing_of_channels_that_they_may_not_be_in(stage, log) -> None:
    answered(log, QUESTION, up=3)
    thread = pane(stage, "gita")
    ask(stage, thread, "gita")
    assert stage.slack.status(thread.channel, thread.ts)["prompts"] is None


def test_questions_of_the_channel_that_is_looked_at_come_first_also_when_another_is(stage, log) -> None:
    answered(log, QUESTION, up=3)
    answered(log, "Who signs my contract of work?".replace("my ", "the "), channel=PEOPLE, up=1)
    thread = pane(stage, context="people")
    assert prompts(stage, thread)[0] == "Who signs the contract of work?"
    stage.slack.look_at("alice", thread, "general")
    eventually(lambda: prompts(stage, thread)[0] == QUESTION)


def ask(stage: Stage, thread: Posted, user: str = "alice", text: str = QUESTION) -> Json:
    posted = stage.slack.post(user, "dm", text, thread_ts=thread.ts)
    reply = stage.slack.wait_for_reply(
        Posted(thread.ts, posted.channel),
        until=lambda message: bool(blocks_of(message, "context_actions")),
    )
    eventually(lambda: not stage.log.pending())
    return reply


def test_a_question_in_the_pane_is_answered_there_and_gives_the_thread_its_title(stage) -> None:
    thread = pane(stage)
    reply = ask(stage, thread)
    assert "25 days" in shown_text(reply)
    eventually(lambda: stage.slack.status(thread.channel, thread.ts)["title"] == QUESTION)
    statuses = [call["arguments"]["status"] for call in stage.slack.calls("assistant.threads.setStatus")]
    assert statuses == ["is looking through the documents…"]
    stage.slack.post("alice", "dm", "And for part-timers?", thread_ts=thread.ts)
    eventually(lambda: len(stage.script.asked) == 2)
    eventually(lambda: not stage.log.pending())
    assert len(stage.slack.calls("assistant.threads.setTitle")) == 1


def test_a_thread_outside_of_the_pane_gets_no_title(stage) -> None:
    first = stage.slack.post("alice", "dm", QUESTION)
    stage.slack.wait_for_reply(first)
    stage.slack.post("alice", "dm", "And for part-timers?", thread_ts=first.ts)
    eventually(lambda: len(stage.script.asked) == 2)
    eventually(lambda: not stage.log.pending())
    assert stage.slack.calls("assistant.threads.setTitle") == []


def test_where_slack_refuses_suggestions_and_title_questions_are_answered(stage, log) -> None:
    answered(log, QUESTION, up=3)
    for method in ("assistant.threads.setSuggestedPrompts", "assistant.threads.setTitle"):
        stage.slack.fail(method, error="not_allowed", times=None)
    assert "25 days" in shown_text(ask(stage, pane(stage)))
