"""A Slack message as plain Markdown, for a terminal."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

REFERENCE = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
STRUCK = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")


def message_markdown(message: Json, names: Mapping[str, str]) -> str:
    """The Markdown of a message: its blocks, or its text when it has none. `names` gives the names behind ids."""
    blocks = [block for block in message.get("blocks", []) if block.get("type") != "rich_text"]
    if not blocks:
        return mrkdwn_markdown(message.get("text", ""), names)
    return "\n\n".join(part for part in (block_markdown(block, names) for block in blocks) if part)


def block_markdown(block: Json, names: Mapping[str, str]) -> str:
    """The Markdown of one block; blocks with nothing to read give an empty string."""
    kind = block.get("type")
    if kind == "markdown":
        return str(block["text"])
    if kind == "header":
        return f"### {block['text']['text']}"
    if kind == "divider":
        return "---"
    if kind == "section":
        parts = [block["text"]] if block.get("text") else []
        return "\n\n".join(text_markdown(part, names) for part in [*parts, *block.get("fields", [])])
    if kind == "context":
        return " · ".join(text_markdown(part, names) for part in block["elements"] if "text" in part)
    if kind == "image":
        return f"*[{block['alt_text']}]*"
    if kind in ("actions", "context_actions"):
        return " ".join(f"`[ {label} ]`" for element in block["elements"] for label in labels(element))
    return ""


def labels(element: Json) -> list[str]:
    """What is written on the buttons of an element."""
    if element["type"] == "feedback_buttons":
        return [element[side]["text"]["text"] for side in ("positive_button", "negative_button")]
    text = element.get("text") or element.get("placeholder") or {}
    return [text["text"]] if text.get("text") else []


def text_markdown(text: Json, names: Mapping[str, str]) -> str:
    """The Markdown of a text object."""
    return mrkdwn_markdown(text["text"], names) if text["type"] == "mrkdwn" else str(text["text"])


def mrkdwn_markdown(text: str, names: Mapping[str, str]) -> str:
    """Slack's own markup as Markdown. https://docs.slack.dev/messaging/formatting-message-text"""
    text = BOLD.sub(r"**\1**", text)
    text = STRUCK.sub(r"~~\1~~", text)
    text = REFERENCE.sub(lambda match: _reference(match[1], match[2], names), text)
    return html.unescape(text).replace("\n", "  \n")


def _reference(target: str, label: str | None, names: Mapping[str, str]) -> str:
    if target[0] == "@":
        return "@" + names.get(target[1:], label or target[1:])
    if target[0] == "#":
        return "#" + (label or names.get(target[1:], target[1:]))
    if target[0] == "!":
        return "@" + (label or target[1:].partition("^")[0]).removeprefix("@")
    return f"[{label}]({target})" if label else f"<{target}>"
