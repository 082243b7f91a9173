"""A run of a sync in SQL, from its beginning to its end: how far it is, for everybody to see, and what it did."""

import time

from sqlalchemy import update

from ingestion.sync_report import Progress, SyncReport
from storage.database import Database
from storage.storable import storable
from storage.tables import SyncRunRow, utc_now

WRITE_EVERY_SECONDS = 1.5

KILLED = "The process that ran it ended in its midst; the next run went on from there."


class RunRecord:
    """The row of one run. To be made by who has the lease on the source."""

    def __init__(self, database: Database, source_id: int) -> None:
        """Begins the run. One of the same source that never ended was killed: it is ended now."""
        self._database = database
        self._begun: float | None = None
        self._written = float("-inf")
        unfinished = (SyncRunRow.source_id == source_id, SyncRunRow.finished_at.is_(None))
        with database.session() as session:
            session.execute(update(SyncRunRow).where(*unfinished).values(finished_at=utc_now(), error=KILLED))
            run = SyncRunRow(source_id=source_id)
            session.add(run)
            session.flush()
            self._id = run.id

    def progress(self, progress: Progress, report: SyncReport) -> None:
        """How far it is; written once in a while, so that this costs nothing."""
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
        if now - self._written < WRITE_EVERY_SECONDS:
            return
        self._written = now
        seconds = now - self._begun
        with self._database.session() as session:
            session.execute(
                update(SyncRunRow)
                .where(SyncRunRow.id == self._id)
                .values(
                    listed=report.listed,
                    failed=report.failed,
                    done=progress.done,
                    total=progress.total,
                    chunks_embedded=progress.chunks,
                    per_second=progress.done / seconds if seconds > 0 and progress.done > 0 else None,
                    progress_at=utc_now(),
                )
            )

    def end(self, report: SyncReport) -> None:
        """What it did. A run whose source is removed by now has no row any more."""
        with self._database.session() as session:
            run = session.get(SyncRunRow, self._id)
            if run is None:
                return
            run.finished_at = utc_now()
            run.error = None if report.error is None else storable(report.error)
            run.listed, run.added, run.changed = report.listed, report.added, report.changed
            run.removed, run.failed = report.removed, report.failed
            run.chunks_embedded, run.chunks_reused = report.chunks.embedded, report.chunks.reused
            run.chunks_removed = report.chunks.removed
