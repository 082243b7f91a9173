"""Many questions at once: each is acknowledged at once and answered once."""

import time

from playground.server import Running
from storage.questions import QuestionLog
from tests.slack.stage import Script, eventually, on_stage

QUESTIONS = 100


def test_acknowledgements_do_not_wait_for_answers(server: Running, log: QuestionLog) -> None:
    script = Script(pause=15.0)
    with on_stage(server, script, log, workers=2, stop_seconds=1.0) as stage:
        for n in range(QUESTIONS):
            stage.slack.ask(f"question {n}?", user="alice" if n % 2 else "bob")
        eventually(lambda: len(log.pending()) == QUESTIONS, 20)
        command = stage.slack.command("alice", "general", "/lore", "and this?")

        assert command["error"] is None
        assert command["seconds"] < 3
        deliveries = stage.slack.deliveries()
        assert all(delivery["error"] is None and delivery["seconds"] < 3 for delivery in deliveries)
        started = time.monotonic()
    assert time.monotonic() - started < 5  # the answers in hand are given a second, then left for the next start
    assert len(log.pending()) == QUESTIONS + 1


def test_every_question_is_answered_once_through_lost_connections_and_a_restart(
    server: Running, script: Script, log: QuestionLog
) -> None:
    script.documents = ()
    channels = ("general", server.client.add_channel("engineering", ["alice", "lore"])["name"])
    script.pause = 0.01
    with on_stage(server, script, log, workers=4) as stage:
        asked = [stage.slack.ask(f"question {n}?", channel=channels[n % 2]) for n in range(20)]
        stage.slack.drop_sockets()
        asked += [stage.slack.ask(f"question {n}?") for n in range(20, 30)]
        stage.slack.wait_for_reply(asked[0])
    asked += [server.client.ask(f"question {n}?") for n in range(30, 40)]
    with on_stage(server, script, log, workers=4) as stage:
        for question in asked:
            stage.slack.wait_for_reply(question, 30)
        eventually(lambda: not log.pending())

    assert all(len(server.client.replies(question)) == 1 for question in asked)
