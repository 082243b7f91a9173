"""What a question stands in: its channel's settings, its thread, and whether it is to be answered aloud."""

from dataclasses import dataclass
from typing import Literal

import structlog

from bot.answering.context import Context
from bot.answering.looks_like_question import looks_like_question
from bot.answering.stand_alone import leans
from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.thread_reader import ReadThread, ThreadReader
from storage.channel_settings import ChannelSettings, ChannelSettingsLog
from storage.questions import Asked
from storage.threads import ThreadLog

_log = structlog.get_logger(__name__)

Manner = Literal["aloud", "if_known", "silent"]
"""Answer in any case, only what the documents hold the answer to, or not at all."""


@dataclass(frozen=True)
class Around:
    """What `Surroundings` finds; `why` says in a sentence why a question is kept silent about. `others_speak` says that
    other people than the asker wrote in the thread."""

    context: Context
    others_speak: bool
    manner: Manner = "aloud"
    why: str = ""


@dataclass(frozen=True)
class Surroundings:
    """Finds what questions stand in. Safe to share between threads."""

    settings: ChannelSettingsLog
    threads: ThreadLog
    reader: ThreadReader

    def of(self, asked: Asked) -> Around:
        """What is around a question now. Raises what Slack's client raises where it has to be known who else speaks."""
        settings = self.settings.of(asked.team, asked.channel)
        thread = self._thread(asked)
        context = Context(thread.turns, thread.is_part, frozenset(settings.sources), settings.language)
        manner, why = self._manner(asked, settings, thread)
        return Around(context, not thread.people <= {asked.user}, manner, why)

    def _thread(self, asked: Asked) -> ReadThread:
        in_thread = asked.thread_ts is not None and asked.thread_ts != asked.ts
        if asked.surface in ("command", "terminal", "overheard"):
            return ReadThread()
        try:
            if asked.thread_ts is not None and in_thread:
                return self.reader.thread(asked.channel, asked.thread_ts, asked.ts)
            if asked.surface == "direct_message" and leans(asked.text):  # most do not, and Slack need not be asked
                return self.reader.direct_message(asked.channel, asked.ts)
        except WIRE_ERRORS as error:
            if asked.surface == "follow_up":
                raise
            _log.warning("context.not_read", channel=asked.channel, error=error_code(error))
        return ReadThread()

    def _manner(self, asked: Asked, settings: ChannelSettings, thread: ReadThread) -> tuple[Manner, str]:
        if asked.surface == "overheard":
            return "if_known", "The documents do not hold the answer."
        if asked.surface != "follow_up" or asked.thread_ts is None:
            return "aloud", ""
        if self.threads.is_stopped(asked.team, asked.channel, asked.thread_ts):
            return "silent", "Lore was told to stop in this thread."
        if thread.people <= {asked.user}:
            return "aloud", ""
        if settings.follow_threads != "always":
            return "silent", "Several people speak in this thread."
        if not looks_like_question(asked.text, alone=False):
            return "silent", "It does not look like a question."
        return "if_known", "The documents do not hold the answer."
