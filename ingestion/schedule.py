"""Syncs that run by themselves: each source on its interval or cron line, one run of a source at a time."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import func, select

from ingestion.sync import Progress, Source, SyncError, Syncs
from storage.database import Database
from storage.tables import SourceRow, SyncRunRow

log = structlog.get_logger()

LATE_SECONDS = 3600
"""A run that could not start in time (the machine slept, say) is made up once within this time."""


class Schedule:
    """Runs the syncs of sources that have `every` or `cron`, on threads of its own, from `start` to `stop`."""

    def __init__(self, database: Database, syncs: Syncs, sources: Sequence[Source]) -> None:
        self._database = database
        self._syncs = syncs
        self._sources = sources
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": LATE_SECONDS}
        )

    def start(self) -> None:
        """Plan every source; one whose last sync is longer ago than its interval runs at once."""
        for source in self._sources:
            if source.every is not None:
                trigger = IntervalTrigger(seconds=source.every.total_seconds(), timezone=UTC)
                self._scheduler.add_job(
                    self._sync, trigger, args=[source], id=source.name, next_run_time=self._first_run(source)
                )
            elif source.cron is not None:
                self._scheduler.add_job(self._sync, cron_trigger(source.cron), args=[source], id=source.name)
        self._scheduler.start()

    def stop(self) -> None:
        """Plan nothing more, and stop the syncs that run, each within a batch: the next one goes on from there."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def sync_now(self, source: Source) -> bool:
        """Sync a source on this thread, besides what is planned; False where it is being synced already."""
        return self._sync(source)

    def next_run(self, name: str) -> datetime | None:
        """When a source is synced next; None where it is only synced by hand."""
        job = self._scheduler.get_job(name)
        next_run: datetime | None = job.next_run_time if job else None
        return next_run

    def _first_run(self, source: Source) -> datetime:
        now = datetime.now(UTC)
        query = (
            select(func.max(SyncRunRow.finished_at))
            .join(SourceRow)
            .where(SourceRow.name == source.name, SyncRunRow.error.is_(None))
        )
        with self._database.session() as session:
            last = session.scalar(query)
        if last is None or source.every is None:
            return now
        return max(now, last + source.every)

    def _sync(self, source: Source) -> bool:
        if self._stopping.is_set():
            return True
        try:
            report = self._syncs.sync(source, self._go_on)
        except SyncError as error:
            log.info("sync skipped", source=source.name, reason=str(error))
            return False
        except Exception:  # the outermost layer of a job: the next run must come whatever happened to this one
            log.exception("sync failed", source=source.name)
        else:
            if report.error is None:
                log.info("synced", source=source.name, listed=report.listed, added=report.added, changed=report.changed)
        return True

    def _go_on(self, progress: Progress) -> None:
        if self._stopping.is_set():
            raise SyncError("Lore was stopped; the next sync goes on from there.")


def cron_trigger(line: str) -> CronTrigger:
    """When a crontab's five fields say, by the clock on the wall of the machine. Raises ValueError for another line."""
    fields = line.split()
    if len(fields) != 5:
        raise ValueError(f"{line!r} has {len(fields)} fields, and a cron line has five")
    return CronTrigger.from_crontab(" ".join([*fields[:4], _weekdays(fields[4])]))


_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekdays(field: str) -> str:
    """Cron's weekdays by their names: cron counts from Sunday = 0, and APScheduler 3 from Monday = 0.

    https://github.com/agronholm/apscheduler/issues/286
    """
    if field == "*":
        return field
    names = []
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-6" if span == "*" else span).partition("-")
        start = _weekday(first)
        end = _weekday(last) if last else 6 if step else start
        # Friday to Sunday is 5 to 7, by number or by name.
        names += [_WEEKDAYS[day % 7] for day in range(start, end + 1 if end >= start else end + 8, int(step or 1))]
    return ",".join(dict.fromkeys(names))


def _weekday(name: str) -> int:
    try:
        return int(name) if name.isdecimal() and int(name) <= 7 else _WEEKDAYS.index(name)
    except ValueError:
        raise ValueError(f"{name!r} is no weekday: write 0 (Sunday) to 6, or sun to sat") from None
