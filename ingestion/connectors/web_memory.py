"""What a web source remembers of its pages, so that one that did not change is neither sent nor read again."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

_VERSION = 1
"""Raise it when Page changes: what is remembered is then forgotten."""

MOST_KEPT_BYTES = 500_000_000
"""Of contents between listing and fetching. What is beyond is asked for again."""

_SCHEMA = """
CREATE TABLE pages (url TEXT PRIMARY KEY, page TEXT NOT NULL, listing INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE contents (url TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE robots (site TEXT PRIMARY KEY, text TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Page:
    """What one address answered when it was last asked, at `asked` (Unix time).

    `leads_to` is set where it is a redirect, and little else is then. `document` says whether it is one: readable, and
    not asking to be left out. `links` are those that may be followed. `revision` is its content's hash; `etag` and
    `last_modified` are for asking whether it is still that; `lastmod` is what the sitemap said then.
    """

    url: str
    asked: float
    leads_to: str | None = None
    document: bool = False
    title: str = ""
    media_type: str | None = None
    revision: str = ""
    canonical: str | None = None
    links: tuple[str, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    lastmod: str | None = None


class Memory:
    """In a file of `folder`. Losing it costs asking for every page again, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "pages.sqlite"

    @contextmanager
    def opened(self) -> Iterator["OpenMemory"]:
        """The memory, to read and write. One that is damaged, or of another version of Lore, is begun anew."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = self._connection()
        try:
            known = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError:
            known = None
        if known != _VERSION:
            connection.close()
            self._file.unlink(missing_ok=True)
            connection = self._connection()
            connection.executescript(f"PRAGMA auto_vacuum = FULL; {_SCHEMA} PRAGMA user_version = {_VERSION};")
        with closing(connection):
            connection.execute("PRAGMA synchronous = OFF")
            yield OpenMemory(connection)

    def _connection(self) -> sqlite3.Connection:
        # Not of one thread: a listing may be begun in one and gone on with in another.
        return sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=60)


class OpenMemory:
    """A memory while it is open. Each change is kept at once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._listing = 0
        self._kept_bytes = 0

    def begin(self) -> None:
        """Begin a listing: contents that an earlier one left are dropped."""
        self._connection.execute("DELETE FROM contents")
        (last,) = self._connection.execute("SELECT max(listing) FROM pages").fetchone()
        self._listing = (last or 0) + 1

    def end(self) -> None:
        """End a listing that was complete: pages that it did not come by are forgotten."""
        self._connection.execute("DELETE FROM pages WHERE listing < ?", (self._listing,))

    def page(self, url: str) -> Page | None:
        """What is remembered of an address."""
        row = self._connection.execute("SELECT page FROM pages WHERE url = ?", (url,)).fetchone()
        if row is None:
            return None
        fields = json.loads(row[0])
        return Page(**{**fields, "links": tuple(fields["links"])})

    def remember(self, page: Page, content: bytes | None = None) -> None:
        """Remember a page that the listing came by, and its content until it is fetched, as far as there is room."""
        self._connection.execute(
            "INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", (page.url, json.dumps(asdict(page)), self._listing)
        )
        if content is not None and self._kept_bytes + len(content) <= MOST_KEPT_BYTES:
            self._kept_bytes += len(content)
            self._connection.execute("INSERT OR REPLACE INTO contents VALUES (?, ?)", (page.url, content))

    def take(self, url: str) -> bytes | None:
        """The content that was kept of a page, which is no longer kept then."""
        row = self._connection.execute("DELETE FROM contents WHERE url = ? RETURNING content", (url,)).fetchone()
        return None if row is None else row[0]

    def robots(self, site: str) -> str | None:
        """The robots.txt that a site had when it was last asked."""
        row = self._connection.execute("SELECT text FROM robots WHERE site = ?", (site,)).fetchone()
        return None if row is None else row[0]

    def remember_robots(self, site: str, text: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO robots VALUES (?, ?)", (site, text))
