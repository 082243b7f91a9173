"""The addresses that a site's sitemaps list: https://www.sitemaps.org/protocol.html."""

import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ingestion.connectors import ConnectorError
from ingestion.connectors.web_fetch import Answer, gunzipped
from ingestion.connectors.web_scope import normalized

MOST_BYTES = 52_428_800
"""Of a sitemap, uncompressed, by the protocol."""

MOST_SITEMAPS = 1_000
"""That are read for one listing. Together they can name 50 million pages."""


@dataclass(frozen=True)
class Entry:
    """A page in a sitemap: its normalized address, and when it was last changed, as the sitemap says it."""

    url: str
    lastmod: str | None = None


def entries(sitemaps: Sequence[str], get: Callable[[str], Answer]) -> Iterator[Entry]:
    """The pages in these sitemaps and those that they name, each sitemap read once.

    `get` answers for an address and follows redirects. Raises ConnectorError where any of them cannot be read: the
    pages in it would look deleted.
    """
    to_read, seen = deque(dict.fromkeys(sitemaps)), set(sitemaps)
    while to_read:
        url = to_read.popleft()
        answer = get(url)
        if answer.status >= 300:
            raise ConnectorError(
                f"The sitemap {url} answered {answer.status}, so nobody can tell which pages there are: correct "
                "`sitemaps` in lore.toml, or mend what names it."
            )
        content = answer.content
        if content.startswith(b"\x1f\x8b"):
            content = gunzipped(url, [content], MOST_BYTES)
        for kind, entry in _named(url, content):
            if kind == "url":
                yield entry
            elif entry.url not in seen:
                if len(seen) >= MOST_SITEMAPS:
                    raise ConnectorError(f"{url} names more than {MOST_SITEMAPS} sitemaps: name those to read instead.")
                seen.add(entry.url)
                to_read.append(entry.url)


def _named(url: str, content: bytes) -> Iterator[tuple[str, Entry]]:
    """What a sitemap names: ("url", a page) or ("sitemap", another sitemap)."""
    from lxml import etree

    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = content.decode("utf-8", "replace").lstrip("\ufeff").splitlines()
        pages = [page for page in map(normalized, lines) if page is not None]
        if not pages:
            raise ConnectorError(f"{url} is no sitemap: it is no XML, and has no addresses one a line.")
        yield from (("url", Entry(page)) for page in pages)
        return
    known = False
    try:
        parsing = etree.iterparse(
            io.BytesIO(content.lstrip()),
            events=("end",),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for _, element in parsing:
            name = etree.QName(element).localname
            if name in ("url", "sitemap"):
                fields = {etree.QName(child).localname: (child.text or "").strip() for child in element}
                if (page := normalized(fields.get("loc", ""), url)) is not None:
                    yield name, Entry(page, fields.get("lastmod") or None)
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
            known = known or name in ("urlset", "sitemapindex")
    except etree.XMLSyntaxError as error:
        raise ConnectorError(f"The sitemap {url} is not whole XML ({error}): mend it, or name another.") from error
    if not known:
        raise ConnectorError(f"{url} is no sitemap: it has neither <urlset> nor <sitemapindex>.")
