"""The URLs by which an app answers a command or a button later: five times within thirty minutes.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playground.blocks import check_message_blocks
from playground.errors import SlackError
from playground.messages import Message, Messages
from playground.workspace import BOT_USER_ID, TEAM_ID

Json = dict[str, Any]

USES = 5
SECONDS = 1_800.0


@dataclass(slots=True)
class ResponseUrl:
    """Where an answer goes: to whom, in which channel and thread, about which message."""

    user: str
    channel: str
    thread_ts: str | None
    original_ts: str | None
    opened: float
    uses: int = 0


@dataclass(slots=True)
class ResponseUrls:
    """The response URLs that were given out."""

    messages: Messages
    base_url: str
    clock: Callable[[], float] = time.time
    _urls: dict[str, ResponseUrl] = field(default_factory=dict)

    def new(self, user: str, channel: str, message: Message | None = None, thread_ts: str | None = None) -> str:
        """A URL for the answer to something `user` did in `channel`, on `message` if it was a button of one."""
        path = f"{TEAM_ID}/{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        thread = message.thread_ts if message else thread_ts
        self._urls[path] = ResponseUrl(user, channel, thread, message.ts if message else None, self.clock())
        return f"{self.base_url}/actions/{path}"

    def respond(self, path: str, body: Json) -> None:
        """Does what was posted to a URL. Raises SlackError when it is used up, expired, unknown or malformed."""
        target = self._urls.get(path)
        if target is None:
            raise SlackError("invalid_url", status=404)
        if target.uses >= USES:
            raise SlackError("used_url", status=404)
        if self.clock() - target.opened > SECONDS:
            raise SlackError("expired_url", status=404)
        self.answer(target, body)
        target.uses += 1

    def acknowledge(self, url: str, body: Json) -> None:
        """Does what an acknowledgement's body says; it does not count as a use."""
        self.answer(self._urls[url.removeprefix(f"{self.base_url}/actions/")], body)

    def answer(self, target: ResponseUrl, body: Json) -> None:
        """Deletes or replaces the original, or posts a new message."""
        original = self.messages.find(target.channel, target.original_ts) if target.original_ts else None
        if body.get("delete_original"):
            if original is not None:
                self.messages.delete(original)
            return
        text, blocks = str(body.get("text") or ""), list(body.get("blocks") or [])
        if not text and not blocks and not body.get("attachments"):
            raise SlackError("no_text", status=400)
        try:
            check_message_blocks(blocks)
        except SlackError as error:
            error.status = 400
            raise
        if body.get("replace_original") and original is not None:
            self.messages.edit(original, text=text, blocks=blocks)
            return
        in_channel = body.get("response_type") == "in_channel"
        posted = self.messages.post(
            Message(
                channel=target.channel,
                ts="",
                user=BOT_USER_ID,
                text=text,
                blocks=blocks,
                attachments=list(body.get("attachments") or []),
                thread_ts=body.get("thread_ts") or target.thread_ts,
                by_app=True,
                visible_to=None if in_channel else target.user,
            )
        )
        if target.original_ts is None:
            target.original_ts = posted.ts
