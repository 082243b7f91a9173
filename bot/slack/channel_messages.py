"""`message` in channels: what is said to Lore without a mention, in a thread with it, or where it answers all."""

from dataclasses import dataclass
from typing import Any

from slack_bolt import App

from bot.answering.looks_like_question import is_small_talk, looks_like_question
from bot.slack.intake import Intake
from bot.slack.payloads import MessageEvent, asked_of
from bot.slack.stopping import Stopping, is_stop
from storage.channel_settings import ChannelSettingsLog
from storage.questions import Asked
from storage.threads import ThreadLog

_CHANNELS = ("channel", "group")


@dataclass(frozen=True)
class Unasked:
    """Tells which messages are for Lore though they do not mention it, from what SQL says: an event must not wait.

    Who else speaks in the thread is asked of Slack when it is answered (bot.slack.surroundings).
    """

    settings: ChannelSettingsLog
    threads: ThreadLog

    def may_follow(self, asked: Asked, thread_ts: str) -> bool:
        """Whether a message in a thread may be a follow-up that Lore answers."""
        follow = self.settings.of(asked.team, asked.channel).follow_threads
        if follow == "never":
            return False
        place = (asked.team, asked.channel, thread_ts)
        part = self.threads.takes_part(*place) if follow == "always" else self.threads.starter(*place) == asked.user
        return part and not self.threads.is_stopped(*place)

    def may_answer(self, asked: Asked) -> bool:
        """Whether a message that is in no thread is a question that Lore answers, if it can."""
        mode = self.settings.of(asked.team, asked.channel).mode
        return mode == "every_question" and looks_like_question(asked.text)


def register(app: App, intake: Intake, unasked: Unasked, stopping: Stopping, bot_user_id: str) -> None:
    """Take in what is said to Lore without a mention; what mentions it comes as `app_mention` too, and is left to that.

    To be registered before what takes in direct messages: the first listener that matches an event has it.
    """

    def is_in_a_channel(event: dict[str, Any]) -> bool:
        return event.get("channel_type") in _CHANNELS

    @app.event("message", matchers=[is_in_a_channel])
    def channel_message(body: dict[str, Any], event: dict[str, Any]) -> None:
        if event.get("subtype") not in (None, "file_share", "thread_broadcast"):
            return
        message = MessageEvent.model_validate(event)
        if not message.is_by_a_person or f"<@{bot_user_id}" in message.text:
            return
        if message.thread_ts is not None and message.thread_ts != message.ts:
            _follow_up(asked_of(message, "follow_up", body, bot_user_id), message.thread_ts)
        elif message.subtype is None:
            asked = asked_of(message, "overheard", body, bot_user_id)
            if unasked.may_answer(asked):
                intake.take(asked)

    def _follow_up(asked: Asked, thread_ts: str) -> None:
        if (is_small_talk(asked.text) and not is_stop(asked.text)) or not unasked.may_follow(asked, thread_ts):
            return
        if not stopping.heard(asked):
            intake.take(asked)
