"""Syncs that run by themselves: each source when SQL says that it is due, in one process of those that share it."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from ingestion.due import make_due, next_run, plan
from ingestion.interruption import Interruption
from ingestion.source_rows import ensure_source
from ingestion.sync import Progress, Source, SyncError, Syncs
from storage.clock import database_now
from storage.database import Database
from storage.tables import SourceRow

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 5.0
"""How soon it is noticed that a source was resumed, or that the process that synced it was killed."""

PAUSE_SECONDS = 1.0
"""After a sync that broke, which may have done so before its next time was written down."""

STOP_SECONDS = 25.0
"""What a process that is told to end has, in most places: 30 seconds from SIGTERM to SIGKILL."""

MOST_AT_ONCE = 10
"""Sources that one process syncs at the same time."""


class Schedule:
    """Runs the syncs of sources that have `every` or `cron`, on threads of its own, from `start` to `stop`.

    When a source is due, and who syncs it, is in SQL: several processes, on several machines, may run the same sources.
    """

    def __init__(
        self, database: Database, syncs: Syncs, sources: Sequence[Source], unplanned: Sequence[Source] = ()
    ) -> None:
        """`unplanned` are run like the others from when another process plans them."""
        self._database = database
        self._syncs = syncs
        self._planned = tuple(sources)
        self._sources = {source.name: source for source in (*sources, *unplanned)}
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._running: dict[str, threading.Thread] = {}
        self._looking = threading.Thread(target=self._look, name="schedule", daemon=True)

    def start(self) -> None:
        """Plan the sources; one that was not synced well within its interval, or missed its time, runs at once."""
        for source in self._planned:
            source_id = ensure_source(self._database, source.name, source.connector_name, source.audience)
            plan(self._database, source_id, source)
        self._looking.start()

    def stop(self) -> None:
        """Start nothing more, and stop the syncs that run, each between two documents: the next one goes on there.

        One that waits for its source for longer than `STOP_SECONDS` is left to end with the process.
        """
        self._stopping.set()
        self._wake.set()
        if self._looking.is_alive():
            self._looking.join()
        give_up = time.monotonic() + STOP_SECONDS
        for name, thread in list(self._running.items()):
            thread.join(max(0.0, give_up - time.monotonic()))
            if thread.is_alive():
                log.warning("sync not ended in time", source=name)

    def sync_now(self, source: Source) -> bool:
        """Sync a source on this thread, besides what is planned; False where it is being synced already.

        One that is paused is not synced.
        """

        def go_on(progress: Progress) -> None:
            if self._stopping.is_set():
                raise Interruption("Lore was stopped; the next sync goes on from there.")

        if self._stopping.is_set() or self._is_paused(source):
            return True
        try:
            self._syncs.sync(source, go_on)
        except SyncError as error:
            log.info("sync skipped", source=source.name, reason=str(error))
            return False
        except Exception:  # whatever happened to this one, the folder is watched on
            log.exception("sync failed", source=source.name)
        return True

    def next_run(self, name: str) -> datetime | None:
        """When a source is due, by this machine's clock on the wall; None where it is only synced by hand."""
        with self._database.session() as session:
            moment = session.scalar(select(SourceRow.next_run_at).where(SourceRow.name == name))
        return None if moment is None else moment.astimezone()

    def _is_paused(self, source: Source) -> bool:
        with self._database.session() as session:
            return session.scalar(select(SourceRow.paused_at).where(SourceRow.name == source.name)) is not None

    def _look(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                seconds = self._start_what_is_due()
            except Exception:  # the outermost layer of a thread: it looks again
                log.exception("what is due cannot be told")
                seconds = LOOK_EVERY_SECONDS
            self._wake.wait(seconds)

    def _start_what_is_due(self) -> float:
        """Returns the seconds until the next look."""
        scheduled = [source.name for source in self._sources.values() if source.every or source.cron]
        columns = (SourceRow.name, SourceRow.next_run_at, SourceRow.lease_token, SourceRow.leased_until)
        query = select(*columns).where(SourceRow.name.in_(scheduled), SourceRow.paused_at.is_(None))
        with self._database.session() as session:
            now = database_now(session)
            rows = session.execute(query.order_by(SourceRow.next_run_at)).all()
        later = timedelta(seconds=LOOK_EVERY_SECONDS)
        for name, due, token, leased_until in rows:
            if name in self._running:
                continue
            # Where another has the lease, it is due when that ends: a holder that is killed does not give it up.
            moment = due if token is None else leased_until
            if moment is None or moment > now:
                later = min(later, moment - now) if moment is not None else later
            elif len(self._running) < MOST_AT_ONCE:
                self._start(self._sources[name], now)
        return later.total_seconds()

    def _start(self, source: Source, now: datetime) -> None:
        thread = threading.Thread(target=self._sync, args=[source, now], name=f"sync-{source.name}", daemon=True)
        self._running[source.name] = thread
        thread.start()

    def _sync(self, source: Source, now: datetime) -> None:
        stopped = False

        def go_on() -> None:
            nonlocal stopped
            if self._stopping.is_set():
                stopped = True
                raise Interruption("Lore was stopped; the next sync goes on from there.")

        try:
            report = self._syncs.sync_due(source, next_run(source, now), go_on)
            if stopped:
                make_due(self._database, source.name)
        except Exception:  # the outermost layer of a job: the next run must come whatever happened to this one
            log.exception("sync failed", source=source.name)
            self._stopping.wait(PAUSE_SECONDS)
        else:
            if report is not None and report.error is None:
                log.info("synced", source=source.name, listed=report.listed, added=report.added, changed=report.changed)
        finally:
            del self._running[source.name]
            self._wake.set()
