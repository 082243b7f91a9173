"""Cursor pagination, as Slack's list methods do it. https://docs.slack.dev/apis/web-api/pagination"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from playground.arguments import Arguments
from playground.errors import SlackError

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


def _decode(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None
