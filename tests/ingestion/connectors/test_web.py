"""Pages of a web site: which are found, under which address, and what a site is asked for."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from ingestion.connectors import ConnectorError
from ingestion.connectors.web import WebConnector
from ingestion.parse import parse
from tests.ingestion.connectors.web_site import Site

Serve = Callable[[Starlette], str]


class Reading:
    """A source that reads one site, on this machine and without waiting."""

    def __init__(self, site: Site, address: str, state: Path) -> None:
        self.site = site
        self.address = address
        self._state = state

    def connector(self, **keys: Any) -> WebConnector:
        if "urls" not in keys and "sitemaps" not in keys:
            keys["urls"] = f"{self.address}/"
        return WebConnector(self._state, **{"allow_private": True, "seconds_between_requests": 0.0, **keys})

    def found(self, **keys: Any) -> list[str]:
        """The documents' paths, in order of their names."""
        return sorted(self.path(ref.id) for ref in self.connector(**keys).list())

    def path(self, url: str) -> str:
        assert url.startswith(self.address), url
        return url.removeprefix(self.address)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def reading(site: Site, serve: Serve, tmp_path: Path) -> Reading:
    return Reading(site, serve(site.app), tmp_path / "state")


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without anyone waiting."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


def test_pages_are_found_along_links_and_read(site: Site, reading: Reading) -> None:
    site.links("/", "leave", "/travel#trains", "mailto:hr@acme.example", "javascript:void(0)", "https://other.example/")
    site.page("/leave", "<main><h1>Leave</h1><p>25 days a year.</p></main><footer>© Acme</footer>", "Leave | Acme")
    site.page("/travel", "<h1>Travel</h1><p>By train.</p>")
    connector = reading.connector()
    refs = {reading.path(ref.id): ref for ref in connector.list()}
    assert sorted(refs) == ["/", "/leave", "/travel"]
    assert (refs["/leave"].url, refs["/leave"].title) == (f"{reading.address}/leave", "Leave | Acme")
    assert refs["/leave"].audience is None
    site.taken()
    parsed = parse(connector.fetch(refs["/leave"]))
    assert (parsed.title, parsed.markdown) == ("Leave", "# Leave\n\n25 days a year.")
    assert site.taken() == [], "what was read to list is not asked for again"
    assert {request.headers["user-agent"].split("/")[0] for request in site.requests} == {"Lore"}


def test_one_page_has_one_address(site: Site, reading: Reading) -> None:
    ways = ["/a", "/a#x", "/a?utm_source=news&fbclid=1", "/b/../a", "/%61", f"{reading.address.upper()}/a"]
    site.links("/", *ways, "/print/a", "/a?", "/old", "/away")
    site.page("/a", "<p>One.</p>", head='<link rel="canonical" href="/a">')
    site.page("/print/a", "<p>One.</p>", head='<link rel="canonical" href="../a?utm_campaign=x">')
    site.moved("/old", "/older")
    site.moved("/older", "/a", 302)
    site.page("/away", "", head='<meta http-equiv="refresh" content="0; url=/a">')
    assert reading.found() == ["/", "/a"]
    assert site.taken().count("/a") == 1


def test_a_page_whose_canonical_address_does_not_work_keeps_its_own(site: Site, reading: Reading) -> None:
    site.links("/", "/a", "/b", "/c", "/d")
    site.page("/a", "<p>A.</p>", head='<link rel="canonical" href="/gone">')
    site.page("/b", "<p>B.</p>", head='<link rel="canonical" href="https://www.acme.example/b">')
    site.page("/c", "<p>C.</p>", head='<link rel="canonical" href="/d">')
    site.page("/d", "<p>D.</p>", head='<link rel="canonical" href="/c">')
    assert reading.found() == ["/", "/a", "/b", "/d"]


def test_redirects_in_a_circle_and_to_elsewhere_lead_nowhere(site: Site, reading: Reading) -> None:
    site.links("/", "/a", "/out", "/many1")
    site.moved("/a", "/b")
    site.moved("/b", "/a")
    site.moved("/out", "http://other.example/")
    for number in range(1, 9):
        site.moved(f"/many{number}", f"/many{number + 1}")
    assert reading.found() == ["/"]


