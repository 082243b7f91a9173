"""Whom a message would ping: people, groups and whole channels that its text mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>|<!(channel|here|everyone)(?:\|[^>]*)?>|<!subteam\^(\w+)[^>]*>")


def notified(text: str, blocks: list[dict[str, Any]]) -> list[str]:
    """The ids, and `channel`, `here` or `everyone`, that the text or any formatted text of the blocks mentions."""
    texts = [text, *(part for block in blocks for part in _formatted(block))]
    found = [next(filter(None, match.groups())) for part in texts for match in MENTION.finditer(part)]
    return list(dict.fromkeys(found))


def _formatted(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _formatted(part)
    elif isinstance(value, dict):
        text = value.get("text")
        if isinstance(text, str) and value.get("type") in ("markdown", "mrkdwn"):
            yield text
        for part in value.values():
            yield from _formatted(part)
