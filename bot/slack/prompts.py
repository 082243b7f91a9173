"""Questions to suggest: asked in public channels, answered well, and from documents that everyone may see."""

import re
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.members import Members
from bot.slack.sight import Sight
from learning.triplets import question_words
from storage.database import Database
from storage.document import PUBLIC
from storage.tables import utc_now
from storage.visible_documents import DocumentKey, visible_documents
from storage.well_answered import AnsweredInChannel, answered_in_channels

_log = structlog.get_logger(__name__)

MOST = 4
"""What Slack takes: https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts"""
SINCE = timedelta(days=90)
SEVERAL = 2
"""People who asked the same, from which on a question is nobody's own."""
KEPT_SECONDS = 300.0

_LENGTHS = range(10, 151)
_FEWEST_WORDS = 3
# Mentions become “@name” in a question's text. What names a person, an address or a number is not for others.
_PERSONAL = re.compile(r"@|\b\w+://|\d{5,}|\b(?:my|mine)\b", re.IGNORECASE)


@dataclass
class PublicChannels:
    """Which channels everyone in the company can read, asked of Slack and kept for minutes."""

    client: WebClient
    _kept: dict[str, tuple[float, bool]] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def is_public(self, channel: str) -> bool:
        """Whether it is; False where Slack does not say, or where another company is in it."""
        with self._lock:
            until, public = self._kept.get(channel, (0.0, False))
        if time.monotonic() < until:
            return public
        try:
            found = self.client.conversations_info(channel=channel)["channel"]
        except WIRE_ERRORS as error:
            _log.info("channel.unknown", channel=channel, error=error_code(error))
            found = {}
        closed = ("is_private", "is_im", "is_mpim", "is_ext_shared", "is_pending_ext_shared")
        public = bool(found.get("is_channel")) and not any(found.get(kind) for kind in closed)
        with self._lock:
            self._kept[channel] = (time.monotonic() + KEPT_SECONDS, public)
        return public


@dataclass(frozen=True)
class Prompts:
    """Finds questions to suggest. Safe to share between threads."""

    database: Database
    team: str
    channels: PublicChannels
    sight: Sight
    members: Members

    def for_person(self, user: str, channel: str | None = None) -> list[str]:
        """At most MOST questions, the best first; those of the channel that the person looks at before others.

        None for guests, who can read no more channels than they are in.
        """
        if self.members.of(user).is_guest or not self.sight.of_person(self.team, user) & PUBLIC:
            return []
        answered = answered_in_channels(self.database, self.team, utc_now() - SINCE)
        public = [one for one in answered if not is_personal(one.text) and self.channels.is_public(one.channel)]
        cited: set[DocumentKey] = {key for one in public for key in one.cited}
        return suggestions(public, visible_documents(self.database, cited, PUBLIC), channel)


def suggestions(
    answered: Sequence[AnsweredInChannel], everyones: Collection[DocumentKey], channel: str | None
) -> list[str]:
    """Of questions in public channels, those that several people asked, or whose answer has more 👍 than 👎.

    Their latest answers cite only documents of `everyones`. `answered` are the newest first.
    """
    alike: dict[tuple[str, ...], list[AnsweredInChannel]] = {}
    for one in answered:
        alike.setdefault(tuple(question_words(one.text)), []).append(one)
    ranked = []
    for same in alike.values():
        up, down = sum(one.up for one in same), sum(one.down for one in same)
        people = len({one.user for one in same})
        if not same[0].cited or not same[0].cited <= set(everyones) or down > up or not (up or people >= SEVERAL):
            continue
        here = any(one.channel == channel for one in same)
        ranked.append(((here, up - down, people, same[0].asked_at), same[0].text))
    return [text for _, text in sorted(ranked, reverse=True)[:MOST]]


def is_personal(text: str) -> bool:
    """Whether a question may be about somebody, or is too short or too long to suggest it to others."""
    words = text.split()
    plain = len(text) in _LENGTHS and len(words) >= _FEWEST_WORDS and "\n" not in text
    return not plain or _PERSONAL.search(text) is not None
