"""What an HTML page says to those who crawl it: where it leads, what its address is, and what it wants left alone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ingestion.connectors.web_scope import normalized
from ingestion.encoding import NotTextError, decode

_OURS = "lore"
"""What pages call us that have a word for us alone, in `<meta name="lore">` and `X-Robots-Tag: lore: …`."""

_MOST_REFRESH_SECONDS = 5
"""After which a page that leads on by itself is one to read all the same."""

MOST_LINKS = 10_000
"""Of one page."""


@dataclass(frozen=True)
class Signs:
    """A page's title (or ""), and the normalized addresses it names: the one it wants to be known by, the one it sends
    its visitors on to, and those it links to and lets be followed. `noindex`: it asks not to be found."""

    title: str = ""
    canonical: str | None = None
    leads_to: str | None = None
    links: tuple[str, ...] = ()
    noindex: bool = False


def signs_of(content: bytes, charset: str | None, url: str) -> Signs:
    """The signs of the HTML page at `url`; none where it is no text."""
    from lxml import etree, html

    try:
        text = decode(content, charset)
    except NotTextError:
        return Signs()
    # A declared encoding is that of the bytes, and these are decoded.
    parser = html.HTMLParser(encoding="utf-8", huge_tree=False, no_network=True)
    try:
        page = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return Signs()
    base = normalized(_first(page.xpath("//base/@href")) or url, url) or url
    asks = robots_words((meta.get("name", ""), meta.get("content", "")) for meta in page.iter("meta"))
    title = " ".join(_first(page.xpath("string((//title)[1])")).split()) or " ".join(
        _first(page.xpath("string((//h1)[1])")).split()
    )
    canonical = _first(
        link.get("href") for link in page.iter("link") if "canonical" in _words(link.get("rel")) and link.get("href")
    )
    links = (
        normalized(link.get("href"), base)
        for link in page.iter("a", "area")
        if link.get("href") and "nofollow" not in _words(link.get("rel"))
    )
    return Signs(
        title,
        normalized(canonical, base) if canonical else None,
        _refresh(page, base),
        () if "nofollow" in asks else tuple(dict.fromkeys(link for link in links if link is not None))[:MOST_LINKS],
        "noindex" in asks,
    )


def robots_words(tags: Iterable[tuple[str, str]]) -> frozenset[str]:
    """What `<meta>` tags of these names and contents ask of robots: "noindex", "nofollow"."""
    words: set[str] = set()
    for name, content in tags:
        if name.strip().lower() in ("robots", _OURS):
            words.update(_words(content.replace(",", " ")))
    if "none" in words:
        words |= {"noindex", "nofollow"}
    return frozenset(words & {"noindex", "nofollow"})


def header_words(headers: Iterable[str]) -> frozenset[str]:
    """The same of `X-Robots-Tag` headers, in which a robot's name may stand before a colon."""
    tags: list[tuple[str, str]] = []
    for header in headers:
        name = "robots"
        for part in header.split(","):
            before, colon, rest = part.partition(":")
            # `unavailable_after: <date>` and `max-snippet: 3` are wishes with a value, and no robot's.
            if colon and not re.fullmatch(r"\s*(unavailable_after|max-[\w-]+)\s*", before, re.IGNORECASE):
                name, part = before, rest
            tags.append((name, part))
    return robots_words(tags)


def _refresh(page: Any, base: str) -> str | None:
    for meta in page.xpath("//meta[not(ancestor::noscript)]"):
        if meta.get("http-equiv", "").strip().lower() == "refresh":
            match = re.match(r"\s*(\d+)[\d.]*\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", meta.get("content", ""), re.I)
            if match and int(match[1]) <= _MOST_REFRESH_SECONDS:
                return normalized(match[2], base)
    return None


def _words(value: str | None) -> list[str]:
    return (value or "").lower().split()


def _first(found: object) -> str:
    if isinstance(found, str):
        return found
    return str(next(iter(found), "") or "") if isinstance(found, Iterable) else ""