def test_robots_txt_is_obeyed(site: Site, reading: Reading) -> None:
    site.text("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: lore\nDisallow: /private\n")
    site.links("/", "/public", "/private/x", "/moved")
    site.page("/public", "<p>All may read this.</p>")
    site.page("/private/x", "<p>No robot may.</p>")
    site.moved("/moved", "/private/x")
    assert reading.found() == ["/", "/public"]
    assert "/private/x" not in site.taken()


def test_a_start_page_that_robots_txt_forbids_is_an_error(site: Site, reading: Reading) -> None:
    site.text("/robots.txt", "User-agent: *\nDisallow: /\n")
    with pytest.raises(ConnectorError, match=r"The start page .* robots\.txt does not allow it: correct `urls`"):
        reading.found()


def test_a_robots_txt_that_cannot_be_had_stops_a_first_listing_and_no_later_one(site: Site, reading: Reading) -> None:
    site.page("/", "<p>Hello.</p>")
    site.fails("/robots.txt")
    with pytest.raises(ConnectorError, match=r"robots\.txt answered 503"):
        reading.found()
    site.text("/robots.txt", "User-agent: *\nDisallow: /x\n")
    assert reading.found() == ["/"]
    site.fails("/robots.txt")
    site.links("/", "/x")
    site.page("/x", "<p>No.</p>")
    assert reading.found() == ["/"]


def test_noindex_is_left_out_and_nofollow_not_followed(site: Site, reading: Reading) -> None:
    site.page("/", '<a href="/a">a</a> <a rel="ugc nofollow" href="/b">b</a> <a href="/c">c</a> <a href="/d">d</a>')
    site.page("/a", '<a href="/e">e</a>', head='<meta name="robots" content="noindex, follow">')
    site.page("/c", '<a href="/f">f</a>', head='<meta name="Lore" content="nofollow">')
    site.page("/d", '<a href="/g">g</a>', X_Robots_Tag="unavailable_after: 1 Jan 2030, googlebot: none")
    for path in "befg":
        site.page(f"/{path}", "<p>Found.</p>")
    assert reading.found() == ["/", "/c", "/d", "/e", "/g"]
    site.page("/d", "<p>D.</p>", X_Robots_Tag="noindex")
    assert reading.found() == ["/", "/c", "/e"]


def test_a_file_says_in_its_headers_what_a_page_says_in_its_head(site: Site, reading: Reading) -> None:
    site.links("/", "/manual.pdf", "/copy.pdf", "/secret.pdf")
    headers = {
        "/manual.pdf": {},
        "/copy.pdf": {"Link": '</next>; rel="next", </manual.pdf>; rel="canonical"'},
        "/secret.pdf": {"X-Robots-Tag": "lore: noindex"},
    }
    for path, said in headers.items():
        site.pages[path] = Response(b"%PDF-1.4 ...", headers=said, media_type="application/pdf")
    assert reading.found() == ["/", "/manual.pdf"]


def test_depth_patterns_and_hosts_bound_what_is_read(site: Site, reading: Reading, serve: Serve) -> None:
    other = Site()
    elsewhere = serve(other.app)
    other.page("/", "<p>Another host.</p>")
    site.links("/", "/docs/1", "/blog/1", f"{elsewhere}/")
    site.links("/docs/1", "/docs/2?lang=de", "/docs/old/1")
    site.links("/docs/2?lang=de", "/docs/3")
    for path in ("/blog/1", "/docs/old/1", "/docs/3"):
        site.page(path, "<p>Text.</p>")
    assert reading.found(depth=0) == ["/"]
    assert reading.found(depth=1) == ["/", "/blog/1", "/docs/1"]
    assert reading.found(include="/docs/*", exclude=["*/old/*"]) == ["/docs/1", "/docs/2?lang=de", "/docs/3"]
    assert other.taken() == []
    connector = reading.connector(depth=1, hosts=[urlsplit(elsewhere).netloc])
    assert f"{elsewhere}/" in [ref.id for ref in connector.list()]


def test_no_more_addresses_are_asked_for_than_most_pages(site: Site, reading: Reading) -> None:
    site.links("/", *(f"/{number}" for number in range(9)))
    for number in range(9):
        site.page(f"/{number}", "<p>Text.</p>")
    assert reading.found(most_pages=4) == ["/", "/0", "/1", "/2"]
    assert len(site.taken()) == 4


