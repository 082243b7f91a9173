"""A bot that is killed loses nothing and answers once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from slack_sdk import WebClient

from playground.client import Playground, Posted
from playground.server import Running
from storage.database import Database
from storage.questions import Asked, QuestionLog
from tests.learning.documents import add_page
from tests.slack.stage import LEAVE, TRAVEL, Script, an_answer, blocks_of, eventually, on_stage, shown_text

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(server: Running, tmp_path: Path, database: Database) -> Iterator[Callable[[float], subprocess.Popen[bytes]]]:
    """Starts a bot's process whose answers take so many seconds a sentence; waits until it is connected."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(pause: float) -> subprocess.Popen[bytes]:
        eventually(lambda: not server.client.state()["app"]["connections"])
        arguments = [
            f"sqlite:///{tmp_path / 'lore.db'}",
            server.api_url,
            server.bot_token,
            server.app_token,
            str(pause),
        ]
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("killable.py")), *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        processes.append(process)
        server.client.wait_until_connected()
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def whole(message: dict) -> bool:
    return "[[1]](" in shown_text(message) and bool(blocks_of(message, "context_actions"))


def only_reply(slack: Playground, log: QuestionLog, asked: Posted) -> dict:
    slack.wait_for_reply(asked, until=whole)
    eventually(lambda: not log.pending())
    [reply] = slack.replies(asked)
    assert shown_text(reply).count("25 days") == shown_text(reply).count("calendar") == 1
    assert not reply["streaming"]
    return reply


def test_a_bot_killed_before_it_answers_and_in_the_middle_of_answering_answers_once(
    server: Running, log: QuestionLog, run: Callable[[float], subprocess.Popen[bytes]]
) -> None:
    first = run(30)
    unanswered = server.client.ask("asked, then killed?")
    privately = server.client.command("alice", "general", "/lore", "asked privately, then killed?")
    assert privately["error"] is None
    eventually(lambda: len(log.pending()) == 2)
    kill(first)

    second = run(0.7)
    midway = server.client.ask("killed midway?")
    eventually(lambda: any("First." in message["text"] for message in server.client.replies(midway)), 10)
    kill(second)
    asleep = server.client.ask("asked while nobody was there?")

    run(0.0)
    for asked in (unanswered, midway, asleep):
        only_reply(server.client, log, asked)
    assert len(server.client.ephemeral("alice")) == 1


def test_a_reply_that_was_posted_but_not_recorded_is_found_and_finished(
    server: Running, script: Script, log: QuestionLog
) -> None:
    asked, other = server.client.ask("leave?"), server.client.ask("another?")
    web = WebClient(server.bot_token, base_url=server.api_url)
    begun = web.chat_startStream(
        channel=asked.channel,
        thread_ts=asked.ts,
        markdown_text="You get",
        recipient_team_id="T0PLAYGRND",
        recipient_user_id=server.client.thread("general", asked.ts)[0]["user"],
    )
    accepted(log, asked)
    answered_before = accepted(log, other)
    half = web.chat_postMessage(channel=other.channel, thread_ts=other.ts, text="half")
    log.begun(answered_before, half["ts"])
    log.record(answered_before, an_answer("another?"))
    for document in (LEAVE, TRAVEL):
        add_page(log.database, document.id, title=document.title, url=document.url)

    with on_stage(server, script, log):
        assert only_reply(server.client, log, asked)["ts"] == begun["ts"]
        only_reply(server.client, log, other)

    assert [question for question, _ in script.asked] == ["leave?"]


def test_without_the_right_to_read_the_thread_the_answer_still_comes(
    server: Running, script: Script, log: QuestionLog
) -> None:
    asked = server.client.ask("leave?")
    accepted(log, asked)
    server.client.fail("conversations.replies", "missing_scope", times=None)

    with on_stage(server, script, log):
        only_reply(server.client, log, asked)


def test_questions_of_the_day_before_and_the_terminals_own_are_left_alone(
    server: Running, script: Script, log: QuestionLog
) -> None:
    channel = server.client.state()["channels"][0]["id"]
    yesterday = f"{time.time() - 90_000:.6f}"
    log.accept(Asked("mention", "T0PLAYGRND", channel, yesterday, "U0ALICE001", "old?"))
    command = {"response_url": f"{server.url}/actions/x", "at": time.time() - 3_600}
    log.accept(Asked("command", "T0PLAYGRND", channel, "trigger", "U0ALICE001", "old?", reply_to=command))
    log.accept(Asked("terminal", "", "", "1", "someone", "here?"))

    with on_stage(server, script, log):
        eventually(lambda: [pending.asked.surface for pending in log.pending()] == ["terminal"])

    assert not script.asked
    assert not server.client.ephemeral("alice")


def test_a_reply_that_someone_deleted_is_not_posted_again(server: Running, script: Script, log: QuestionLog) -> None:
    asked = server.client.ask("leave?")
    log.begun(accepted(log, asked), f"{float(asked.ts) + 1:.6f}")

    with on_stage(server, script, log):
        eventually(lambda: not log.pending())

    assert not server.client.replies(asked)


def accepted(log: QuestionLog, asked: Posted) -> int:
    """The question as the listener would have written it down; the event itself then comes as a repetition."""
    question_id = log.accept(Asked("mention", "T0PLAYGRND", asked.channel, asked.ts, "U0ALICE001", "leave?"))
    assert question_id is not None
    return question_id
