"""The client: waiting for answers, watching changes, several at once."""

from __future__ import annotations

import threading
import time

import pytest
from connections import Connect
from parrot import build_parrot
from slack_sdk import WebClient

from playground.client import Playground
from playground.errors import PlaygroundError
from playground.server import Running, running


def test_a_question_gets_its_streamed_answer(slack: Running, web: WebClient, connect: Connect) -> None:
    connect(build_parrot(web))
    reply = slack.client.wait_for_reply(slack.client.ask("why?"))
    assert reply["text"] == "You said: why? **[1]**"
    assert reply["blocks"][-1]["type"] == "context_actions"


def test_an_answer_that_does_not_come_is_a_timeout_that_says_what_is_there(slack: Running) -> None:
    posted = slack.client.ask("anybody?")
    with pytest.raises(TimeoutError, match="anybody"):
        slack.client.wait_for_reply(posted, timeout=0.2)


def test_changes_are_watched_the_moment_they_happen(slack: Running) -> None:
    with Playground(slack.url) as watcher:
        changes = watcher.watch(since=0)
        timer = threading.Timer(0.2, lambda: slack.client.post("alice", "general", "now"))
        timer.start()
        change = next(changes)
        assert change["data"]["message"]["text"] == "now"
        assert time.monotonic() - change["monotonic"] < 0.5
        changes.close()
        timer.join()


def test_a_watcher_does_not_keep_the_server_from_stopping() -> None:
    with running() as slack:
        watcher = Playground(slack.url)
        changes = watcher.watch(since=0)
        slack.client.post("alice", "general", "now")
        next(changes)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    watcher.close()


def test_a_taken_port_is_named(slack: Running) -> None:
    port = int(slack.url.rpartition(":")[2])
    with pytest.raises(PlaygroundError, match=f"Port {port} on 127.0.0.1 cannot be used"), running(port=port):
        pass
