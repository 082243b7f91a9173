"""A message as the strictest reading of it in Slack: all that could ping, lead somewhere, act, or be read.

It shares no code with what renders messages. Where Slack's documentation leaves open how it reads a text, all ways are
taken.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

Json = dict[str, Any]

_REFERENCE = re.compile(r"<([^<>]+)>")
_AUTOMATIC = re.compile(
    r"[a-z][a-z0-9+.-]+://[^\s<>|`]+|\bwww\.[^\s<>|`]+|\b(?:mailto|tel|javascript|data|file|slack):[^\s<>|`]+"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+|\b(?:[\w-]+\.)+(?:com|org|net|io|dev|app|co|ai|ru|info|biz)\b[^\s<>|`]*",
    re.IGNORECASE,
)
_PING = re.compile(r"<\s*[@!#]|@(?:channel|here|everyone)\b", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+\.)+[^\W\d_]{2,}")
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\u00ad\ufeff\U000e0000-\U000e01ef]")


@dataclass
class Seen:
    """What was found in a message: pings, links as (text, address), action ids, all words, unseen characters."""

    pings: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    actions: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.words)


def seen_in(blocks: Any, text: str = "") -> Seen:
    """All that is in a message's blocks, at any depth, and in the text of its notification."""
    seen = Seen()
    _mrkdwn({"text": text, "verbatim": True}, seen)
    _walk(blocks, seen)
    return seen


def lies(text: str, address: str) -> bool:
    """Whether a link's text shows another host than the link leads to; the name of a file is none."""
    host = urlsplit(address).hostname or ""
    shown = [match[0].lower() for match in _HOST.finditer(text)]
    return any(
        name.removeprefix("www.") != host.removeprefix("www.")
        for name in shown
        if not re.search(r"\.(?:md|html|docx|pdf|csv|eml|txt|exe)$", name)
    )


def _walk(value: Any, seen: Seen) -> None:
    if isinstance(value, list):
        for each in value:
            _walk(each, seen)
        return
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    seen.kinds |= {kind} if isinstance(kind, str) else set()
    if isinstance(value.get("action_id"), str):
        seen.actions.add(value["action_id"])
    if isinstance(value.get("url"), str):
        seen.links.append((str(value.get("text")), value["url"]))
    if kind == "markdown":
        _markdown(value["text"], seen)
    elif kind == "mrkdwn":
        _mrkdwn(value, seen)
    elif kind == "plain_text":
        seen.words.append(value["text"])
        seen.unseen += _UNSEEN.findall(value["text"])
    for name in ("initial_value", "placeholder", "value"):
        if isinstance(value.get(name), str):
            seen.unseen += _UNSEEN.findall(value[name]) if name == "value" else []
    for name, each in value.items():
        if name != "text" or isinstance(each, dict | list):
            _walk(each, seen)


def _pings(text: str) -> list[str]:
    """As it stands, and with escapes and entities undone, once and twice."""
    once = html.unescape(text)
    readings = (text, text.replace("\\", ""), html.unescape(text.replace("\\", "")), html.unescape(once))
    # What is escaped as Slack asks for it is text: only where something else undoes it does it ping.
    return [match[0] for reading in readings for match in _PING.finditer(reading)]


def _markdown(text: str, seen: Seen) -> None:
    seen.pings += _pings(text)
    seen.unseen += _UNSEEN.findall(text)
    seen.words.append(text)
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    for token in parser.parse(text):
        if token.type == "inline":
            _inline(token.children or [], seen)


def _inline(tokens: list[Token], seen: Seen) -> None:
    href: str | None = None
    label = ""
    run = ""
    for token in [*tokens, Token("end", "", 0)]:
        if token.type == "text":
            label += token.content
            run += token.content
            continue
        if token.type == "code_inline":
            label += token.content
        if href is None:
            seen.links += [(found, found) for found in _AUTOMATIC.findall(run)]
        run = ""
        if token.type == "image":
            seen.links.append((f"image {token.content}", str(token.attrGet("src"))))
        elif token.type == "link_open":
            href, label = str(token.attrGet("href")), ""
        elif token.type == "link_close" and href is not None:
            seen.links.append((label, href))
            href = None


def _mrkdwn(value: Json, seen: Seen) -> None:
    text = str(value["text"])
    seen.words.append(html.unescape(text))
    seen.unseen += _UNSEEN.findall(text)
    for reference in _REFERENCE.findall(text):
        target, _, label = reference.partition("|")
        if target[0] in "@!#":
            seen.pings.append(target)
        else:
            seen.links.append((label or target, target))
    rest = _REFERENCE.sub(" ", text)
    seen.pings += _pings(rest)
    if not value.get("verbatim"):
        seen.links += [(found, found) for found in _AUTOMATIC.findall(rest)]


def same_place(one: str, other: str) -> bool:
    """Whether two addresses are one page's."""
    return _page(one) == _page(other)


def _page(address: str) -> str:
    return unquote(address.partition("#")[0])


def shingles(text: str, count: int = 6) -> Iterator[str]:
    """So many words in a row, in lower case."""
    words = re.findall(r"\w+", text.lower())
    for at in range(len(words) - count + 1):
        yield " ".join(words[at : at + count])
