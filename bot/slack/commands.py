"""`/lore`: a question whose answer only the asker sees, or a subcommand."""

import time
from typing import Any

import structlog
from slack_bolt import Ack, App

from bot.slack.errands import Errands
from bot.slack.intake import Intake
from bot.slack.payloads import SlashCommand
from bot.slack.question_text import question_text
from bot.slack.reply import new_error_id
from bot.slack.response_url import respond
from bot.slack.subcommands.help import HELP
from bot.slack.subcommands.table import Subcommand, Subcommands
from bot.slack.why_blocks import Words
from bot.slack.words import line
from storage.questions import Asked

_log = structlog.get_logger(__name__)

COMMAND = "/lore"


def register(app: App, intake: Intake, bot_user_id: str, subcommands: Subcommands, errands: Errands) -> None:
    """Take in every command with a question, and do what a subcommand says; no words at all get a list of them."""

    @app.command(COMMAND)
    def lore(body: dict[str, Any], ack: Ack) -> None:
        command = SlashCommand.model_validate(body)
        question = question_text(command.text, bot_user_id) or HELP
        if (called := subcommands.called(question)) is not None:
            _call(*called, command, ack)
        else:
            _ask(command, question, ack)

    def _call(subcommand: Subcommand, rest: str, command: SlashCommand, ack: Ack) -> None:
        if subcommand.at_once:
            _acknowledge(ack, _done(subcommand, rest, command))
            return

        def tell() -> None:
            words = _done(subcommand, rest, command)
            if words is not None:
                respond(command.response_url, words.text, words.blocks)

        errands.run(tell)
        ack()

    def _ask(command: SlashCommand, question: str, ack: Ack) -> None:
        many = intake.line.words()
        try:
            taken = intake.take(_asked(command, question, told=many is not None))
        except Exception as error:  # noqa: BLE001 - Slack does not repeat a command: the asker must hear of it now
            error_id = new_error_id()
            _log.error("command.not_taken_in", error_id=error_id, error=f"{type(error).__name__}: {error}")
            _acknowledge(
                ack, line(f"I cannot take questions now. Please try again in a while (error id: `{error_id}`).")
            )
            return
        if taken and many is not None:
            ack(text=many, response_type="ephemeral")
        else:
            ack()


def _done(subcommand: Subcommand, rest: str, command: SlashCommand) -> Words | None:
    try:
        return subcommand.run(command, rest)
    except Exception as error:  # noqa: BLE001 - the outermost layer: the person is told
        error_id = new_error_id()
        _log.error("command.failed", subcommand=subcommand.name, error_id=error_id, exc_info=error)
        return line(f"Something went wrong (error id: `{error_id}`). Please try again in a while.")


def _acknowledge(ack: Ack, words: Words | None) -> None:
    if words is None:
        ack()
    else:
        ack(text=words.text, blocks=words.blocks, response_type="ephemeral")


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
