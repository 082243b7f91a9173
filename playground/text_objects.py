"""Block Kit's text objects and the words in which Slack complains about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def at(where: str, problem: str) -> str:
    """A complaint with the place it is about, as Slack writes it."""
    return f"{problem} [json-pointer:{where}]"


def limit_problem(value: Any, most: int, where: str) -> Iterator[str]:
    """A complaint when `value` is no string or has more than `most` characters."""
    if not isinstance(value, str):
        yield at(where, "must be a string")
    elif len(value) > most:
        yield at(where, f"must be less than {most + 1} characters")


def text_problems(value: Any, most: int, where: str, *, plain_only: bool = False) -> Iterator[str]:
    """Complaints about a text object: its type, its emptiness, its length."""
    if not isinstance(value, dict):
        yield at(where, "missing required field: text")
        return
    allowed = ("plain_text",) if plain_only else ("plain_text", "mrkdwn")
    if value.get("type") not in allowed:
        yield at(f"{where}/type", f"unsupported type: {value.get('type')}")
    text = value.get("text")
    if not isinstance(text, str) or not text:
        yield at(f"{where}/text", "must be more than 0 characters")
    else:
        yield from limit_problem(text, most, f"{where}/text")
