"""Socket Mode: connections come and go, Lore stays."""

import threading
import time

import pytest

from playground.server import Running
from storage.questions import QuestionLog
from tests.slack.stage import Script, Stage, eventually, on_stage


def test_a_dropped_connection_is_opened_again(stage: Stage) -> None:
    stage.slack.drop_sockets()
    eventually(lambda: stage.slack.state()["app"]["connections"] == 1, 15)

    assert stage.slack.wait_for_reply(stage.slack.ask("leave?"))


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
def test_slacks_wish_for_a_new_connection_is_followed(stage: Stage, reason: str) -> None:
    opened = stage.slack.state()["app"]["connections_opened"]
    stage.slack.disconnect(reason)
    eventually(lambda: stage.slack.state()["app"]["connections_opened"] > opened, 15)

    assert stage.slack.wait_for_reply(stage.slack.ask("leave?"))


def test_the_answer_in_hand_is_finished_when_lore_stops(server: Running, log: QuestionLog) -> None:
    script = Script(pause=0.4)
    with on_stage(server, script, log) as stage:
        asked = stage.slack.ask("leave?")
        eventually(lambda: bool(script.asked))

    [reply] = server.client.replies(asked)
    assert "calendar" in reply["text"]
    assert not log.pending()


def test_stopping_takes_no_longer_than_it_must(server: Running, script: Script, log: QuestionLog) -> None:
    before = threading.active_count()
    with on_stage(server, script, log):
        started = time.monotonic()
    assert time.monotonic() - started < 1.5
    eventually(lambda: threading.active_count() <= before)


def test_events_that_lore_has_no_use_for_are_acknowledged(stage: Stage) -> None:
    stage.slack.set_events(["app_home_opened", "member_joined_channel", "message.channels"])
    stage.slack.open_home("alice")
    stage.slack.post("alice", "general", "Morning all")
    eventually(lambda: sum(delivery["seconds"] is not None for delivery in stage.slack.deliveries()) == 2)

    assert all(delivery["error"] is None for delivery in stage.slack.deliveries())
