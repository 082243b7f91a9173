"""“stop”, said in a thread to Lore, ends its answers there; a mention starts them again."""

import re
from dataclasses import dataclass

import structlog
from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.errands import Errands
from storage.questions import Asked
from storage.threads import ThreadLog

_log = structlog.get_logger(__name__)

STOPPED = "I will stay out of this thread from now on. Mention me, and I answer here again."

_STOP = re.compile(
    r"\W*(?:please\s+)?(?:stop|stopp|stop it|stop that|stop answering|be quiet|halt)"
    r"(?:\s+(?:please|now|lore|bitte))?\W*",
    re.IGNORECASE,
)


def is_stop(text: str) -> bool:
    """Whether a message tells Lore to stop, and nothing else."""
    return _STOP.fullmatch(text) is not None


@dataclass(frozen=True)
class Stopping:
    """Ends and resumes answers in threads, and remembers it. `client` gives up soon."""

    threads: ThreadLog
    client: WebClient
    errands: Errands

    def heard(self, asked: Asked) -> bool:
        """Whether this was no question but the word to stop, which is heeded then. Raises what the database raises."""
        thread_ts = asked.thread_ts
        if thread_ts is None or not is_stop(asked.text):
            return False
        if self.threads.stop(asked.team, asked.channel, thread_ts, asked.user):
            self.errands.run(lambda: self._tell(asked, thread_ts))
        return True

    def resume(self, asked: Asked) -> None:
        """Lore was mentioned: in its thread it answers again."""
        if asked.thread_ts is not None:
            self.threads.resume(asked.team, asked.channel, asked.thread_ts)

    def _tell(self, asked: Asked, thread_ts: str) -> None:
        try:
            self.client.chat_postEphemeral(channel=asked.channel, user=asked.user, thread_ts=thread_ts, text=STOPPED)
        except WIRE_ERRORS as error:
            _log.info("stop.not_confirmed", channel=asked.channel, error=error_code(error))
