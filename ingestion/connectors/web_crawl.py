"""One listing of a web source: from its start pages along links, and through its sitemaps."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import structlog

from ingestion.connectors import ConnectorError
from ingestion.connectors.web_addresses import AddressRefusedError
from ingestion.connectors.web_fetch import TooLargeError, UnavailableError
from ingestion.connectors.web_memory import OpenMemory, Page
from ingestion.connectors.web_reader import LeftOutError, Reader
from ingestion.connectors.web_scope import Scope, host_and_port

log = structlog.get_logger()

MOST_HOPS = 5
"""From one address to the next, by redirects, on the way to a page."""

MOST_FAILURES_IN_A_ROW = 10
"""Of one host, after which it is down, and not some of its pages are broken."""

_UNREADABLE_SUFFIXES = frozenset(
    """.7z .apk .atom .avi .avif .bin .bmp .bz2 .css .deb .dmg .doc .eot .epub .exe .flac .gif .gz .ico .ics .iso .jar
    .jpeg .jpg .js .json .m4a .m4v .map .mkv .mov .mp3 .mp4 .mpeg .msi .odp .ods .odt .ogg .ogv .otf .png .ppt .ps .rar
    .rpm .rss .svg .tar .tgz .tif .tiff .ttf .wasm .wav .webm .webmanifest .webp .wmv .woff .woff2 .xls .xml .xz .zip
    """.split()
)
"""Of files that hold no text that can be read: not asked for, as far as their names tell."""


class _ReadAlreadyError(LeftOutError):
    """An address leads to a page that another one led to before."""


class Crawl:
    """Asks for addresses, each once, and finds the documents that they lead to.

    `documents` are those by their address; `broken` are addresses that could not be read now and never were before,
    with the reason.
    """

    def __init__(self, scope: Scope, reader: Reader, memory: OpenMemory, depth: int, most_pages: int) -> None:
        self.documents: dict[str, Page] = {}
        self.broken: dict[str, str] = {}
        self._scope = scope
        self._reader = reader
        self._memory = memory
        self._depth = depth
        self._most_pages = most_pages
        self._asked: set[str] = set()
        self._failures_in_a_row: Counter[str] = Counter()

    def run(self, starts: Iterable[str], listed: Mapping[str, str | None]) -> None:
        """Follow links from the start pages, then read the pages that sitemaps list, with the lastmod of each.

        Raises ConnectorError where a start page leads to none, or where a site seems to be down.
        """
        found = deque((url, 1) for start in starts for url in self._start(start, listed))
        met: set[str] = set()
        while found:
            url, depth = found.popleft()
            if depth <= self._depth and url not in met and self._is_new(url):
                met.add(url)
                if self._is_full(url):
                    return
                links = self._links(url, listed.get(url))
                if depth < self._depth:
                    found.extend((link, depth + 1) for link in links if link not in met)
        for url, lastmod in listed.items():
            if self._is_new(url):
                if self._is_full(url):
                    return
                self._links(url, lastmod)

    def _is_new(self, url: str) -> bool:
        return url not in self._asked and _may_be_readable(url) and self._scope.wants(url)

    def _is_full(self, url: str) -> bool:
        if len(self._asked) < self._most_pages:
            return False
        log.warning("more pages than most_pages", most_pages=self._most_pages, left_out_from=url)
        return True

    def _start(self, url: str, listed: Mapping[str, str | None]) -> Iterable[str]:
        if url in self._asked:
            return ()
        try:
            return self._kept(self._found(url, listed.get(url), has_to_answer=True))
        except _ReadAlreadyError:
            return ()
        except LeftOutError as reason:
            raise ConnectorError(
                f"The start page {url} cannot be read, because {reason}: correct `urls` in lore.toml, or mend the site."
            ) from None

    def _links(self, url: str, lastmod: str | None) -> Iterable[str]:
        """Ask for an address, keep the document that it leads to, and return the links on it."""
        try:
            return self._kept(self._found(url, lastmod))
        except (LeftOutError, AddressRefusedError) as reason:
            log.debug("page left out", url=url, reason=str(reason))
        except (UnavailableError, TooLargeError) as error:
            log.warning("page cannot be read", url=url, reason=str(error))
            self.broken[url] = str(error)
        return ()

    def _kept(self, page: Page) -> Iterable[str]:
        page = self._canonical(page)
        if page.document and self._scope.wants(page.url):
            self.documents[page.url] = replace(page, links=())  # they would be most of what a listing takes
        return page.links

    def _found(self, url: str, lastmod: str | None = None, has_to_answer: bool = False) -> Page:
        """The page that an address leads to. Raises LeftOutError where that is none, or one that is known already."""
        on_the_way: list[str] = []
        for _ in range(MOST_HOPS + 1):
            on_the_way.append(url)
            self._asked.add(url)
            page = self._read(url, lastmod, has_to_answer)
            if page.leads_to is None:
                return page
            if not self._scope.reaches(page.leads_to):
                raise LeftOutError(f"it leads to {page.leads_to}, which is none of the source's hosts or is excluded")
            url, lastmod = page.leads_to, None
            if url in on_the_way:
                raise LeftOutError(f"it leads in a circle, from {url} back to it")
            if url in self._asked:
                raise _ReadAlreadyError(f"it leads to {url}, which was read already")
        raise LeftOutError(f"it leads on more than {MOST_HOPS} times")

    def _canonical(self, page: Page) -> Page:
        """The page under the address that it wants to be known by, where there is such a page; else the page itself."""
        for _ in range(MOST_HOPS):
            url = page.canonical
            if url is None or url == page.url or not self._scope.wants(url):
                break
            if url in self._asked:
                return self.documents.get(url, page)
            try:
                found = self._found(url)
            except (LeftOutError, UnavailableError, TooLargeError, AddressRefusedError):
                break
            if not found.document:
                break
            page = found
        return page

    def _read(self, url: str, lastmod: str | None, has_to_answer: bool) -> Page:
        """What an address answers; where it cannot now and need not, what it answered before: it is not gone."""
        known, host = self._memory.page(url), host_and_port(url)
        try:
            reading = self._reader.read(url, known, lastmod)
        except (LeftOutError, TooLargeError):
            self._failures_in_a_row[host] = 0
            raise
        except UnavailableError as error:
            self._failures_in_a_row[host] += 1
            if self._failures_in_a_row[host] >= MOST_FAILURES_IN_A_ROW:
                raise ConnectorError(
                    f"{MOST_FAILURES_IN_A_ROW} pages in a row could not be had from {host}, the last because: {error} "
                    "Sync again when it is up, or exclude it where it is gone for good."
                ) from error
            if known is None or has_to_answer:
                raise
            log.warning("page is kept as it was", url=url, reason=str(error))
            self._memory.remember(known)
            return known
        self._failures_in_a_row[host] = 0
        is_new = known is None or known.revision != reading.page.revision
        self._memory.remember(reading.page, reading.content if is_new else None)
        return reading.page


def _may_be_readable(url: str) -> bool:
    return PurePosixPath(urlsplit(url).path).suffix.lower() not in _UNREADABLE_SUFFIXES
