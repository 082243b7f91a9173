"""Which documents a question may be answered from: what everyone in the place where it was asked may see."""

import threading
import time
from dataclasses import dataclass, field

import structlog
from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code
from storage.document import PUBLIC, Audience
from storage.questions import Asked

_log = structlog.get_logger(__name__)

KEPT_SECONDS = 300.0
_KEPT_AFTER_FAILURE = 30.0
_IN_A_CHANNEL = ("mention", "follow_up", "overheard")


@dataclass
class ChannelNames:
    """The names of channels, asked of Slack and kept for minutes. Safe to share between threads."""

    client: WebClient
    _kept: dict[str, tuple[float, str | None]] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def name(self, channel: str) -> str | None:
        """The channel's name without its #; None if it has none, others than the company see it, or Slack is silent."""
        with self._lock:
            until, name = self._kept.get(channel, (0.0, None))
        if time.monotonic() < until:
            return name
        try:
            found = self.client.conversations_info(channel=channel)["channel"]
            shared = found.get("is_ext_shared") or found.get("is_pending_ext_shared")
            alone = shared or found.get("is_im") or found.get("is_mpim")
            name, seconds = None if alone else found.get("name"), KEPT_SECONDS
        except WIRE_ERRORS as error:
            _log.warning("audience.channel_unknown", channel=channel, error=error_code(error))
            name, seconds = None, _KEPT_AFTER_FAILURE
        with self._lock:
            self._kept[channel] = (time.monotonic() + seconds, name)
        return name


def audience_of(asked: Asked, channels: ChannelNames) -> Audience:
    """What the reply may be made from: everyone's documents, and those of the channel that it stands in."""
    if asked.surface not in _IN_A_CHANNEL:
        return PUBLIC
    name = channels.name(asked.channel)
    return PUBLIC if name is None else PUBLIC | {f"#{name}"}
