"""Notion's rich text as Markdown: emphasis, code, links, formulas, and mentions as the names that people see."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

SITE = "https://www.notion.so"

_MARKED = re.compile(r"([*`\\]|\[(?=[^\[\]]*\]\()|\{(?=[{%#]))")
_BEGINNING = re.compile(r"^([ \t]*)([#>+-]|\d+(?=[.)]))(?=[#.)]*\s)", re.MULTILINE)


def page_address(id: str) -> str:
    """The address of a page or a database by its id, with dashes or without."""
    return f"{SITE}/{id.replace('-', '')}"


def plain(texts: Sequence[Mapping[str, Any]] | None) -> str:
    """The words alone, on one line."""
    return " ".join("".join(str(text.get("plain_text") or "") for text in texts or ()).split())


def rich(texts: Sequence[Mapping[str, Any]] | None) -> str:
    """Rich text as Markdown; its line breaks as Markdown's."""
    markdown = "".join(_piece(text) for text in texts or ()).strip()
    return re.sub(r"[ \t]*\n", "  \n", markdown)


def paragraph(texts: Sequence[Mapping[str, Any]] | None) -> str:
    """Rich text as Markdown paragraphs, where no line begins as a heading or a list does."""
    return _BEGINNING.sub(_escaped_beginning, rich(texts))


def one_line(texts: Sequence[Mapping[str, Any]] | None) -> str:
    """Rich text as Markdown on one line, for headings and cells."""
    return " ".join(rich(texts).split())


def _escaped_beginning(match: re.Match[str]) -> str:
    mark = f"{match[2]}\\" if match[2].isdigit() else f"\\{match[2]}"
    return f"{match[1]}{mark}"


def _piece(text: Mapping[str, Any]) -> str:
    words = str(text.get("plain_text") or "")
    marks = text.get("annotations") or {}
    if text.get("type") == "equation":
        return f"${(text.get('equation') or {}).get('expression') or words}$"
    inner = words.strip()
    if not inner:
        return words
    before, after = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    if marks.get("code"):
        fence = "`" * (max(map(len, re.findall("`+", inner)), default=0) + 1)
        space = " " if inner.startswith("`") or inner.endswith("`") else ""
        inner = f"{fence}{space}{inner}{space}{fence}"
    else:
        inner = _MARKED.sub(r"\\\1", inner)
    for mark, sign in (("strikethrough", "~~"), ("italic", "_"), ("bold", "**")):
        if marks.get(mark):
            inner = f"{sign}{inner}{sign}"
    href = _address(text.get("href"))
    return f"{before}[{inner}]({href}){after}" if href else f"{before}{inner}{after}"


def _address(href: Any) -> str | None:
    """Where a link leads; links within Notion are given without the site."""
    if not href:
        return None
    address = str(href).strip().replace(" ", "%20").replace("(", "%28").replace(")", "%29")
    return f"{SITE}{address}" if address.startswith("/") else address
