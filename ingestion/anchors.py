"""Fragments of URLs that lead to a page's headings, as far as it is known how the place that shows the page makes them.

A fragment that is wrong leads to the top of the page, which is where a link without one leads. Still, none is made up.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingestion.connectors import HeadingIds

MOST_ANCHORS, MOST_CHARACTERS = 2_000, 100_000
"""Of one document; and in all of their headings and fragments."""

_EXPLICIT = re.compile(r"[ \t]*\{(?::[ \t]*)?#(?P<id>[^\s{}]+)[^{}\n]*\}[ \t]*$")
"""A heading's own id at its end, as Kramdown, Pandoc, Docusaurus and others write it."""

_HTML_HEADING = re.compile(r"<h([1-6])\b[^<>]*>(.*?)</h\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_SUFFIX = re.compile(r"\((?:core|starter|premium|ultimate|free|beta|experiment)\b", re.IGNORECASE)
"""What older releases of GitLab leave out of a heading's id, and newer ones do not."""


@dataclass(frozen=True)
class Anchor:
    """A heading's text, and the fragment that leads to it, percent-encoded; it is empty where there is none."""

    heading: str
    fragment: str


def matched(headings: Sequence[str], anchors: Sequence[Anchor]) -> list[str | None]:
    """The fragment for each of a text's headings, in order; None where it is not certain which is its own.

    Headings are compared by their letters and digits: what reads a page may change the rest. Where one stands more or
    less often in the text than on the page, none of them is certain.
    """
    fragments: dict[str, list[str]] = {}
    for anchor in anchors:
        fragments.setdefault(_letters(anchor.heading), []).append(anchor.fragment)
    keys = [_letters(heading) for heading in headings]
    counts, seen = Counter(keys), Counter[str]()
    found: list[str | None] = []
    for key in keys:
        own = fragments.get(key, [])
        found.append((own[seen[key]] or None) if key and len(own) == counts[key] else None)
        seen[key] += 1
    return found


def few_enough(anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    """The first anchors, as many as are kept of one document."""
    kept: list[Anchor] = []
    left = MOST_CHARACTERS
    for anchor in anchors[:MOST_ANCHORS]:
        left -= len(anchor.heading) + len(anchor.fragment)
        if left < 0:
            break
        kept.append(anchor)
    return tuple(kept)


def markdown_anchors(text: str, ids: HeadingIds) -> tuple[Anchor, ...]:
    """The anchors of a Markdown file, without its front matter, in the order of its headings.

    As GitHub and GitLab make them from the headings' words, or, for any other page, those that the file itself names.
    """
    make = {"github": _github, "gitlab": _gitlab}.get(ids)
    if make is not None:
        return _numbered(list(_headings(text)), make)
    if ids != "own":
        return ()
    anchors = []
    for heading in _headings(text):
        explicit = _EXPLICIT.search(heading)
        anchors.append(
            Anchor(heading[: explicit.start()], fragment(explicit["id"])) if explicit else Anchor(heading, "")
        )
    return few_enough(anchors)


def html_anchors(soup: Any) -> tuple[Anchor, ...]:
    """The anchors of an HTML page that BeautifulSoup read, in the order of its headings: by the ids on the page."""
    taken: set[str] = set()
    anchors = []
    for element in soup(["h1", "h2", "h3", "h4", "h5", "h6"]):
        id = _id(element)
        # Of two elements with one id, a browser goes to the first.
        anchors.append(Anchor(" ".join(element.get_text(" ").split()), "" if id in taken else fragment(id)))
        taken.add(id)
    return few_enough(anchors)


def fragment(id: str) -> str:
    """An element's id as a URL's fragment, percent-encoded."""
    return quote(id, safe="-._~!:@/?=+,;", errors="replace")


def _id(heading: Any) -> str:
    """Of a heading, or of what begins with it: its section, or an anchor in it or right before it."""
    if heading.get("id"):
        return str(heading["id"])
    for inner in heading(["a", "span"], limit=3):
        if inner.get("id") or inner.get("name"):
            return str(inner.get("id") or inner["name"])
    before = heading.find_previous_sibling(True)
    if before is None:
        around = heading.parent
        return str(around.get("id") or "") if around is not None and around.name in ("section", "article") else ""
    if before.name == "a" and not before.get_text(strip=True):
        return str(before.get("id") or before.get("name") or "")
    return ""


def _numbered(headings: Sequence[str], make: Callable[[str], str]) -> tuple[Anchor, ...]:
    """An anchor for each heading: the second that would have the same gets `-1`, the next `-2`."""
    seen = Counter[str]()
    anchors = []
    for heading in headings:
        slug = make(heading)
        number = seen[slug]
        seen[slug] += 1
        anchors.append(Anchor(_EXPLICIT.sub("", heading), f"{slug}-{number}" if number and slug else slug))
    # A numbered one can be what another heading is called: who has it then differs from one release to the next.
    counts = Counter(anchor.fragment for anchor in anchors)
    return few_enough(
        [Anchor(one.heading, fragment(one.fragment) if counts[one.fragment] == 1 else "") for one in anchors]
    )


def _github(heading: str) -> str:
    """By the rule of GitHub's own filter: https://github.com/gjtorikian/html-pipeline, `toc_filter.rb`."""
    return "".join(letter for letter in heading.lower() if letter in "- " or _is_word(letter)).replace(" ", "-")


def _gitlab(heading: str) -> str:
    """By the rule of GitLab's `Gitlab::Utils::Markdown`."""
    if _SUFFIX.search(heading):
        return ""
    slug = re.sub("-+", "-", _github(heading.strip()))
    return f"anchor-{slug}" if slug.isdecimal() else slug


def _is_word(letter: str) -> bool:
    """Whether Ruby's `\\p{Word}` has it: letters, marks, decimal digits and what connects words."""
    category = unicodedata.category(letter)
    return category[0] in "LM" or category in ("Nd", "Pc")


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": 60}).enable(["table", "strikethrough"])


def _headings(text: str) -> Iterator[str]:
    """The words of a Markdown file's headings, those in HTML among them, as a page shows them."""
    tokens = _parser().parse(text)
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            yield _shown(tokens[position + 1].children or ())
        elif token.type == "html_block":
            for heading in _HTML_HEADING.finditer(token.content):
                yield " ".join(_TAG.sub("", heading[2]).split())


def _shown(tokens: Sequence[Token]) -> str:
    breaks = {"softbreak": " ", "hardbreak": " "}
    return "".join(
        breaks.get(token.type) or (token.content if token.type in ("text", "code_inline") else "") for token in tokens
    ).strip()