def test_only_what_can_be_read_is_a_document(site: Site, reading: Reading) -> None:
    site.links("/", "/logo.png", "/data", "/manual.pdf", "/notes.md", "/viewer.pdf", "/unsaid.csv", "/feed")
    site.text("/data", b"\x89PNG", "image/png")
    site.text("/feed", "<rss/>", "application/rss+xml")
    site.text("/manual.pdf", b"%PDF-1.4 ...", "application/pdf")
    site.text("/notes.md", "# Notes\n\nIn Markdown.", "text/plain; charset=utf-8")
    site.text("/unsaid.csv", "a,b\n1,2\n", "application/octet-stream")
    site.page("/viewer.pdf", "<h1>A viewer</h1><p>Of a file.</p>", "A viewer")
    assert reading.found() == ["/", "/manual.pdf", "/notes.md", "/unsaid.csv", "/viewer.pdf"]
    assert "/logo.png" not in site.taken()
    connector = reading.connector()
    raw = {reading.path(ref.id): connector.fetch(ref) for ref in connector.list()}
    assert parse(raw["/notes.md"]).title == "Notes"
    assert parse(raw["/viewer.pdf"]).title == "A viewer"
    assert "| a | b |" in parse(raw["/unsaid.csv"]).markdown


def test_sitemaps_are_read_with_those_that_they_name(site: Site, reading: Reading) -> None:
    at = reading.address
    site.sitemap("/index.xml", (f"{at}/one.xml.gz", None), (f"{at}/two.txt", None), index=True)
    site.sitemap("/one.xml.gz", (f"{at}/a", None), (f"{at}/b?utm_source=map", "2024-01-01"), zipped=True)
    site.text("/two.txt", f"{at}/c\nhttp://other.example/d\n")
    site.links("/a", "/not-followed")
    for path in ("/b", "/c", "/not-followed"):
        site.page(path, "<p>Text.</p>")
    assert reading.found(sitemaps=f"{at}/index.xml") == ["/a", "/b", "/c"]


def test_sitemaps_are_found_through_robots_txt(site: Site, reading: Reading) -> None:
    site.text("/robots.txt", f"User-agent: *\nAllow: /\nSitemap: {reading.address}/map.xml\n")
    site.sitemap("/map.xml", (f"{reading.address}/a", None))
    site.page("/", "<p>Hello.</p>")
    site.page("/a", "<p>Text.</p>")
    assert reading.found(urls=f"{reading.address}/", sitemaps=True) == ["/", "/a"]
    site.text("/robots.txt", "")
    with pytest.raises(ConnectorError, match="names no sitemaps: set `sitemaps` to addresses"):
        reading.found(urls=f"{reading.address}/", sitemaps=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<urlset><url><loc>http://127.0.0.1/a</loc></url><url>", "is not whole XML"),
        (b"<html><body>Please log in</body></html>", "is no sitemap"),
        (b"Please log in.", "is no sitemap"),
        (b"", "is no sitemap"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03cut", "gzip stream"),
        (
            b'<!DOCTYPE u [<!ENTITY a "aaaaaaaaaa">'
            + b"".join(b'<!ENTITY a%d "%s">' % (i + 1, (b"&a%d;" % i if i else b"&a;") * 10) for i in range(9))
            + b"]><urlset><url><loc>http://127.0.0.1/&a9;</loc></url></urlset>",
            "is not whole XML",
        ),
    ],
)
def test_a_sitemap_that_is_not_whole_is_an_error(site: Site, reading: Reading, content: bytes, said: str) -> None:
    site.text("/map.xml", content, "application/xml")
    with pytest.raises(ConnectorError, match=said):
        reading.found(sitemaps=f"{reading.address}/map.xml")


@pytest.mark.parametrize("status", [404, 500])
def test_a_sitemap_that_is_not_there_is_an_error(site: Site, reading: Reading, status: int) -> None:
    site.sitemap("/index.xml", (f"{reading.address}/gone.xml", None), index=True)
    site.fails("/gone.xml", status)
    with pytest.raises(ConnectorError, match=f"gone.xml answered {status}"):
        reading.found(sitemaps=f"{reading.address}/index.xml")


