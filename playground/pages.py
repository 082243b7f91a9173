"""Cursor pagination, as Slack's list methods do it. https://docs.slack.dev/apis/web-api/pagination"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from playground.arguments import Arguments
from playground.errors import SlackError

Json = dict[str, Any]
T = TypeVar("T")


def page(items: Sequence[T], arguments: Arguments, *, default: int = 100, most: int = 1000) -> tuple[list[T], Any]:
    """The part of `items` that `limit` and `cursor` ask for, and the response_metadata to go with it."""
    limit = arguments.number("limit", default)
    if not 1 <= limit <= most:
        raise SlackError("invalid_limit")
    start = _decode(arguments.text("cursor"))
    end = start + limit
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return list(items[start:end]), {"next_cursor": cursor}


def page_by_ts(messages: Sequence[Json], arguments: Arguments) -> tuple[list[Json], Any]:
    """The same of messages, the newest first. Their cursors name the next message (`next_ts:1512085861000543`), so that
    what is written or deleted in the meantime shifts nothing."""
    start = _decode(arguments.text("cursor"), "next_ts:")
    left = [message for message in messages if not start or int(message["ts"].replace(".", "")) <= start]
    rest = Arguments({**arguments.values, "cursor": ""})
    shown, _ = page(left, rest)
    following = left[len(shown)]["ts"].replace(".", "") if len(shown) < len(left) else ""
    return shown, {"next_cursor": base64.b64encode(f"next_ts:{following}".encode()).decode() if following else ""}


def _decode(cursor: str, kind: str = "next:") -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix(kind))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None
