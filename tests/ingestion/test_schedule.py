"""Syncs that run by themselves, with the real scheduler: when they begin, never two at once, and how they end."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from ingestion.connectors import ConnectorError
from ingestion.cron import cron_trigger
from ingestion.due import next_run
from ingestion.schedule import Schedule
from ingestion.source_rows import pause, resume
from ingestion.sync import Progress, Source, SyncError
from storage.database import Database
from storage.document import PUBLIC
from storage.tables import SourceRow, SyncRunRow, utc_now
from tests.ingestion.conftest import Home, home_in
from tests.ingestion.scripted_source import ScriptedConnector, scripted_source

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """One engine is enough here, but for the one test of what the other says of the last run."""
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


@contextmanager
def scheduled(home: Home, *sources: Source) -> Iterator[Schedule]:
    schedule = Schedule(home.database, home.syncs, sources)
    schedule.start()
    try:
        yield schedule
    finally:
        schedule.stop()


def runs(home: Home) -> int:
    with home.database.session() as session:
        return session.scalar(select(func.count()).where(SyncRunRow.finished_at.is_not(None))) or 0


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


def every(home: Home, interval: timedelta) -> Source:
    return scripted_source(home.connector, every=interval)


def test_a_source_that_was_never_synced_is_synced_at_start_and_again_each_interval(home: Home) -> None:
    home.connector.write("leave", "# Leave")
    with scheduled(home, every(home, SECOND)):
        wait_for(lambda: runs(home) >= 1, 5)
        assert home.found("leave") == ["leave"]
        home.connector.write("salary", "# Salary")
        wait_for(lambda: len(home.found("salary")) == 2)
    assert runs(home) >= 2


def test_a_source_that_is_overdue_is_synced_at_start(home: Home) -> None:
    home.sync()
    with home.database.session() as session:
        session.execute(update(SyncRunRow).values(finished_at=utc_now() - 2 * HOUR))
    with scheduled(home, every(home, HOUR)):
        wait_for(lambda: runs(home) == 2)


def test_a_source_that_was_just_synced_waits_for_its_interval(home: Home) -> None:
    home.sync()
    with scheduled(home, every(home, HOUR)) as schedule:
        next_run = schedule.next_run("wiki")
        assert next_run is not None
        assert HOUR - timedelta(minutes=1) < next_run - datetime.now(UTC) <= HOUR
        time.sleep(0.3)
    assert runs(home) == 1


def test_postgresql_knows_when_the_last_run_was(postgres_url: str, index_folder: Path) -> None:
    database = Database.open(postgres_url)
    home = home_in(database, index_folder)
    home.sync()
    with scheduled(home, every(home, HOUR)) as schedule:
        next_run = schedule.next_run("wiki")
        assert next_run is not None
        assert HOUR - timedelta(minutes=1) < next_run - datetime.now(UTC) <= HOUR
    home.index.close()
    database.close()


def test_a_failed_run_does_not_put_off_the_next(home: Home) -> None:
    home.sync()
    home.connector.write("leave", "# Leave")
    home.connector.listing_fails_after = 0
    home.sync()
    with home.database.session() as session:
        first = session.scalars(select(SyncRunRow).order_by(SyncRunRow.id)).first()
        assert first is not None
        first.finished_at = utc_now() - 2 * HOUR
    home.connector.listing_fails_after = None
    with scheduled(home, every(home, HOUR)):
        wait_for(lambda: runs(home) == 3)


def due(home: Home) -> datetime | None:
    with home.database.session() as session:
        return session.scalar(select(SourceRow.next_run_at))


def miss(home: Home) -> None:
    """As if nothing had run for a while."""
    with home.database.session() as session:
        session.execute(update(SourceRow).values(next_run_at=utc_now() - 10 * HOUR))


def test_runs_that_were_missed_are_made_up_once(home: Home) -> None:
    source = Source("wiki", "scripted", home.connector, PUBLIC, cron="0 3 * * *")
    with scheduled(home, source):
        assert runs(home) == 0
    miss(home)
    with scheduled(home, source):
        wait_for(lambda: runs(home) == 1)
        time.sleep(0.3)
    assert runs(home) == 1
    assert (due(home) or utc_now()) > utc_now()


def test_a_restart_does_not_put_off_a_run(home: Home) -> None:
    with scheduled(home, every(home, HOUR)):
        wait_for(lambda: runs(home) == 1)
    planned = due(home)
    with scheduled(home, every(home, HOUR)):
        time.sleep(0.2)
        assert due(home) == planned
    assert runs(home) == 1


def test_a_schedule_that_changed_is_planned_anew(home: Home) -> None:
    with scheduled(home, every(home, HOUR)):
        wait_for(lambda: runs(home) == 1)
    with scheduled(home, every(home, 24 * HOUR)) as schedule:
        next_run = schedule.next_run("wiki")
    assert next_run is not None
    assert next_run - datetime.now(UTC) > 23 * HOUR
    with scheduled(home, home.source) as schedule:
        assert schedule.next_run("wiki") is None


def test_a_paused_source_waits_until_it_is_resumed_and_is_made_up_then(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.schedule.LOOK_EVERY_SECONDS", 0.1)
    with scheduled(home, every(home, HOUR)):
        wait_for(lambda: runs(home) == 1)
        assert pause(home.database, "wiki")
        miss(home)
        time.sleep(0.4)
        assert runs(home) == 1
        assert home.sync().error is None  # by hand it is
        assert resume(home.database, "wiki")
        wait_for(lambda: runs(home) == 3)
    assert not pause(home.database, "handbook")


def test_a_source_is_late_by_a_little_and_never_early(home: Home) -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for interval, most in [(HOUR, timedelta(minutes=1)), (SECOND, SECOND / 20)]:
        late = [next_run(every(home, interval), now) - now - interval for _ in range(50)]
        assert timedelta(0) <= min(late) < most / 2 < max(late) <= most
    exactly = replace(every(home, HOUR), jitter=timedelta(0))
    assert next_run(exactly, now) == now + HOUR


def test_how_far_a_sync_is_stands_in_sql_while_it_runs(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.run_record.WRITE_EVERY_SECONDS", 0.0)
    for number in range(6):
        home.connector.write(f"page{number}", f"# Page {number}\n\n" + "word " * 9_000)
    seen: list[tuple[float, int | None, float | None]] = []

    def look(progress: Progress) -> None:
        with home.database.session() as session:
            row = session.scalars(select(SyncRunRow)).one()
        seen.append((row.done, row.total, row.per_second))
        assert row.finished_at is None

    home.syncs.sync(home.source, look)
    assert seen[0] == (0.0, 6, None)
    assert seen[-1][:2] == (6.0, 6)
    assert (seen[-1][2] or 0) > 0


def test_a_source_without_a_schedule_is_left_alone(home: Home) -> None:
    with scheduled(home, home.source) as schedule:
        assert schedule.next_run("wiki") is None
        time.sleep(0.2)
    assert runs(home) == 0


def test_a_source_with_a_cron_line_is_planned_and_not_run_at_start(home: Home) -> None:
    source = Source("wiki", "scripted", home.connector, PUBLIC, cron="0 3 * * *")
    with scheduled(home, source) as schedule:
        next_run = schedule.next_run("wiki")
        assert next_run is not None
        assert (next_run.hour, next_run.minute) == (3, 0)
        assert next_run.utcoffset() == next_run.astimezone().utcoffset()
    assert runs(home) == 0


def test_a_slow_source_never_runs_twice_at_once_and_holds_up_no_other(home: Home) -> None:
    running = most = 0
    guard = threading.Lock()

    def slowly() -> None:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        time.sleep(1.3)
        with guard:
            running -= 1

    home.connector.on_list = slowly
    other = ScriptedConnector()
    other.write("news", "# News")
    with scheduled(home, every(home, SECOND / 2), scripted_source(other, every=HOUR, name="blog")):
        wait_for(lambda: home.found("news") == ["news"], 10)
        with pytest.raises(SyncError):  # by hand, meanwhile
            home.sync()
        wait_for(lambda: runs(home) >= 3)
    assert most == 1


def test_a_run_that_breaks_is_followed_by_the_next(home: Home) -> None:
    failures: list[Exception] = [OSError("unforeseen"), ConnectorError("foreseen")]

    def fail() -> None:
        if failures:
            raise failures.pop()

    home.connector.on_list = fail
    home.connector.write("leave", "# Leave")
    with scheduled(home, every(home, SECOND / 4)):
        wait_for(lambda: home.found("leave") == ["leave"])
    assert failures == []


def test_stopping_ends_a_long_sync_early_and_the_next_one_goes_on(home: Home) -> None:
    for number in range(30):
        home.connector.write(f"page{number}", f"# Page {number}\n\n" + "word " * 2_000)
    listed, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        listed.set()
        assert go_on.wait(30)

    home.connector.on_list = wait
    schedule = Schedule(home.database, home.syncs, [every(home, HOUR)])
    schedule.start()
    assert listed.wait(10)
    stopping = threading.Thread(target=schedule.stop)
    stopping.start()
    time.sleep(0.2)
    go_on.set()
    stopping.join(10)
    assert not stopping.is_alive()
    with home.database.session() as session:
        assert session.scalars(select(SyncRunRow.error)).one() == "Lore was stopped; the next sync goes on from there."
    assert (due(home) or utc_now() + HOUR) <= utc_now()
    home.connector.on_list = lambda: None
    assert home.sync().added == 30


def test_a_sync_that_does_not_hear_that_it_shall_stop_holds_up_nobody_for_long(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.schedule.STOP_SECONDS", 0.2)
    listed, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        listed.set()
        go_on.wait(30)

    home.connector.on_list = wait
    with scheduled(home, every(home, HOUR)):
        assert listed.wait(10)
    assert runs(home) == 0
    go_on.set()
    wait_for(lambda: runs(home) == 1)


def test_a_schedule_that_never_started_can_be_stopped(home: Home) -> None:
    Schedule(home.database, home.syncs, [every(home, HOUR)]).stop()


SUNDAY = datetime(2026, 3, 1, tzinfo=UTC)


def days_of(line: str) -> set[int]:
    """The weekdays that a cron line runs on, Sunday being 0 as in cron."""
    trigger = cron_trigger(line)
    trigger.timezone = UTC
    days = set()
    moment = trigger.get_next_fire_time(None, SUNDAY)
    while moment < SUNDAY + timedelta(days=7):
        days.add(moment.isoweekday() % 7)
        moment = trigger.get_next_fire_time(moment, moment + timedelta(seconds=1))
    return days


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", {0}),
        ("7", {0}),
        ("1", {1}),
        ("1-5", {1, 2, 3, 4, 5}),
        ("5-7", {5, 6, 0}),
        ("5-1", {5, 6, 0, 1}),
        ("0,3", {0, 3}),
        ("*/2", {0, 2, 4, 6}),
        ("1-5/2", {1, 3, 5}),
        ("sun", {0}),
        ("Fri-Sun", {5, 6, 0}),
        ("mon-fri", {1, 2, 3, 4, 5}),
        ("*", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_weekdays_are_counted_as_cron_counts_them(field: str, days: set[int]) -> None:
    assert days_of(f"0 3 * * {field}") == days


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_span_of_weekdays_is_the_days_from_one_to_the_other(first: int, last: int) -> None:
    expected = {(first + ahead) % 7 for ahead in range((last - first) % 7 + 1)}
    assert days_of(f"0 0 * * {first}-{last}") == expected


@pytest.mark.parametrize(
    "line", ["", "0 3 * *", "0 3 * * * *", "0 3 * * 8", "0 3 * * noday", "61 3 * * *", "x 3 * * *"]
)
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        cron_trigger(line)
