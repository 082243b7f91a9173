"""Syncs that run by themselves: each source on its interval or cron line, one run of a source at a time."""

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import func, select

from ingestion.sync import Source, SyncError, Syncs
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
                # Cron lines mean the clock on the wall of the machine.
                self._scheduler.add_job(
                    self._sync, CronTrigger.from_crontab(source.cron), args=[source], id=source.name
                )
        self._scheduler.start()

    def stop(self) -> None:
        """Plan nothing more, and wait for the syncs that run."""
        self._scheduler.shutdown(wait=True)

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

    def _sync(self, source: Source) -> None:
        try:
            report = self._syncs.sync(source)
            log.info("synced", source=source.name, listed=report.listed, added=report.added, changed=report.changed)
        except SyncError as error:
            log.info("sync skipped", source=source.name, reason=str(error))
        except Exception:  # the outermost layer of a job: the next run must come whatever happened to this one
            log.exception("sync failed", source=source.name)
