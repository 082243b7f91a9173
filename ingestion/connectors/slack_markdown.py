"""Slack's own markup as Markdown, and as plain words for a title.

https://docs.slack.dev/messaging/formatting-message-text
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

TITLE_CHARACTERS = 80

_CODE_BLOCK = re.compile(r"[ \t]*```(.+?)```[ \t]*\n?", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_REFERENCE = re.compile(r"<([^<>|\n]+)(?:\|([^<>]*))?>")
_HELD = re.compile("\ue010(\\d+)\ue011")
_MARKERS = re.compile("[\ue010\ue011]")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRUCK = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")
_ITEM = re.compile(r"^([ \t]*)[•◦▪]\ufe0e?[ \t]*", re.MULTILINE)
_QUOTE = re.compile(r"^&gt;(?:&gt;&gt;)?[ \t]?", re.MULTILINE)
_LINE_START = re.compile(r"^([ \t]*)([#=]|-{2,}[ \t]*$|\+(?=\s)|:::)", re.MULTILINE)
_SPECIAL = re.compile(r"[\\*\[\]|]")
_TITLE_MARKUP = re.compile(r"[*~`•◦▪]+|(?<!\w)_|_(?!\w)|:[a-z0-9_+-]+:|^(?:&gt;)+", re.MULTILINE)
_BLOCK_LINE = re.compile(r"[ \t]*(?:[-*>]|\d+[.)])\s")


ChannelName: TypeAlias = Callable[[str], str | None]
"""A channel's name by its id: "" for one that not everyone may know of, None where nothing is known of it."""


@dataclass(frozen=True)
class Names:
    """What stands for a person's id and for a channel's."""

    person: Callable[[str], str]
    channel: ChannelName


@dataclass
class _Held:
    """Pieces of Markdown that are finished, each behind a marker in the text until the rest is."""

    pieces: list[str] = field(default_factory=list)

    def hold(self, piece: str) -> str:
        self.pieces.append(piece)
        return f"\ue010{len(self.pieces) - 1}\ue011"

    def restored(self, text: str) -> str:
        return _HELD.sub(lambda match: self.restored(self.pieces[int(match[1])]), text)


def to_markdown(text: str, names: Names) -> str:
    """A message's text as Markdown, its lines as they are. What means nothing in Slack is escaped where it would in
    Markdown; `&`, `<` and `>` stay the entities that Slack sends, except in code."""
    held = _Held()
    text = _MARKERS.sub("", text)
    text = _CODE_BLOCK.sub(lambda match: f"\n{held.hold(_code_block(match[1]))}\n", text)
    text = _CODE.sub(lambda match: held.hold(f"`{_verbatim(match[1])}`"), text)
    text = _REFERENCE.sub(lambda match: held.hold(_reference(match[1], match[2], names)), text)
    text = _BOLD.sub(lambda match: f"{held.hold('**')}{match[1]}{held.hold('**')}", text)
    text = _STRUCK.sub(lambda match: f"{held.hold('~~')}{match[1]}{held.hold('~~')}", text)
    text = _QUOTE.sub(lambda match: held.hold("> "), text)
    text = _escaped(_ITEM.sub(lambda match: f"{match[1]}{held.hold('- ')}", text))
    return held.restored(_with_line_breaks(text, held)).strip()


def first_words(text: str, channel: ChannelName) -> str:
    """The beginning of a message's text, without markup and without whom it mentions: at most 80 characters."""
    text = _CODE_BLOCK.sub("\n", text)
    text = _REFERENCE.sub(lambda match: _reference_in_title(match[1], match[2], channel), text)
    plain = html.unescape(_TITLE_MARKUP.sub(" ", text))
    lines = [" ".join(line.split()) for line in plain.splitlines()]
    line = next((line for line in lines if re.search(r"\w", line)), "").lstrip(",;:.-–— ")
    line = re.sub(r" (?=[,;:.?!](?:\s|$))", "", line)
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[: TITLE_CHARACTERS - 1].rsplit(" ", 1)[0].rstrip(",;:.- ") + "…"


def _verbatim(code: str) -> str:
    """Code as it was typed: Slack links addresses in it and escapes three characters."""
    return html.unescape(_REFERENCE.sub(lambda match: match[2] or match[1], code))


def _code_block(code: str) -> str:
    return f"```\n{_verbatim(code).strip(chr(10))}\n```"


def _reference(target: str, label: str | None, names: Names) -> str:
    if target[0] == "@":
        return _literal("@" + names.person(target[1:]))
    if target[0] == "#":
        return _literal(_channel(target[1:], label, names.channel))
    if target[0] == "!":
        return _literal(_special_mention(target[1:], label))
    if not label or label == target:
        return f"<{target}>"
    return f"[{_literal(label)}]({html.unescape(target).replace(' ', '%20').replace(')', '%29')})"


def _channel(id: str, label: str | None, name: ChannelName) -> str:
    known = name(id)
    shown = known if known is not None else label  # Slack's own label, for a channel that is not the bot's
    return f"#{shown}" if shown else "a private channel"


def _special_mention(target: str, label: str | None) -> str:
    kind = target.partition("^")[0]
    if kind == "date":
        return label or ""
    return "@" + (label or {"subteam": "group"}.get(kind, kind)).removeprefix("@")


def _reference_in_title(target: str, label: str | None, channel: ChannelName) -> str:
    if target[0] in "@!":
        return " "
    if target[0] == "#":
        return _channel(target[1:], label, channel)
    return label or re.sub(r"^\w+:(?://)?|[/?#].*", "", target)


def _escaped(text: str) -> str:
    return _LINE_START.sub(r"\1\\\2", _literal(text))


def _literal(text: str) -> str:
    # Braces as entities: template tags and attributes are looked for before Markdown's escapes are.
    return _SPECIAL.sub(r"\\\g<0>", text).replace("{", "&#123;")


def _with_line_breaks(text: str, held: _Held) -> str:
    """The lines, each ended as its author ended it. Blocks of Markdown begin after an empty line."""
    lines = re.sub(r"\n{3,}", "\n\n", text).split("\n")
    broken: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        broken.append(line + _break_between(held.restored(line), held.restored(following)))
    return "\n".join(broken)


def _break_between(line: str, below: str) -> str:
    """What a line has to end with, so that the one below begins a line or a block of its own."""
    if not line.strip() or not below.strip():
        return ""
    kinds = {_block_kind(line), _block_kind(below)}
    if kinds == {"text"}:
        return "  "
    return "" if kinds == {"item"} else "\n"


def _block_kind(line: str) -> str:
    return "code" if line.startswith("```") else "item" if _BLOCK_LINE.match(line) else "text"
