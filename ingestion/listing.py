"""What a source lists, whole before anything is done by it, on the disk and not in memory."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Any, Self

from ingestion.connectors import DocumentRef

AT_ONCE = 500
"""Documents that are in memory together, as far as they are only listed and compared."""


@dataclass(frozen=True)
class Listed:
    """A document that is to be read. `is_counted` where it counts as changed already, for its audience."""

    ref: DocumentRef
    is_counted: bool


class Listing:
    """The documents that a source lists, in its order, and what a sync notes of them; gone when it is closed.

    It is a private SQLite database without a name, which spills to a temporary file that no other process sees and
    that goes with this one, however it ends.
    """

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute(
            "CREATE TABLE listed (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, rest TEXT NOT NULL, "
            "is_to_read INTEGER NOT NULL DEFAULT 0, is_counted INTEGER NOT NULL DEFAULT 0)"
        )
        self._rows.execute("CREATE TABLE gone (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._rows.close()

    def take(self, refs: Iterator[DocumentRef]) -> int:
        """Take in all that is listed; returns how many documents that is. Raises what the listing raises.

        Of a document that is listed twice the later one holds.
        """
        while some := list(islice(refs, AT_ONCE)):
            self._all(
                "INSERT OR REPLACE INTO listed (id, rest) VALUES (?, ?)", ((ref.id, _written(ref)) for ref in some)
            )
        return self._count("SELECT count(*) FROM listed")

    def batches(self) -> Iterator[list[DocumentRef]]:
        """All of it, some documents at a time."""
        for rows in self._pages("SELECT number, id, rest FROM listed WHERE number > ?"):
            yield [_read(id, rest) for _, id, rest in rows]

    def mark(self, to_read: Iterable[str], counted: Iterable[str]) -> None:
        """Note which of these are to be read, and which count as changed already."""
        self._all("UPDATE listed SET is_to_read = 1 WHERE id = ?", ((id,) for id in to_read))
        self._all("UPDATE listed SET is_counted = 1 WHERE id = ?", ((id,) for id in counted))

    def count_to_read(self) -> int:
        """How many documents are to be read."""
        return self._count("SELECT count(*) FROM listed WHERE is_to_read")

    def to_read(self) -> Iterator[list[Listed]]:
        """The documents to read, some at a time."""
        for rows in self._pages("SELECT number, id, rest, is_counted FROM listed WHERE is_to_read AND number > ?"):
            yield [Listed(_read(id, rest), bool(counted)) for _, id, rest, counted in rows]

    def note_gone(self, ids: Sequence[str]) -> None:
        """Of these documents, note which are not listed."""
        self._all("INSERT OR IGNORE INTO gone SELECT ?1 WHERE ?1 NOT IN (SELECT id FROM listed)", ((id,) for id in ids))

    def count_gone(self) -> int:
        """How many documents were noted as not listed."""
        return self._count("SELECT count(*) FROM gone")

    def gone(self) -> Iterator[list[str]]:
        """The documents that were noted as not listed, some at a time."""
        last = ""
        while rows := self._fetch("SELECT id FROM gone WHERE id > ? ORDER BY id LIMIT ?", (last, AT_ONCE)):
            yield [id for (id,) in rows]
            last = rows[-1][0]

    def _pages(self, query: str) -> Iterator[list[Any]]:
        last = 0
        while rows := self._fetch(f"{query} ORDER BY number LIMIT ?", (last, AT_ONCE)):
            yield rows
            last = rows[-1][0]

    def _fetch(self, query: str, values: tuple[object, ...]) -> list[Any]:
        with closing(self._rows.execute(query, values)) as cursor:
            return cursor.fetchall()

    def _count(self, query: str) -> int:
        return int(self._fetch(query, ())[0][0])

    def _all(self, statement: str, values: Iterable[tuple[str, ...]]) -> None:
        self._rows.execute("BEGIN")
        self._rows.executemany(statement, values)
        self._rows.execute("COMMIT")


def _written(ref: DocumentRef) -> str:
    # As JSON in ASCII: a title may hold half a surrogate pair, which no database takes.
    audience = None if ref.audience is None else sorted(ref.audience)
    return json.dumps([ref.url, ref.title, ref.revision, audience, ref.changed_at and ref.changed_at.isoformat()])


def _read(id: str, rest: str) -> DocumentRef:
    url, title, revision, audience, changed = json.loads(rest)
    seen_by = None if audience is None else frozenset(audience)
    return DocumentRef(id, url, title, revision, seen_by, datetime.fromisoformat(changed) if changed else None)
