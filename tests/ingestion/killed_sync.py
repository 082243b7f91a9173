"""Syncs that are killed and made up for: python -m tests.ingestion.killed_sync URL FOLDER N.

FOLDER is for the index, and has the database where that is SQLite's, as lore.db. This process imports all that a sync
needs and forks one child a sync, so that a sync costs no start. At N of a sync's steps, spread over all kinds of them,
the child that syncs dies by SIGKILL, and the next one syncs again; every third time that one dies too, before a third
one ends it. A line of JSON for each says where it died, and whether documents, chunks and points (payloads and
vectors) are then those of a sync that nothing stopped.
"""

import json
import os
import pickle
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import qdrant_edge as edge
from sqlalchemy import event, select
from sqlalchemy.orm import configure_mappers

from ingestion import listing, one_sync
from ingestion.connectors import DocumentRef, RawDocument
from ingestion.parse import parse
from ingestion.parser_process import ParserProcesses
from ingestion.sync import Syncs
from storage import edge_folder, projection
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.index import collection_name
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.tables import ChunkRow, DocumentRow
from tests.embedders import HashEmbedder
from tests.ingestion.scripted_source import Page, ScriptedConnector, scripted_source

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = ("listing", "fetching", "parsing", "embedding", "upsert", "statement", "commit", "delete", "audience")


def pages(version: int) -> ScriptedConnector:
    """A source before and after pages were changed, moved, removed, added, broken, renamed and shared otherwise."""
    connector = ScriptedConnector()
    for number in range(30):
        rules = [f"## Rule {rule}\n\n" + f"Page {number} says so of rule {rule}. " * 9 for rule in range(3)]
        page = Page("\n\n".join(rules).encode(), title=f"Page {number}")
        id = f"page{number}"
        if version == 2:
            match number:
                case 1 | 8 | 15 | 22:
                    rules[1] += "But not always."
                    page = Page("\n\n".join(rules).encode(), "2", f"Page {number}")
                case 2 | 9 | 16:
                    id = f"moved{number}"
                case 3 | 10 | 17 | 24:
                    continue
                case 4 | 11 | 18:
                    page.audience = frozenset({"#hr"} if number > 4 else {"#hr", "@law"})
                case 5:
                    page = Page(b"", "2", error="page5 is locked.")
                case 6:
                    page.title, page.revision = "Page six", "2"
                case 7:
                    page.revision = "2"
        connector.pages[id] = page
    if version == 2:
        for number in range(30, 36):
            connector.write(f"page{number}", f"# New page {number}\n\nWith something new about {number}.")
        connector.pages["broken"] = Page(b"", error="broken is locked.")
    return connector


class Steps:
    """Notes the kind of each step, and kills the process at the one that is its last."""

    def __init__(self, last: int) -> None:
        self.taken: list[str] = []
        self._last = last

    def take(self, kind: str) -> None:
        self.taken.append(kind)
        if len(self.taken) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str, kind: str) -> None:
        """Take a step before and after each call of this."""
        method: Callable[..., Any] = getattr(owner, name)

        def stepped(*args: Any, **named: Any) -> Any:
            self.take(kind)
            result = method(*args, **named)
            self.take(kind)
            return result

        setattr(owner, name, stepped)

    def instrument(self, database: Database, connector: ScriptedConnector) -> None:
        """Take steps all over a sync."""
        listed = connector.list

        def list_pages() -> Iterator[DocumentRef]:
            for ref in listed():
                self.take("listing")
                yield ref

        connector.list = list_pages  # type: ignore[method-assign]
        self.around(connector, "fetch", "fetching")
        self.around(ParserProcesses, "parse", "parsing")
        self.around(HashEmbedder, "embed_question", "embedding")
        for name, kind in (("upsert", "upsert"), ("delete", "delete"), ("set_audience", "audience")):
            self.around(EdgeIndex, name, kind)

        def before_statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.lstrip().upper().startswith("SELECT"):
                self.take("statement")

        event.listen(database.engine, "before_cursor_execute", before_statement)
        event.listen(database.engine, "commit", lambda connection: self.take("commit"))


def sync(database: Database, folder: Path, version: int, last: int = 0) -> list[str]:
    """Sync the source as it is in this version, to the death where `last` is a step; returns the kinds of all steps."""
    # Small, so that each of them ends several times in a sync.
    one_sync.CHUNKS_AT_ONCE, projection.PUT_AT_ONCE = 16, 5
    one_sync.AT_ONCE = listing.AT_ONCE = 7  # type: ignore[attr-defined]
    connector, steps = pages(version), Steps(last)
    index = EdgeIndex(folder, "the killed sync")
    knowledge = KnowledgeBase(database, index, HashEmbedder(), Bm25Encoder())
    knowledge.open()
    steps.instrument(database, connector)
    report = Syncs(database, knowledge, now=lambda: NOW).sync(scripted_source(connector), allow_removals=version == 1)
    steps.take("commit")
    assert report.error is None, report.error
    index.close()
    database.close()
    return steps.taken


