"""One address of a web source, asked for again only as far as it may have changed."""

import hashlib
import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from ingestion.connectors.web_fetch import Answer, Fetcher
from ingestion.connectors.web_links import Signs, header_words, signs_of
from ingestion.connectors.web_memory import Page
from ingestion.connectors.web_robots import Robots
from ingestion.connectors.web_scope import normalized
from ingestion.moments import moment
from ingestion.parse import READABLE_SUFFIXES

LASTMOD_HOLDS = timedelta(days=7)
"""How long a sitemap is believed that a page did not change: some never change what they say."""

LASTMOD_SETTLES = timedelta(days=2)
"""From a page's last change until it is believed: sitemaps tell days, of some time zone, and no hours."""

_JUST_MADE = timedelta(minutes=10)
"""Before it was asked for. Clocks differ by some of that, and what was changed by then is asked for again soon."""

REDIRECTS = (301, 302, 303, 307, 308)
"""Statuses that send one to another address."""

_HTML = {"text/html", "application/xhtml+xml"}
_READABLE = _HTML | {
    "text/plain",
    "text/markdown",
    "text/x-markdown",
    "text/csv",
    "text/tab-separated-values",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_UNSAID = {"", "application/octet-stream", "binary/octet-stream"}
_HTML_SUFFIXES = {".html", ".htm", ".xhtml"}


class LeftOutError(Exception):
    """An address leads to no document; the message says why not."""


@dataclass(frozen=True)
class Reading:
    """What an address answered. `content` is None where it is what it was when it was last asked."""

    page: Page
    content: bytes | None = None


class Reader:
    """Asks for addresses as far as robots.txt lets it, and reads what their answers say of themselves."""

    def __init__(self, fetcher: Fetcher, robots: Robots) -> None:
        self._fetcher = fetcher
        self._robots = robots

    def read(self, url: str, known: Page | None = None, lastmod: str | None = None) -> Reading:
        """What is at a normalized address. `known` is what was there before; `lastmod` is what a sitemap says.

        Raises LeftOutError where there is no page that may be had, and what Fetcher.get raises.
        """
        if not self._robots.allow(url):
            raise LeftOutError("its site's robots.txt does not allow it")
        if known is not None and lastmod is not None and _is_settled(known, lastmod):
            return Reading(known)
        answer = self._fetcher.get(url, _conditions(known), self._robots.delay(url))
        if answer.status == 304 and known is not None:
            return Reading(replace(known, asked=time.time(), lastmod=lastmod))
        if answer.status in REDIRECTS:
            target = normalized(answer.headers.get("location", ""), url)
            if target is None:
                raise LeftOutError("it leads to no address of the web, or to one with a name or password in it")
            return Reading(Page(url, time.time(), leads_to=target))
        if not 200 <= answer.status < 300:
            raise LeftOutError(f"it answered {answer.status}")
        page = _page(answer, lastmod)
        return Reading(page, answer.content if page.document else None)


def _conditions(known: Page | None) -> dict[str, str]:
    if known is None:
        return {}
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _is_settled(known: Page, lastmod: str) -> bool:
    """Whether a page that a sitemap says was not changed since it was asked for need not be asked for."""
    if known.lastmod != lastmod or known.leads_to is not None:
        return False
    asked = datetime.fromtimestamp(known.asked, UTC)
    try:
        changed = datetime.fromisoformat(lastmod)
    except ValueError:
        return False
    changed = changed if changed.tzinfo else changed.replace(tzinfo=UTC)
    return changed + LASTMOD_SETTLES < asked and datetime.now(UTC) < asked + LASTMOD_HOLDS


def _page(answer: Answer, lastmod: str | None) -> Page:
    headers = answer.headers
    media_type = headers.get("content-type", "")
    kind = media_type.partition(";")[0].strip().lower()
    signs = Signs()
    if kind in _HTML:
        charset = re.search(r"charset\s*=\s*[\"']?([\w:-]+)", media_type, re.IGNORECASE)
        signs = signs_of(answer.content, charset[1] if charset else None, answer.url)
    leads_to = signs.leads_to if signs.leads_to != answer.url else None  # one that is the same reloads itself
    asks = header_words(headers.get_list("x-robots-tag"))
    readable = kind in _READABLE or (kind in _UNSAID and _suffix(answer.url) in READABLE_SUFFIXES)
    return Page(
        url=answer.url,
        asked=time.time(),
        leads_to=leads_to,
        document=readable and leads_to is None and not signs.noindex and "noindex" not in asks,
        title=signs.title or _last_part(answer.url),
        media_type=media_type or None,
        revision=hashlib.sha256(answer.content).hexdigest(),
        canonical=signs.canonical or _canonical_of(answer),
        links=() if "nofollow" in asks else signs.links,
        etag=headers.get("etag"),
        last_modified=headers.get("last-modified"),
        lastmod=lastmod,
    )


def _canonical_of(answer: Answer) -> str | None:
    """What a `Link` header says: a PDF can say it nowhere else."""
    for link in re.split(r",\s*(?=<)", answer.headers.get("link", "")):
        match = re.match(r"\s*<([^>]*)>(.*)", link)
        if match and re.search(r"""\brel\s*=\s*["']?canonical\b""", match[2], re.IGNORECASE):
            return normalized(match[1], answer.url)
    return None


def changed_at(page: Page) -> datetime | None:
    """When the page was last changed, as its site's sitemap says, or else its server.

    A server that makes a page whenever it is asked for it often says that it was changed just then, which says nothing.
    """
    listed, told = moment(page.lastmod), moment(page.last_modified)
    if told is not None and told.timestamp() > page.asked - _JUST_MADE.total_seconds():
        told = None
    return listed or told


def file_name(page: Page) -> str:
    """A file's name for a page's content, whose suffix is that of its kind: `/manual.pdf` may well be an HTML page."""
    name = PurePosixPath(unquote(urlsplit(page.url).path)).name or "index"
    is_html = (page.media_type or "").partition(";")[0].strip().lower() in _HTML
    return f"{name}.html" if is_html and _suffix(page.url) not in _HTML_SUFFIXES else name


def _suffix(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).suffix.lower()


def _last_part(url: str) -> str:
    parts = urlsplit(url)
    name = PurePosixPath(unquote(parts.path)).stem
    words = re.sub(r"[-_\s]+", " ", name).strip() or parts.netloc
    return words[:1].upper() + words[1:]
