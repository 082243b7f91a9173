"""`/lore <question>`: a question whose answer only the asker sees."""

import time
from typing import Any

import structlog
from slack_bolt import Ack, App

from bot.slack.intake import Intake
from bot.slack.payloads import SlashCommand
from bot.slack.question_text import question_text
from bot.slack.reply import HOW_TO_ASK, new_error_id
from storage.questions import Asked

_log = structlog.get_logger(__name__)

COMMAND = "/lore"


def register(app: App, intake: Intake, bot_user_id: str) -> None:
    """Take in every command with a question; one without gets a word on how to ask."""

    @app.command(COMMAND)
    def lore(body: dict[str, Any], ack: Ack) -> None:
        command = SlashCommand.model_validate(body)
        question = question_text(command.text, bot_user_id)
        if not question or question.lower() == "help":
            ack(text=HOW_TO_ASK, response_type="ephemeral")
            return
        many = intake.line.words()
        try:
            taken = intake.take(_asked(command, question, told=many is not None))
        except Exception as error:  # noqa: BLE001 - Slack does not repeat a command: the asker must hear of it now
            error_id = new_error_id()
            _log.error("command.not_taken_in", error_id=error_id, error=f"{type(error).__name__}: {error}")
            said = f"I cannot take questions now. Please try again in a while (error id: `{error_id}`)."
            ack(text=said, response_type="ephemeral")
            return
        if taken and many is not None:
            ack(text=many, response_type="ephemeral")
        else:
            ack()


def _asked(command: SlashCommand, question: str, *, told: bool) -> Asked:
    # A command has no message, so its trigger, which Slack gives once, stands for one.
    return Asked(
        surface="command",
        team=command.team_id,
        channel=command.channel_id,
        ts=command.trigger_id[-60:],
        user=command.user_id,
        text=question,
        reply_to={"response_url": command.response_url, "at": time.time(), "told": told},
    )
