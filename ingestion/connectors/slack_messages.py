"""What of Slack's messages becomes a document: which count, how a thread reads, and when it has changed."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ingestion.connectors.slack_markdown import Names, to_markdown
from ingestion.moments import moment

Json = dict[str, Any]

REREAD_DAYS = 30
"""A quiet thread is read again this often, each on a day of its own: an edited reply shows nowhere else."""

_SAID = frozenset({None, "", "bot_message", "file_share", "me_message", "thread_broadcast"})
"""The subtypes of what people and apps say; the others tell of joins, topics, deletions and the like."""


@dataclass(frozen=True)
class Counted:
    """Which messages count: not the bot's own, nor what is said to it, nor, without `bots`, what other apps say."""

    bot_user_id: str
    bot_id: str
    bots: bool

    def __call__(self, message: Json) -> bool:
        if message.get("subtype") not in _SAID or message.get("hidden") or message.get("is_ephemeral"):
            return False
        if message.get("user") == self.bot_user_id or message.get("bot_id") == self.bot_id:
            return False
        if f"<@{self.bot_user_id}>" in text_of(message):
            return False
        return self.bots or not (message.get("bot_id") or message.get("subtype") == "bot_message")

    def has_replies(self, message: Json) -> bool:
        """Whether others than the bot itself have replied, as far as the thread's first message tells."""
        users = set(message.get("reply_users") or ())  # Slack names a bot by either of its ids, and five at most
        all_named = int(message.get("reply_users_count") or len(users)) <= len(users)
        only_bot = bool(users) and users <= {self.bot_user_id, self.bot_id} and all_named
        return int(message.get("reply_count") or 0) > 0 and not only_bot


def text_of(message: Json) -> str:
    """The message's text, or, of an app's that has none, what its attachments say."""
    text = str(message.get("text") or "")
    if text or not message.get("bot_id"):
        return text
    said = (attachment.get("text") or attachment.get("fallback") for attachment in message.get("attachments") or ())
    return "\n".join(str(part) for part in said if part)


def revision(first: Json, replies: Iterable[Json] | None, today: int) -> str:
    """Changes when the document does. `replies` are those that count, None where they were not read: then their number
    and the latest stand for them, and the day (`today` counts from 1970) for what these do not tell."""
    if replies is not None:
        return _digest([_said(first), *map(_said, replies)])
    thread = [first.get("reply_count") or 0, first.get("latest_reply")]
    turn = (today + zlib.crc32(str(first["ts"]).encode())) // REREAD_DAYS if thread[0] else 0
    return f"{_digest([_said(first), thread])}-{turn}"


def latest(first: Json) -> datetime | None:
    """When the newest message of a thread was written, or its first one was edited, by what its first tells."""
    told = (first.get("ts"), first.get("latest_reply"), (first.get("edited") or {}).get("ts"))
    return max(filter(None, map(moment, told)), default=None)


def thread_markdown(messages: Sequence[Json], names: Names) -> str:
    """The messages below each other, each speaker named with the day where another one begins to speak."""
    parts: list[str] = []
    before: tuple[str, str] | None = None
    for message in messages:
        body = _body(message, names)
        speaker = (_speaker(message, names), _day(message))
        if body and speaker != before:
            parts.append(f"**{speaker[0]}**, {speaker[1]}:")
            before = speaker
        parts += [body] if body else []
    return "\n\n".join(parts)


def _body(message: Json, names: Names) -> str:
    files = ", ".join(_file_names(message))
    text = to_markdown(text_of(message), names)
    return "\n\n".join(part for part in (text, to_markdown(f"Files: {files}", names) if files else "") if part)


def _speaker(message: Json, names: Names) -> str:
    profile = message.get("bot_profile") or {}
    app = message.get("username") or profile.get("name") if message.get("bot_id") else None
    name = str(app) if app else names.person(str(message["user"])) if message.get("user") else "someone"
    return to_markdown(name.replace("<", "").replace(">", ""), names)


def _day(message: Json) -> str:
    return datetime.fromtimestamp(float(message["ts"]), UTC).date().isoformat()


def _file_names(message: Json) -> list[str]:
    files = message.get("files") or ()
    return [
        str(file.get("name") or file["title"])
        for file in files
        if (file.get("name") or file.get("title")) and file.get("mode") not in ("tombstone", "hidden_by_limit")
    ]


def _said(message: Json) -> list[object]:
    return [message.get("ts"), message.get("user"), text_of(message), _file_names(message)]


def _digest(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
