"""“Ask Lore about this” in the menu of a message: its question, answered so that only who chose it sees the answer."""

import re
import time
from typing import Any

import structlog
from slack_bolt import Ack, App

from bot.slack.errands import Errands
from bot.slack.intake import Intake
from bot.slack.payloads import MessageShortcut, team_of
from bot.slack.question_text import question_text
from bot.slack.reply import new_error_id
from bot.slack.response_url import respond
from bot.slack.words import line
from storage.questions import Asked

_log = structlog.get_logger(__name__)

CALLBACK = "ask_lore"
"""The shortcut's callback_id in manifest.yaml."""

NO_WORDS = "There are no words in that message that I could look up. Ask me with `/lore` and your question."
OWN_MESSAGE = "I wrote that message. Ask what you want to know more of with `/lore` and your question."

_LONG = 60
"""Words from which on a message is more than its question."""
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")


def register(app: App, intake: Intake, bot_user_id: str, errands: Errands) -> None:
    """Take in the question of every message that the shortcut is chosen on."""

    @app.shortcut(CALLBACK)
    def ask_lore(body: dict[str, Any], ack: Ack) -> None:
        shortcut = MessageShortcut.model_validate(body)
        question = question_in(question_text(shortcut.message.text or "", bot_user_id))
        if shortcut.message.user == bot_user_id:
            _tell(shortcut, OWN_MESSAGE)
        elif not question:
            _tell(shortcut, NO_WORDS)
        else:
            try:
                intake.take(_asked(shortcut, team_of(body), question))
            except Exception as error:  # noqa: BLE001 - Slack does not repeat a shortcut: the person must hear of it
                error_id = new_error_id()
                _log.error("shortcut.not_taken_in", error_id=error_id, error=f"{type(error).__name__}: {error}")
                _tell(shortcut, f"I cannot take questions now. Please try again in a while (error id: `{error_id}`).")
        ack()

    def _tell(shortcut: MessageShortcut, text: str) -> None:
        words = line(text)
        thread_ts = shortcut.message.thread_ts
        errands.run(lambda: respond(shortcut.response_url, words.text, words.blocks, thread_ts=thread_ts))


def question_in(text: str) -> str:
    """What to look up of a message: all of it, or of a long one each question with the sentence before it."""
    if len(text.split()) < _LONG:
        return text
    sentences = [match[0].strip() for match in _SENTENCE.finditer(text) if match[0].strip()]
    asked = [n for n, sentence in enumerate(sentences) if sentence.endswith("?")]
    kept = sorted({each for n in asked for each in (n - 1, n) if each >= 0})
    return " ".join(sentences[n] for n in kept) or text


def _asked(shortcut: MessageShortcut, team: str, question: str) -> Asked:
    # Several people may ask about one message, and one person again: the trigger, which Slack gives once, tells them
    # apart. The answer is shown in the message's thread if it has one: under a message without replies nobody would see
    # it. It is shared in the thread in any case.
    message = shortcut.message
    return Asked(
        surface="shortcut",
        team=team,
        channel=shortcut.channel.id,
        ts=shortcut.trigger_id[-60:],
        user=shortcut.user.id,
        text=question,
        thread_ts=message.thread_ts or message.ts,
        reply_to={"response_url": shortcut.response_url, "at": time.time(), "thread": message.thread_ts},
    )
