"""A source made equal to what it lists: what is counted, spared, refused, recorded, and what a kill leaves."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from ingestion.connectors.files import FilesConnector
from ingestion.sync import Progress, Source, SyncError, Syncs
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import SentenceTransformerEmbedder
from storage.knowledge import KnowledgeBase, WriteCounts
from storage.qdrant_edge import EdgeIndex
from storage.tables import ChunkRow, DocumentRow, SourceRow, SyncRunRow, utc_now
from tests.embedders import CountingEmbedder
from tests.ingestion.conftest import Home
from tests.ingestion.scripted_source import Page, scripted_source

HR = frozenset({"#hr"})


def three(home: Home) -> None:
    for name in ("leave", "salary", "travel"):
        home.connector.write(name, f"# {name.title()}\n\nAll about {name}.")


def test_a_first_sync_adds_everything(home: Home) -> None:
    three(home)
    report = home.sync()
    assert (report.listed, report.added, report.changed, report.removed, report.failed) == (3, 3, 0, 0, 0)
    assert report.chunks == WriteCounts(embedded=3)
    assert (report.error, report.source) == (None, "wiki")
    assert home.found("salary")[0] == "salary"


def test_an_unchanged_source_fetches_and_embeds_nothing(home: Home) -> None:
    three(home)
    home.sync()
    home.connector.taken()
    home.embedder.taken()
    report = home.sync()
    assert (report.listed, report.added, report.changed, report.removed, report.failed) == (3, 0, 0, 0, 0)
    assert report.chunks == WriteCounts()
    assert (home.connector.taken(), home.embedder.taken()) == ([], [])


def test_changes_are_counted_and_only_they_are_fetched(home: Home) -> None:
    three(home)
    home.sync()
    home.connector.taken()
    home.connector.write("salary", "# Salary\n\nPaid on the 25th.", "2")
    home.connector.write("pension", "# Pension\n\nSeven per cent.")
    del home.connector.pages["travel"]
    report = home.sync()
    assert (report.listed, report.added, report.changed, report.removed, report.failed) == (3, 1, 1, 1, 0)
    assert report.chunks == WriteCounts(embedded=2, reused=0, removed=2)
    assert home.connector.taken() == ["salary", "pension"]
    assert sorted(home.found("paid about per cent")) == ["leave", "pension", "salary"]


def test_a_touched_document_with_the_same_bytes_embeds_nothing(home: Home) -> None:
    three(home)
    home.sync()
    home.connector.taken()
    home.embedder.taken()
    home.connector.pages["leave"].revision = "2"
    report = home.sync()
    assert (report.changed, report.chunks) == (0, WriteCounts())
    assert (home.connector.taken(), home.embedder.taken()) == (["leave"], [])
    home.sync()
    assert home.connector.taken() == []


def test_one_changed_paragraph_embeds_its_chunk_alone(home: Home) -> None:
    sections = [f"## Rule {number}\n\n" + f"Rule {number} is long. " * 10 for number in range(6)]
    home.connector.write("rules", "\n\n".join(sections))
    first = home.sync()
    home.embedder.taken()
    sections[3] += "But not always."
    home.connector.write("rules", "\n\n".join(sections), "2")
    report = home.sync()
    assert (report.added, report.changed) == (0, 1)
    assert report.chunks == WriteCounts(embedded=1, reused=first.chunks.embedded - 1, removed=1)
    assert len(home.embedder.taken()) == 1


def test_a_document_that_moved_embeds_nothing(home: Home) -> None:
    text = "# Rules\n\n" + "\n\n".join(f"## Rule {number}\n\n" + f"Rule {number} is long. " * 10 for number in range(6))
    three(home)
    home.connector.write("rules", text)
    chunks = home.sync().chunks.embedded - 3
    home.embedder.taken()
    home.connector.write("law/rules", home.connector.pages.pop("rules").content.decode(), "2")
    report = home.sync()
    assert (report.added, report.removed, report.error) == (1, 1, None)
    assert report.chunks == WriteCounts(embedded=0, reused=chunks, removed=chunks)
    assert home.embedder.taken() == []
    assert "law/rules" in home.found("rule 3")
    assert "rules" not in home.found("rule 3")
    assert vectors_are_those_of_their_texts(home)


def test_a_document_that_moved_and_changed_embeds_what_changed_alone(home: Home) -> None:
    sections = [f"## Rule {number}\n\n" + f"Rule {number} is long. " * 10 for number in range(6)]
    home.connector.write("rules", "# Rules\n\n" + "\n\n".join(sections))
    chunks = home.sync().chunks.embedded
    home.embedder.taken()
    sections[3] += "But not always."
    del home.connector.pages["rules"]
    home.connector.write("law/rules", "# Rules\n\n" + "\n\n".join(sections), "2")
    report = home.sync(allow_removals=True)
    assert (report.added, report.removed, report.error) == (1, 1, None)
    assert report.chunks == WriteCounts(embedded=1, reused=chunks - 1, removed=chunks)
    (embedded,) = home.embedder.taken()
    assert embedded.endswith("But not always.")
    assert vectors_are_those_of_their_texts(home)


def test_a_text_that_is_held_for_others_is_not_shown_to_whom_it_is_not_for(home: Home) -> None:
    home.connector.pages["salary"] = Page(b"# Pay\n\nPaid on the 25th.", audience=HR)
    home.sync()
    home.embedder.taken()
    home.connector.write("office", "# Pay\n\nPaid on the 25th.\n\n## Office\n\n" + "Ask the front desk. " * 12)
    assert home.sync().chunks == WriteCounts(embedded=1, reused=1)
    assert len(home.embedder.taken()) == 1
    assert (home.found("paid"), sorted(home.found("paid", HR))) == (["office"], ["salary"])
    assert home.found("paid", HR | PUBLIC) != home.found("paid")


def test_a_citation_leads_to_the_heading_and_that_embeds_nothing(home: Home) -> None:
    home.connector.write("leave", "# Leave\n\n## Time off\n\n" + "You get 30 days. " * 10)
    home.sync()
    home.embedder.taken()
    (passage,) = home.knowledge.search("days", PUBLIC).passages
    assert passage.url == "https://wiki.example/leave"
    home.connector.heading_ids = "github"
    home.connector.pages["leave"].revision = "2"
    assert (home.sync().changed, home.embedder.taken()) == (1, [])
    (passage,) = home.knowledge.search("days", PUBLIC).passages
    assert (passage.url, passage.document.url) == ("https://wiki.example/leave#time-off", "https://wiki.example/leave")


def vectors_are_those_of_their_texts(home: Home) -> bool:
    with home.database.session() as session:
        texts = {row.id: row.embedded for row in session.execute(select(ChunkRow.id, ChunkRow.embedded))}
    vectors = home.index.vectors(list(texts))
    return all(np.allclose(vectors[id], home.embedder.embed_question(text), atol=1e-6) for id, text in texts.items())


def test_a_copy_of_a_document_embeds_nothing_in_another_source_either(home: Home) -> None:
    three(home)
    home.sync()
    home.embedder.taken()
    other = scripted_source(home.connector, HR, name="blog")
    assert home.syncs.sync(other).chunks == WriteCounts(reused=3)
    assert home.embedder.taken() == []
    home.connector.pages.clear()
    home.syncs.sync(other, allow_removals=True)
    assert len(home.found("all about")) == 3


def test_a_text_that_many_documents_have_is_embedded_once(home: Home) -> None:
    for name in ("one", "two", "three"):
        home.connector.pages[name] = Page(b"Ask the front desk.", title="Help")
    assert home.sync().chunks == WriteCounts(embedded=1, reused=2)
    assert len(home.found("front desk")) == 3


def test_a_title_that_changes_alone_is_noticed(home: Home) -> None:
    home.connector.pages["notes"] = Page(b"No heading here.", title="Old name")
    home.sync()
    home.connector.pages["notes"] = Page(b"No heading here.", "2", "New name")
    assert home.sync().changed == 1
    (passage,) = home.knowledge.search("heading", PUBLIC).passages
    assert passage.document.title == "New name"


def test_a_listing_that_fails_midway_deletes_nothing(home: Home) -> None:
    three(home)
    home.sync()
    home.connector.listing_fails_after = 2
    report = home.sync(allow_removals=True)
    assert report.error == "the wiki hung up midway: try again later."
    assert (report.listed, report.removed) == (0, 0)
    assert len(home.found("all about")) == 3
    home.connector.listing_fails_after = None
    assert home.sync().error is None


def test_a_listing_that_is_empty_deletes_nothing(home: Home) -> None:
    three(home)
    home.sync()
    home.connector.pages.clear()
    report = home.sync()
    assert report.error is not None
    assert "'wiki' lists nothing any more, and it had 3 documents, so none was deleted" in report.error
    assert "lore sync wiki --allow-removals" in report.error
    assert (report.removed, len(home.found("all about"))) == (0, 3)
    assert (home.sync(allow_removals=True).removed, home.found("all about")) == (3, [])


def test_what_is_no_longer_listed_is_hidden_before_the_rest_is_read(home: Home) -> None:
    three(home)
    home.sync()
    del home.connector.pages["salary"]
    home.connector.write("pension", "# Pension\n\nAll about pension.")
    seen: list[list[str]] = []
    home.syncs.sync(home.source, lambda progress: seen.append(sorted(home.found("all about"))))
    assert seen[0] == ["leave", "travel"]
    assert sorted(home.found("all about")) == ["leave", "pension", "travel"]


def test_what_was_hidden_and_is_listed_again_before_it_was_deleted_is_found_again(home: Home) -> None:
    three(home)
    home.sync()
    salary = home.connector.pages.pop("salary")

    def stop(progress: Progress) -> None:
        raise SyncError("stopped")

    assert home.syncs.sync(home.source, stop).error == "stopped"
    assert sorted(home.found("all about")) == ["leave", "travel"]
    home.connector.pages["salary"] = salary
    home.connector.taken()
    home.sync()
    assert (sorted(home.found("all about")), home.connector.taken()) == (["leave", "salary", "travel"], [])


def test_half_of_a_source_may_go_at_once(home: Home) -> None:
    three(home)
    home.connector.write("office", "# Office")
    home.sync()
    del home.connector.pages["travel"], home.connector.pages["office"]
    report = home.sync()
    assert (report.error, report.removed) == (None, 2)


def test_more_than_half_goes_only_when_that_is_allowed(home: Home) -> None:
    three(home)
    home.sync()
    del home.connector.pages["travel"], home.connector.pages["salary"]
    home.connector.write("pension", "# Pension")
    report = home.sync()
    assert report.error is not None
    assert "2 of 3 documents of 'wiki' are no longer listed" in report.error
    assert "lore sync wiki --allow-removals" in report.error
    assert (report.added, report.removed, len(home.found("all about"))) == (1, 0, 4)
    report = home.sync(allow_removals=True)
    assert (report.error, report.removed, sorted(home.found("all about"))) == (None, 2, ["leave", "pension"])


def test_an_unreadable_document_is_recorded_and_the_others_go_on(home: Home) -> None:
    three(home)
    home.connector.pages["salary"].content = b""
    report = home.sync()
    assert (report.added, report.failed, report.error) == (2, 1, None)
    assert home.errors() == {"salary": "salary.md is empty."}
    assert sorted(home.found("all about")) == ["leave", "travel"]


def test_an_unreadable_document_keeps_its_earlier_text_and_recovers(home: Home) -> None:
    three(home)
    home.sync()
    home.connector.pages["salary"] = Page(b"", "2", error="salary is locked: unlock it.")
    for _ in range(2):
        report = home.sync()
        assert (report.failed, report.changed) == (1, 0)
        assert home.errors() == {"salary": "salary is locked: unlock it."}
        assert "salary" in home.found("salary")
    home.connector.write("salary", "# Salary\n\nPaid on the 25th.", "3")
    report = home.sync()
    assert (report.failed, report.changed, home.errors()) == (0, 1, {})
    home.connector.taken()
    home.sync()
    assert home.connector.taken() == []


def test_whatever_goes_wrong_with_one_document_stops_no_other(home: Home) -> None:
    three(home)
    home.connector.pages["leave"].content = None  # type: ignore[assignment]
    report = home.sync()
    assert (report.added, report.failed, report.error) == (2, 1, None)
    assert "TypeError" in home.errors()["leave"]


def test_text_that_databases_refuse_stops_no_sync(home: Home) -> None:
    home.connector.pages["odd"] = Page(b"# A\0B \n\nleave\0 now", title="\ud800\0")
    home.connector.pages["locked"] = Page(b"", title="\0\udfff", error="\0 is \ud800 locked")
    report = home.sync()
    assert (report.added, report.failed, report.error) == (1, 1, None)
    assert home.errors() == {"locked": " is ? locked"}
    assert home.found("leave") == ["odd"]


def test_an_audience_that_changes_holds_without_fetching_or_embedding(home: Home) -> None:
    three(home)
    home.sync()
    home.connector.taken()
    home.embedder.taken()
    home.connector.pages["salary"].audience = HR
    report = home.sync()
    assert (report.changed, report.failed, report.chunks) == (1, 0, WriteCounts())
    assert (home.connector.taken(), home.embedder.taken()) == ([], [])
    assert (sorted(home.found("about")), home.found("about", HR)) == (["leave", "travel"], ["salary"])


def test_a_document_that_became_private_is_hidden_even_if_it_cannot_be_read(home: Home) -> None:
    three(home)
    home.sync()
    home.connector.pages["salary"] = Page(b"", "2", audience=HR, error="salary is locked.")
    assert home.sync().failed == 1
    assert "salary" not in home.found("salary")
    assert home.found("salary", HR) == ["salary"]


def test_a_sources_new_audience_is_that_of_its_documents(home: Home) -> None:
    three(home)
    home.connector.pages["salary"].audience = frozenset({"@payroll"})
    home.sync()
    report = home.syncs.sync(replace(home.source, audience=HR))
    assert (report.changed, home.found("about")) == (2, [])
    assert sorted(home.found("about", HR)) == ["leave", "travel"]
    with home.database.session() as session:
        assert session.scalars(select(SourceRow.audience)).one() == ["#hr"]


def test_two_sources_may_have_documents_of_one_id(home: Home) -> None:
    three(home)
    home.sync()
    other = scripted_source(home.connector, name="blog")
    assert home.syncs.sync(other).added == 3
    home.connector.pages.clear()
    home.syncs.sync(other, allow_removals=True)
    assert len(home.found("all about")) == 3


def test_a_source_is_not_synced_twice_at_once(home: Home) -> None:
    three(home)
    listing, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        listing.set()
        assert go_on.wait(30)

    home.connector.on_list = wait
    first = threading.Thread(target=home.sync)
    first.start()
    assert listing.wait(30)
    with pytest.raises(SyncError, match="'wiki' is being synced right now"):
        home.sync()
    go_on.set()
    first.join()
    assert home.sync().added == 0


def test_progress_ends_where_all_is_done(home: Home) -> None:
    three(home)
    home.connector.pages["salary"].content = b""
    told: list[Progress] = []
    home.syncs.sync(home.source, told.append)
    assert (told[0].done, told[0].total) == (0, 3)
    assert (told[-1].done, told[-1].total, told[-1].chunks) == (3, 3, 2)
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)


def test_each_run_leaves_a_row(home: Home) -> None:
    three(home)
    home.sync()
    home.connector.pages["leave"].content, home.connector.pages["leave"].revision = b"# Leave\n\nMore.", "2"
    home.connector.pages["salary"] = Page(b"", "2")
    del home.connector.pages["travel"]
    home.sync()
    home.connector.listing_fails_after = 0
    home.sync()
    with home.database.session() as session:
        first, second, third = session.scalars(select(SyncRunRow).order_by(SyncRunRow.id))
    assert (first.listed, first.added, first.chunks_embedded, first.error) == (3, 3, 3, None)
    assert (second.listed, second.changed, second.removed, second.failed) == (2, 1, 1, 1)
    assert (second.chunks_embedded, second.chunks_reused, second.chunks_removed) == (1, 0, 2)
    assert third.error == "the wiki hung up midway: try again later."
    for run in (first, second, third):
        assert run.finished_at is not None
        assert utc_now() - timedelta(minutes=5) < run.started_at <= run.finished_at <= utc_now()


def test_what_stops_a_run_unforeseen_is_in_its_row_and_raised(home: Home) -> None:
    def fail() -> None:
        raise OSError("the cable is out")

    home.connector.on_list = fail
    with pytest.raises(OSError, match="cable"):
        home.sync()
    with home.database.session() as session:
        assert session.scalars(select(SyncRunRow.error)).one() == "OSError: the cable is out"
    home.connector.on_list = lambda: None
    assert home.sync().error is None


def test_a_folder_of_files_is_synced_with_the_real_model(
    sqlite_url: str, index_folder: Path, tmp_path: Path, embedder: SentenceTransformerEmbedder
) -> None:
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "leave.md").write_text("# Holiday\n\nStaff are given 25 days of paid holiday a year.\n")
    (folder / "printer.md").write_text("# Printer\n\nThe printer is on the second floor.\n")
    database = Database.open(sqlite_url)
    index = EdgeIndex(index_folder, "the tests")
    counting = CountingEmbedder(embedder)
    knowledge = KnowledgeBase(database, index, counting, Bm25Encoder())
    knowledge.open()
    syncs = Syncs(database, knowledge)
    source = Source("handbook", "files", FilesConnector(folder), PUBLIC)
    assert syncs.sync(source).added == 2
    (best, *_) = knowledge.search("How much vacation do employees get?", PUBLIC).passages
    assert best.document.id == "leave.md"
    counting.taken()
    (folder / "printer.md").touch()
    assert syncs.sync(source).changed == 0
    assert counting.taken() == []
    index.close()
    with database.session() as session:
        assert len(session.scalars(select(DocumentRow)).all()) == 2
    database.close()
