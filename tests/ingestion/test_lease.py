"""One process at a time syncs a source: who else wants to is told who does, and who dies or sleeps is made up for."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from ingestion.holder import Holder
from ingestion.lease import Leases, LeaseTakenError, NotDueError
from ingestion.run_record import KILLED
from ingestion.schedule import Schedule
from ingestion.source_rows import ensure_source
from ingestion.sync import Source, SyncError, Syncs
from storage.database import Database
from storage.document import PUBLIC
from storage.tables import SourceRow, SyncRunRow, utc_now
from tests.ingestion.conftest import Home, home_in
from tests.ingestion.scripted_source import ScriptedConnector, scripted_source

ROOT = Path(__file__).parents[2]
LEASE_SECONDS = 1.5
ELSEWHERE = Holder("lore worker", host="another", machine="another")
"""A holder that cannot tell which processes of this machine live."""


@contextmanager
def slow_sync(url: str, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process in the midst of a sync."""
    command = [sys.executable, "-m", "tests.ingestion.leased_sync", url, str(folder), str(LEASE_SECONDS)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def syncs_of(home: Home, holder: Holder) -> Syncs:
    return Syncs(home.database, home.knowledge, Leases(home.database, holder, LEASE_SECONDS))


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


def errors(home: Home) -> list[str | None]:
    with home.database.session() as session:
        return list(session.scalars(select(SyncRunRow.error).order_by(SyncRunRow.id)))


def runs(home: Home) -> int:
    with home.database.session() as session:
        return session.scalar(select(func.count()).where(SyncRunRow.finished_at.is_not(None))) or 0


def test_who_comes_second_is_told_who_was_first(home: Home, tmp_path: Path) -> None:
    home.connector.write("leave", "# Leave")
    with slow_sync(url_of(home.database), tmp_path / "other") as process:
        with pytest.raises(
            SyncError, match=rf"'wiki' is being synced right now by the slow one \(process {process.pid}"
        ):
            home.sync()
        time.sleep(LEASE_SECONDS * 1.5)  # it is renewed meanwhile
        with pytest.raises(SyncError, match="right now"):
            home.sync()


def test_a_killed_process_of_this_machine_stands_in_nobodys_way(home: Home, tmp_path: Path) -> None:
    home.connector.write("leave", "# Leave")
    with slow_sync(url_of(home.database), tmp_path / "other") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert home.sync(allow_removals=True).error is None
    assert errors(home) == [KILLED, None]
    assert home.found("leave") == ["leave"]


def test_a_killed_worker_is_made_up_for_by_another_after_the_lease(home: Home, tmp_path: Path) -> None:
    home.connector.write("leave", "# Leave")
    with slow_sync(url_of(home.database), tmp_path / "other") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed = time.monotonic()
        with pytest.raises(SyncError, match="the slow one"):
            syncs_of(home, ELSEWHERE).sync(home.source)
        schedule = Schedule(home.database, syncs_of(home, ELSEWHERE), [replace(home.source, every=timedelta(hours=1))])
        schedule.start()
        try:
            wait_for(lambda: home.found("leave") == ["leave"])
            assert LEASE_SECONDS / 2 < time.monotonic() - killed < LEASE_SECONDS * 3
        finally:
            schedule.stop()


def test_a_process_that_slept_through_its_lease_writes_no_more(home: Home, tmp_path: Path) -> None:
    home.connector.write("leave", "# Leave")
    with slow_sync(url_of(home.database), tmp_path / "other") as process:
        os.kill(process.pid, signal.SIGSTOP)
        other = syncs_of(home, ELSEWHERE)
        wait_for(lambda: _syncs(other, home.source))
        os.kill(process.pid, signal.SIGCONT)
        said, _ = process.communicate(timeout=30)
    assert "did nothing for so long that another one may sync the source" in said
    with home.database.session() as session:
        assert session.scalar(select(SourceRow.lease_token)) is None
    assert home.found("page leave old") == ["leave"]


def _syncs(syncs: Syncs, source: Source) -> bool:
    try:
        return syncs.sync(source, allow_removals=True).error is None
    except SyncError:
        return False


@pytest.mark.parametrize("next_run", [None, utc_now() + timedelta(hours=1)])
def test_of_many_that_want_a_lease_at_once_one_has_it(database: Database, next_run: datetime | None) -> None:
    source_id = ensure_source(database, "wiki", "scripted", PUBLIC)
    with database.session() as session:
        session.execute(update(SourceRow).values(next_run_at=utc_now()))
    together = threading.Barrier(8)
    had: list[int] = []
    refused: list[Exception] = []

    def want(number: int) -> None:
        leases = Leases(database, replace(ELSEWHERE, process=number))
        together.wait()
        try:
            with leases.hold(source_id, next_run):
                had.append(number)
                time.sleep(0.5)
        except (LeaseTakenError, NotDueError) as error:
            refused.append(error)

    threads = [threading.Thread(target=want, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(had), len(refused)) == (1, 7)


def test_two_schedules_share_the_runs_of_a_source(database: Database, tmp_path: Path) -> None:
    homes = [home_in(database, tmp_path / name) for name in ("one", "two")]
    running, most, listings = 0, 0, 0
    guard = threading.Lock()

    def list_slowly() -> None:
        nonlocal running, most, listings
        with guard:
            running, listings = running + 1, listings + 1
            most = max(most, running)
        time.sleep(0.1)
        with guard:
            running -= 1

    schedules = []
    for home, holder in zip(homes, (Holder("one"), ELSEWHERE), strict=True):
        connector = ScriptedConnector(on_list=list_slowly)
        source = scripted_source(connector, every=timedelta(seconds=0.5))
        schedules.append(Schedule(database, syncs_of(home, holder), [source]))
    begun = time.monotonic()
    for schedule in schedules:
        schedule.start()
    time.sleep(2.2)
    for schedule in schedules:
        schedule.stop()
    seconds = time.monotonic() - begun
    assert most == 1
    assert 3 <= listings <= seconds / 0.5 + 1
    for home in homes:
        home.index.close()