def test_an_unchanged_site_is_not_sent_again(site: Site, reading: Reading) -> None:
    site.links("/", "/a", "/b")
    site.page("/a", "<p>A.</p>")
    site.page("/b", "<p>B.</p>")
    first = {ref.id: ref.revision for ref in reading.connector().list()}
    site.requests.clear()
    site.page("/b", "<p>B, changed.</p>")
    second = {ref.id: ref.revision for ref in reading.connector().list()}
    assert [url for url in first if first[url] != second[url]] == [f"{reading.address}/b"]
    asked = [request.headers for request in site.requests if request.url.path in ("/", "/a")]
    assert all("if-none-match" in headers and "if-modified-since" in headers for headers in asked)
    assert len(asked) == 2


def test_a_site_without_validators_is_compared_by_content(site: Site, reading: Reading) -> None:
    site.validators = False
    site.page("/", "<p>Hello.</p>")
    first, second = ([ref.revision for ref in reading.connector().list()] for _ in range(2))
    assert first == second


def test_a_page_is_not_asked_for_where_its_sitemap_says_that_it_is_as_it_was(
    site: Site, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(UTC).date().isoformat()
    at = reading.address
    site.sitemap("/map.xml", (f"{at}/old", "2024-01-01"), (f"{at}/new", today), (f"{at}/odd", "long ago"))
    for path in ("/old", "/new", "/odd"):
        site.page(path, "<p>Text.</p>")
    everything = ["/new", "/odd", "/old"]
    assert reading.found(sitemaps=f"{at}/map.xml") == everything
    site.taken()
    assert reading.found(sitemaps=f"{at}/map.xml") == everything
    assert site.taken() == ["/map.xml", "/new", "/odd"]
    connector = reading.connector(sitemaps=f"{at}/map.xml")
    (old,) = (ref for ref in connector.list() if reading.path(ref.id) == "/old")
    assert parse(connector.fetch(old)).markdown == "Text.", "it is asked for when its content is needed after all"
    monkeypatch.setattr("ingestion.connectors.web_reader.LASTMOD_HOLDS", timedelta(0))
    site.taken()
    assert reading.found(sitemaps=f"{at}/map.xml") == everything
    assert "/old" in site.taken()


def test_what_is_gone_is_gone_and_what_fails_for_now_stays(site: Site, reading: Reading) -> None:
    site.links("/", "/a", "/b", "/c", "/d")
    site.links("/a", "/below")
    site.moved("/c", "/target")
    for path in ("/b", "/d", "/below", "/target"):
        site.page(path, "<p>Text.</p>")
    before = {ref.id: ref.revision for ref in reading.connector().list()}
    site.fails("/a", 503)
    site.fails("/b", 410)
    site.fails("/c", 500)
    site.fails("/d", 403)
    after = {ref.id: ref.revision for ref in reading.connector().list()}
    assert [reading.path(url) for url in before if url not in after] == ["/b", "/d"]
    assert all(before[url] == after[url] for url in after)


def test_a_page_that_never_could_be_read_is_listed_with_what_is_wrong(site: Site, reading: Reading) -> None:
    site.links("/", "/broken", "/huge")
    site.fails("/broken")
    site.page("/huge", "<p>" + "long " * 3_000)
    connector = reading.connector(max_megabytes=0.01)
    refs = {reading.path(ref.id): ref for ref in connector.list()}
    with pytest.raises(ConnectorError, match=r"/broken answered 503: the site has a problem"):
        connector.fetch(refs["/broken"])
    with pytest.raises(ConnectorError, match=r"/huge is larger than 0.01 MB: exclude it, or raise `max_megabytes`"):
        connector.fetch(refs["/huge"])


@pytest.mark.parametrize("status", [404, 503])
def test_a_start_page_that_fails_is_an_error_even_if_it_is_known(site: Site, reading: Reading, status: int) -> None:
    site.page("/", "<p>Hello.</p>")
    assert reading.found() == ["/"]
    site.fails("/", status)
    with pytest.raises(ConnectorError, match=f"answered {status}"):
        reading.found()


def test_a_site_that_goes_down_midway_stops_the_listing(site: Site, reading: Reading) -> None:
    site.links("/", *(f"/{number}" for number in range(20)))
    for number in range(20):
        site.page(f"/{number}", "<p>Text.</p>")
    assert len(reading.found()) == 21
    for number in range(20):
        site.fails(f"/{number}")
    with pytest.raises(ConnectorError, match=r"10 pages in a row could not be had from 127\.0\.0\.1:\d+, the last"):
        reading.found()


def test_a_busy_site_is_waited_for(site: Site, reading: Reading, waits: list[float]) -> None:
    answers = [
        Response(status_code=429, headers={"Retry-After": "7"}),
        Response("<p>Hello.</p>", media_type="text/html"),
    ]

    class Busy(dict[str, Response]):
        def get(self, path: str, default: Any = None) -> Any:
            return answers.pop(0) if path == "/" else default

    site.pages = Busy()
    assert reading.found() == ["/"]
    assert waits == [7.0]


def test_a_host_is_asked_once_a_second_or_as_seldom_as_it_wants(
    site: Site, reading: Reading, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(sleep=waits.append, monotonic=lambda: 1_000.0 + sum(waits))
    monkeypatch.setattr("ingestion.connectors.web_fetch.time", clock)
    site.links("/", "/a", "/b")
    site.page("/a", "<p>A.</p>")
    site.page("/b", "<p>B.</p>")
    reading.found(seconds_between_requests=1.0)
    assert waits == [1.0, 1.0, 1.0]
    waits.clear()
    site.text("/robots.txt", "User-agent: *\nCrawl-delay: 4\n")
    reading.found(seconds_between_requests=1.0)
    assert waits == [1.0, 4.0, 4.0]


def test_a_page_that_changed_its_mind_before_it_was_fetched_is_an_error(site: Site, reading: Reading) -> None:
    site.page("/", "<p>Hello.</p>")
    (ref,) = reading.connector().list()
    connector = reading.connector()
    (ref,) = connector.list()
    site.moved("/", "/elsewhere")
    with pytest.raises(ConnectorError, match="was changed after it was listed: the next sync will notice"):
        connector.fetch(ref)
    del site.pages["/"]
    with pytest.raises(ConnectorError, match="no longer to be had, because it answered 404"):
        connector.fetch(ref)


def test_what_there_was_no_room_to_keep_is_asked_for_again(
    site: Site, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.connectors.web_memory.MOST_KEPT_BYTES", 200)
    site.links("/", "/long")
    site.page("/long", "<p>" + "Long. " * 100)
    connector = reading.connector()
    refs = list(connector.list())
    site.taken()
    assert [parse(connector.fetch(ref)).title for ref in refs] == ["/", "/long"]
    assert site.taken() == ["/long"]


@pytest.mark.parametrize("damage", [b"no database", b"SQLite format 3\0" + b"\0" * 5_000])
def test_a_memory_that_is_damaged_is_begun_anew(site: Site, reading: Reading, tmp_path: Path, damage: bytes) -> None:
    site.page("/", "<p>Hello.</p>")
    reading.found()
    (file,) = (tmp_path / "state").iterdir()
    file.write_bytes(damage)
    assert reading.found() == ["/"]


def test_a_page_that_left_the_site_is_forgotten(site: Site, reading: Reading) -> None:
    site.links("/", "/a")
    site.page("/a", "<p>A.</p>")
    reading.found()
    site.links("/")
    reading.found()
    site.links("/", "/a")
    site.requests.clear()
    reading.found()
    (asked,) = (request for request in site.requests if request.url.path == "/a")
    assert "if-none-match" not in asked.headers


def test_the_docs_name_every_key() -> None:
    docs = (Path(__file__).parents[3] / "docs/connectors/web.md").read_text(encoding="utf-8")
    keys = inspect.signature(WebConnector).parameters.keys() - {"state"}
    assert [key for key in sorted(keys) if f"`{key}`" not in docs] == []


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "it has no pages to begin with: set `urls`"),
        ({"sitemaps": True}, "it has no pages to begin with"),
        ({"urls": "acme.example"}, "`urls` has an address that is none of http:// or https://"),
        ({"urls": "https://me:secret@acme.example/"}, "has a user's name in it"),
        ({"sitemaps": ["ftp://acme.example/map.xml"]}, "`sitemaps` has an address"),
        ({"urls": "https://acme.example", "hosts": "https://wiki.example"}, "is no host: write it without http://"),
        ({"urls": "https://acme.example", "allow_private": ["10.0.0.0/8"]}, "is no host"),
        ({"urls": "https://acme.example", "depth": -1}, "a number in it is too small"),
    ],
)
def test_a_source_that_cannot_be_read_is_refused(tmp_path: Path, keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        WebConnector(tmp_path, **keys)
    assert "secret" not in str(refused.value)
