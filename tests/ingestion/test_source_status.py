"""What is told of each source: how much of it is kept, how fresh it is, what runs, and what went wrong."""

from datetime import timedelta

from sqlalchemy import update

from ingestion.source_rows import pause
from ingestion.source_status import Configured, SourceStatus, source_statuses
from ingestion.sync import Progress
from storage.document import PUBLIC
from storage.tables import SyncRunRow, utc_now
from tests.ingestion.conftest import Home
from tests.ingestion.scripted_source import Page

WIKI = Configured("wiki", "scripted", PUBLIC, "every 1h")


def status(home: Home) -> SourceStatus:
    [status] = source_statuses(home.database, [WIKI])
    return status


def test_a_source_that_was_never_synced_has_nothing_yet(home: Home) -> None:
    found = status(home)
    assert (found.name, found.configured, found.documents, found.chunks) == ("wiki", True, 0, 0)
    assert (found.last_good_sync, found.age, found.next_run, found.last_error, found.running) == (None,) * 5


def test_it_says_how_fresh_a_source_is_and_what_went_wrong_since(home: Home) -> None:
    home.connector.write("leave", "# Leave\n\nAll about leave.")
    home.connector.pages["salary"] = Page(b"", error="salary is locked.")
    home.sync()
    with home.database.session() as session:
        session.execute(update(SyncRunRow).values(finished_at=utc_now() - timedelta(hours=3)))
    home.connector.listing_fails_after = 0
    home.sync()
    pause(home.database, "wiki")
    found = status(home)
    assert (found.documents, found.failed_documents, found.chunks) == (2, 1, 1)
    assert found.age is not None
    assert timedelta(hours=3) <= found.age < timedelta(hours=3, minutes=5)
    assert found.last_error == "the wiki hung up midway: try again later."
    assert (found.paused, found.running) == (True, None)


def test_while_a_sync_runs_it_says_how_far_it_is(home: Home) -> None:
    for number in range(4):
        home.connector.write(f"page{number}", f"# Page {number}\n\nText.")
    seen: list[SourceStatus] = []
    home.syncs.sync(home.source, lambda progress: seen.append(status(home)))
    running = seen[0].running
    assert running is not None
    assert (running.done, running.total, running.failed, running.seconds_left) == (0.0, 4, 0, None)
    assert (running.holder or "").startswith("Lore (process ")
    assert status(home).running is None


def test_a_source_that_is_not_in_the_settings_any_more_is_named_and_can_be_removed(home: Home) -> None:
    for name in ("leave", "salary"):
        home.connector.write(name, f"# {name}\n\nAll about {name}.")
    home.sync()
    other = Configured("blog", "files", PUBLIC, None)
    assert [(one.name, one.configured) for one in source_statuses(home.database, [other])] == [
        ("blog", True),
        ("wiki", False),
    ]
    assert home.found("leave")
    removed = home.syncs.remove("wiki")
    assert (removed.documents, removed.chunks) == (2, 2)
    assert home.found("leave") == []
    assert home.contents() == ([], [], [])
    assert [one.name for one in source_statuses(home.database, [other])] == ["blog"]


def test_how_long_a_sync_goes_on_is_told_from_its_rate(home: Home) -> None:
    home.connector.write("leave", "# Leave")

    def look(progress: Progress) -> None:
        with home.database.session() as session:
            session.execute(update(SyncRunRow).values(done=30.0, total=90, per_second=2.0))
        running = status(home).running
        assert running is not None
        assert running.seconds_left == 30.0

    home.syncs.sync(home.source, look)
