"""Pages of web sites, found along links and in sitemaps."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.web_addresses import AddressRefusedError
from ingestion.connectors.web_crawl import MOST_HOPS, Crawl
from ingestion.connectors.web_fetch import Answer, Fetcher
from ingestion.connectors.web_memory import Memory, OpenMemory, Page
from ingestion.connectors.web_reader import REDIRECTS, LeftOutError, Reader, changed_at, file_name
from ingestion.connectors.web_robots import Robots
from ingestion.connectors.web_scope import (
    Hosts,
    Scope,
    address_patterns,
    host_and_port,
    names_port,
    normalized,
    with_and_without_www,
)
from ingestion.connectors.web_sitemaps import MOST_BYTES, entries


class WebConnector:
    """The readable pages that `urls` lead to within `depth` clicks, and those that `sitemaps` list.

    `sitemaps` are addresses, or true for those that the robots.txt of the sites of `urls` name. `hosts` are where pages
    may be besides those of `urls` and `sitemaps`: `host` or `host:port`, with `*` for any characters of a name.
    `include` and `exclude` are patterns of what follows the host in an address, or with `://` of whole addresses, in
    which `*` is anything. `most_pages` is the most addresses that are asked for in one listing.

    `allow_private` lets hosts be at addresses that are not of the public internet: true, or the hosts that may.
    `state` is a folder to remember pages in from one listing to the next.
    """

    def __init__(
        self,
        state: Path,
        urls: Sequence[str] | str = (),
        sitemaps: Sequence[str] | str | bool = (),
        depth: int = 5,
        hosts: Sequence[str] | str = (),
        include: Sequence[str] | str = (),
        exclude: Sequence[str] | str = (),
        most_pages: int = 2_000,
        allow_private: Sequence[str] | str | bool = False,
        seconds_between_requests: float = 1.0,
        seconds_per_page: float = 60.0,
        max_megabytes: float = 20.0,
    ) -> None:
        self._starts = [_address(url, "urls") for url in _several(urls)]
        self._sitemaps_by_robots = sitemaps is True
        self._sitemaps = [] if isinstance(sitemaps, bool) else [_address(url, "sitemaps") for url in _several(sitemaps)]
        if not self._starts and not self._sitemaps:
            raise ValueError("it has no pages to begin with: set `urls`, or the addresses of `sitemaps`")
        if depth < 0 or most_pages < 1 or min(seconds_per_page, max_megabytes) <= 0 or seconds_between_requests < 0:
            raise ValueError("a number in it is too small: only `depth` and `seconds_between_requests` may be 0")
        self._hosts = Hosts([*_several(hosts), *with_and_without_www([*self._starts, *self._sitemaps])])
        self._scope = Scope(self._hosts, address_patterns(include), address_patterns(exclude))
        self._depth = depth
        self._most_pages = most_pages
        self._memory = Memory(state)
        self._broken: dict[str, str] = {}
        self._fetcher = Fetcher(
            _may_be_private(allow_private), seconds_between_requests, seconds_per_page, int(max_megabytes * 1_000_000)
        )

    def list(self) -> Iterator[DocumentRef]:
        """Every page, after all of them were asked for whether they changed.

        A page that cannot be had now is listed as it was before. Raises ConnectorError where a start page or a sitemap
        cannot be read, and where the site seems to be down.
        """
        with self._memory.opened() as memory:
            memory.begin()
            robots = Robots(self._followed, memory)
            crawl = Crawl(self._scope, Reader(self._fetcher, robots), memory, self._depth, self._most_pages)
            sitemaps = [*self._sitemaps, *(self._named_by_robots(robots) if self._sitemaps_by_robots else ())]
            in_sitemaps: dict[str, str | None] = {}
            for entry in entries(sitemaps, lambda url: self._sitemap(url, robots)):
                if self._scope.wants(entry.url) and len(in_sitemaps) <= self._most_pages:
                    in_sitemaps[entry.url] = entry.lastmod
            crawl.run(self._starts, in_sitemaps)
            memory.end()
        self._broken = {url: error for url, error in crawl.broken.items() if url not in crawl.documents}
        for page in crawl.documents.values():
            yield DocumentRef(page.url, page.url, page.title, page.revision, changed_at=changed_at(page))
        for url in self._broken:
            yield DocumentRef(url, url, url, revision="")

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The page's content: that which was listed where it is still kept, else what there is now."""
        if ref.id in self._broken:
            raise ConnectorError(self._broken[ref.id])
        with self._memory.opened() as memory:
            page, content = memory.page(ref.id), memory.take(ref.id)
            if page is None or content is None:
                page, content = self._read_again(ref.id, memory)
        return RawDocument(content, file_name(page), page.media_type, "own")

    def _read_again(self, url: str, memory: OpenMemory) -> tuple[Page, bytes]:
        try:
            reading = Reader(self._fetcher, Robots(self._followed, memory)).read(url)
        except LeftOutError as reason:
            raise ConnectorError(
                f"{url} is no longer to be had, because {reason}: the next sync will notice."
            ) from None
        if reading.content is None or reading.page.leads_to is not None:
            raise ConnectorError(f"{url} was changed after it was listed: the next sync will notice.")
        return reading.page, reading.content

    def _named_by_robots(self, robots: Robots) -> Iterator[str]:
        for start in self._starts:
            named = [url for url in map(normalized, robots.sitemaps(start)) if url is not None]
            if not named:
                raise ConnectorError(
                    f"The robots.txt of {start} names no sitemaps: set `sitemaps` to addresses, or leave it out."
                )
            yield from named

    def _sitemap(self, url: str, robots: Robots) -> Answer:
        if not robots.allow(url):
            raise ConnectorError(f"The sitemap {url} is forbidden by its site's robots.txt: allow it there for Lore.")
        return self._followed(url, MOST_BYTES)

    def _followed(self, url: str, most_bytes: int | None = None) -> Answer:
        """What robots.txt or a sitemap answers, after redirects: it may be on any host, and on no port but its own."""
        for _ in range(MOST_HOPS + 1):
            if names_port(url) and host_and_port(url) not in self._hosts:
                raise AddressRefusedError(f"{url} is on a port of its own: name it in `hosts` if Lore is to read it.")
            answer = self._fetcher.get(url, most_bytes=most_bytes)
            target = normalized(answer.headers.get("location", ""), url)
            if answer.status not in REDIRECTS or target is None:
                break
            url = target
        return answer


def _several(values: Sequence[str] | str) -> Sequence[str]:
    return [values] if isinstance(values, str) else values


def _address(url: str, key: str) -> str:
    address = normalized(url)
    if address is None:
        raise ValueError(f"`{key}` has an address that is none of http:// or https://, or has a user's name in it")
    return address


def _may_be_private(allowed: Sequence[str] | str | bool) -> Callable[[str], bool]:
    if isinstance(allowed, bool):
        return lambda host: allowed
    hosts = Hosts(_several(allowed))
    return lambda host: host in hosts or f"[{host}]" in hosts
