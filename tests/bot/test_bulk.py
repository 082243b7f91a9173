"""A load on Ray Data: the same chunks, ids and vectors as an ordinary sync's, and it goes on where it was stopped."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot.app import DocumentsModel
from bot.cli import app
from ingestion import bulk, one_sync
from ingestion.bulk import ReadingOnRay
from ingestion.connectors import DocumentRef, RawDocument
from ingestion.sync import Progress, Source, SyncError, SyncReport, Syncs
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import DEFAULT_MODEL, Embedder
from storage.knowledge import KnowledgeBase, WriteCounts
from storage.qdrant_edge import EdgeIndex
from storage.tables import ChunkRow, DocumentRow
from tests.embedders import CountingEmbedder, HashEmbedder, fail_to_load, make_hash_embedder, real_embedder
from tests.ingestion.sample_pdfs import column, pages, write

TEXT = "You get 30 days of paid leave a year. " * 12


class Library:
    """A source of files of many kinds, which counts what is fetched of it."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.fetched = 0

    def list(self) -> Iterator[DocumentRef]:
        for name in self.files:
            yield DocumentRef(name, f"https://kb.example/{name}", name, "1")

    def fetch(self, ref: DocumentRef) -> RawDocument:
        self.fetched += 1
        return RawDocument(self.files[ref.id], ref.id, heading_ids="own")


FILES = {
    "leave.md": f"# Leave\n\nAsk first.\n\n## Time off {{#time-off}}\n\n{TEXT}\n\n## Sick leave\n\nCall us.".encode(),
    "copy.md": f"# Leave\n\nAsk first.\n\n## Time off\n\n{TEXT}".encode(),
    "page.html": f"<title>Pay</title><h1>Pay</h1><h2 id='when'>When</h2><p>On the 25th. {TEXT}</p>".encode(),
    "travel.pdf": pages(lambda canvas: write(canvas, 60, 740, column("Travel", 20))),
    "empty.md": b"",
    "odd.md": b"# A\0B \n\nleave\0 now",
    "table.csv": b"name,floor\nprinter,2\ncanteen,1\n",
}


class Place:
    """A knowledge base of its own, and how one syncs into it."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self.database = Database.open(f"sqlite:///{folder}/lore.db")
        self.index = EdgeIndex(folder / "index", "the tests")
        self.embedder = CountingEmbedder(embedder)
        self.knowledge = KnowledgeBase(self.database, self.index, self.embedder, Bm25Encoder())
        self.knowledge.open()
        self.syncs = Syncs(self.database, self.knowledge)

    def sync(self, library: Library, **how: Any) -> SyncReport:
        return self.syncs.sync(Source("library", "library", library, PUBLIC), **how)

    def rows(self) -> list[list[Any]]:
        """All that the tables say of documents and chunks."""
        document = (DocumentRow.external_id, DocumentRow.title, DocumentRow.url, DocumentRow.revision)
        rest = (DocumentRow.content_hash, DocumentRow.markdown, DocumentRow.audience, DocumentRow.error)
        chunk = (ChunkRow.id, DocumentRow.external_id, ChunkRow.position, ChunkRow.heading, ChunkRow.text)
        more = (ChunkRow.embedded, ChunkRow.anchor, ChunkRow.digest)
        with self.database.session() as session:
            return [
                sorted(map(tuple, session.execute(select(*document, *rest))), key=str),
                sorted(map(tuple, session.execute(select(*chunk, *more).join(DocumentRow))), key=str),
            ]

    def close(self) -> None:
        self.index.close()
        self.database.close()


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Place, Place]]:
    """Two places alike."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    both = Place(tmp_path / "here", request.param()), Place(tmp_path / "there", request.param())
    yield both
    for place in both:
        place.close()


@pytest.fixture(scope="module", autouse=True)
def ray() -> Iterator[None]:
    """One cluster of two processors for all of these tests: it takes seconds to start."""
    with ReadingOnRay(make_hash_embedder, "hash"):
        yield


@pytest.mark.parametrize("places", [real_embedder], indirect=True)
def test_a_load_in_bulk_is_what_a_sync_would_have_made(places: tuple[Place, Place]) -> None:
    here, there = places
    library = Library(FILES)
    report = here.sync(library)
    with ReadingOnRay(DocumentsModel(DEFAULT_MODEL, None, DEFAULT_MODEL, "cpu").load, DEFAULT_MODEL) as reading:
        loaded = there.sync(library, reading=reading)
    assert (loaded.error, loaded.added, loaded.failed) == (None, 6, 1)
    assert (loaded.chunks, loaded.added, loaded.failed) == (report.chunks, report.added, report.failed)
    assert there.embedder.taken() == []
    assert there.rows() == here.rows()
    ids = list(here.index.ids())
    assert list(there.index.ids()) == ids
    one, other = here.index.vectors(ids), there.index.vectors(ids)
    assert max(float(np.abs(one[id] - other[id]).max()) for id in ids) < 1e-5
    fetched = library.fetched
    again = there.sync(library)
    assert (again.added, again.changed, again.chunks) == (0, 0, WriteCounts())
    assert (library.fetched, there.embedder.taken()) == (fetched, [])


def test_the_command_loads_a_source_and_a_sync_has_nothing_to_do_then(home: Path) -> None:
    loaded = CliRunner().invoke(app, ["bulk", "handbook", "--json"])
    assert loaded.exit_code == 0, loaded.output
    [report] = map(json.loads, loaded.stdout.splitlines())
    assert (report["error"], report["documents"]["added"]) == (None, 3)
    assert report["chunks"]["embedded"] >= 3
    [again] = map(json.loads, CliRunner().invoke(app, ["sync", "--json"]).stdout.splitlines())
    assert again["documents"] == {"listed": 3, "added": 0, "changed": 0, "removed": 0, "failed": 0}
    assert again["chunks"] == {"embedded": 0, "reused": 0, "removed": 0}


@pytest.mark.parametrize("places", [HashEmbedder], indirect=True)
def test_a_load_that_was_stopped_goes_on_where_it_was(
    places: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = places
    monkeypatch.setattr(one_sync, "CHUNKS_AT_ONCE", 4)
    monkeypatch.setattr(bulk, "ROUND_DOCUMENTS", 8)
    library = Library({f"{number}.md": f"# Page {number}\n\nText {number}.".encode() for number in range(20)})

    def stop(progress: Progress) -> None:
        if progress.done >= 8:
            raise SyncError("stopped")

    with ReadingOnRay(make_hash_embedder, "hash") as reading:
        stopped = there.sync(library, reading=reading, on_progress=stop)
        fetched, library.fetched = library.fetched, 0
        rest = there.sync(library, reading=reading)
    assert (stopped.error, rest.error, fetched) == ("stopped", None, 8)
    assert 8 <= stopped.chunks.embedded <= 12
    assert stopped.chunks.embedded + rest.chunks.embedded == 20
    assert library.fetched == 20 - stopped.chunks.embedded
    here.sync(library)
    assert there.rows() == here.rows()
    assert there.embedder.taken() == []


@pytest.mark.parametrize("places", [HashEmbedder], indirect=True)
def test_a_model_that_cannot_be_loaded_there_ends_the_load_with_the_reason(places: tuple[Place, Place]) -> None:
    _, there = places
    with ReadingOnRay(fail_to_load, "hash") as reading:
        report = there.sync(Library({"a.md": b"# A\n\ntext"}), reading=reading)
    assert report.error is not None
    assert "Ray stopped" in report.error
    assert "The model is away: bring it back" in report.error