def sync_and_look(database: Database, folder: Path) -> tuple[list[str], list[Any]]:
    """Sync to the second version's end; returns the kinds of its steps, and what is on the disk then."""
    return sync(database, folder, 2), contents(database, folder)


def contents(database: Database, folder: Path) -> list[Any]:
    """All documents, chunks and points, as they are on the disk, in an order that depends on nothing else."""
    of_documents = (
        DocumentRow.external_id,
        DocumentRow.title,
        DocumentRow.url,
        DocumentRow.revision,
        DocumentRow.content_hash,
        DocumentRow.markdown,
        DocumentRow.audience,
        DocumentRow.error,
        DocumentRow.failed_revision,
        DocumentRow.failed_since,
        DocumentRow.attempts,
        DocumentRow.retry_at,
    )
    of_chunks = (ChunkRow.id, DocumentRow.external_id, ChunkRow.position, ChunkRow.heading, ChunkRow.text)
    with database.session() as session:
        documents = sorted(map(tuple, session.execute(select(*of_documents))), key=str)
        query = select(*of_chunks, ChunkRow.embedded, ChunkRow.anchor, ChunkRow.digest).join(DocumentRow)
        chunks = sorted(map(tuple, session.execute(query)), key=str)
    database.close()
    shard = edge.EdgeShard.load(str(folder / collection_name("hash")))
    records, more = shard.scroll(edge.ScrollRequest(limit=10_000, with_payload=True, with_vector=True))
    assert more is None
    shard.close()
    points = [
        (str(record.id), str(record.payload), sorted((name, str(vector)) for name, vector in record.vector.items()))
        for record in records
    ]
    return [documents, chunks, sorted(points)]


class KilledError(Exception):
    """A child was killed."""


def in_a_child(work: Callable[..., Any], *args: Any) -> Any:
    """What `work` returns in a forked process. Raises KilledError where that was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "wb") as result:
            pickle.dump(work(*args), result)
            result.flush()
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as result:
        returned = result.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        raise KilledError
    if status != 0:
        sys.exit(f"a child ended with {status}")
    return pickle.loads(returned)


def spread(kinds: list[str], count: int) -> list[int]:
    """So many steps (1 and up) of a sync that took these, of each kind about equally many, evenly over those."""
    steps: set[int] = set()
    for done, kind in enumerate(sorted(KINDS, key=kinds.count)):
        of_kind = [step for step, one in enumerate(kinds, start=1) if one == kind]
        share = min(len(of_kind), -(-(count - len(steps)) // (len(KINDS) - done)))
        steps |= {of_kind[number * len(of_kind) // share] for number in range(share)}
    return sorted(steps)


def main(url: str, home: Path, count: int) -> None:
    # What the children need not do then. No connection is open when they are forked.
    parse(RawDocument(b"# Page", "page.md"))
    configure_mappers()
    database = Database(url)
    with database.session() as session:
        session.scalars(select(DocumentRow)).all()
    database.close()
    before, folder = home / "before", home / "index"
    in_a_child(sync, database, before, 1)
    tables = home / "lore.db"
    is_sqlite = tables.exists()
    if is_sqlite:
        shutil.copyfile(tables, home / "before.db")

    def restore() -> None:
        """Go back to the first version: as it was on SQLite, by another sync where no file can be put back."""
        if is_sqlite:
            shutil.rmtree(folder, ignore_errors=True)
            edge_folder.copy(before, folder)
            for leftover in home.glob("lore.db-*"):
                leftover.unlink()
            shutil.copyfile(home / "before.db", tables)
        else:
            in_a_child(sync, database, folder, 1)

    restore()
    kinds, clean = in_a_child(sync_and_look, database, folder)
    for number, step in enumerate(spread(kinds, count)):
        restore()
        deaths = 0
        for last in (step, *([number + 1] if number % 3 == 0 else [])):
            with suppress(KilledError):
                in_a_child(sync, database, folder, 2, last)
                deaths -= 1
            deaths += 1
        _, made_up = in_a_child(sync_and_look, database, folder)
        differences = [str(one)[:300] for old, new in zip(clean, made_up, strict=True) for one in old if one not in new]
        line = {"step": step, "kind": kinds[step - 1], "deaths": deaths, "is_equal": made_up == clean}
        print(json.dumps({**line, "differences": differences[:3]}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
