"""What goes wrong is said, in Slack and in the log, and never asked for ever."""

import re

import pytest
import sqlalchemy
from structlog.testing import capture_logs

from playground.delivery import Pace
from playground.server import running
from storage.database import Database
from storage.questions import QuestionLog
from tests.slack.stage import Script, Stage, eventually, on_stage, shown_text


def test_a_failure_is_told_with_an_id_that_is_in_the_log(stage: Stage) -> None:
    stage.script.sentences = ()
    stage.script.error = RuntimeError("the model fell over")
    with capture_logs() as logged:
        reply = stage.slack.wait_for_reply(stage.slack.ask("leave?"))

    [error_id] = re.findall(r"`([0-9a-f]{8})`", shown_text(reply))
    assert any(entry.get("error_id") == error_id and entry["log_level"] == "error" for entry in logged)
    eventually(lambda: not stage.log.pending())


def test_a_failure_midway_replaces_what_was_shown(stage: Stage) -> None:
    stage.script.error = RuntimeError("the model fell over")
    asked = stage.slack.ask("leave?")

    reply = stage.slack.wait_for_reply(asked, until=lambda message: "error id" in shown_text(message))

    assert "25 days" not in shown_text(reply)
    assert len(stage.slack.replies(asked)) == 1


def test_the_answerers_own_failure_shows_its_id(stage: Stage) -> None:
    stage.script.sentences, stage.script.kind, stage.script.error_id = (
        ("The index is not there.",),
        "failed",
        "feedbeef",
    )
    stage.script.streamed = False
    reply = stage.slack.wait_for_reply(stage.slack.ask("leave?"))

    assert "The index is not there." in shown_text(reply)
    assert "`feedbeef`" in shown_text(reply)


@pytest.mark.parametrize("code", ["not_in_channel", "is_archived", "channel_not_found"])
def test_a_place_that_takes_no_reply_is_given_up_with_advice_in_the_log(stage: Stage, code: str) -> None:
    stage.slack.fail("chat.startStream", code, times=None)
    stage.slack.fail("chat.postMessage", code, times=None)
    with capture_logs() as logged:
        stage.slack.ask("leave?")
        eventually(lambda: bool(stage.script.asked) and not stage.log.pending())

    [entry] = [entry for entry in logged if entry["event"] == "question.not_delivered"]
    assert entry["error"] == code
    assert entry["todo"]


def test_a_question_that_slack_cannot_take_the_answer_to_is_tried_again(stage: Stage) -> None:
    stage.bot.workers.retry_seconds = 0.2
    stage.slack.fail("chat.startStream", "service_unavailable", times=1)
    stage.slack.fail("chat.postMessage", "service_unavailable", times=2)
    asked = stage.slack.ask("leave?")

    stage.slack.wait_for_reply(asked)
    eventually(lambda: not stage.log.pending())
    assert len(stage.slack.replies(asked)) == 1


def test_a_question_that_cannot_be_written_down_is_not_acknowledged_and_comes_again(
    script: Script, database: Database
) -> None:
    pace = Pace(ack_timeout=0.5, retry_delays=(0.5, 0.5, 0.5))
    with running(pace=pace) as server, on_stage(server, script, QuestionLog(database)) as stage:
        rename_table(database, "questions", "away")
        asked = stage.slack.ask("leave?")
        eventually(lambda: any(delivery["error"] == "timeout" for delivery in stage.slack.deliveries()))
        rename_table(database, "away", "questions")

        stage.slack.wait_for_reply(asked)
        assert len(stage.slack.replies(asked)) == 1


def test_a_command_that_cannot_be_written_down_is_told_at_once(stage: Stage, database: Database) -> None:
    rename_table(database, "questions", "away")

    delivery = stage.slack.command("alice", "general", "/lore", "leave?")

    assert "error id" in delivery["answer"]["text"]


def rename_table(database: Database, old: str, new: str) -> None:
    with database.engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"ALTER TABLE {old} RENAME TO {new}"))
        connection.commit()
