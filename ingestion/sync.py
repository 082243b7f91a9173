"""One source, made equal to what its connector lists now. Stopped at any point and run again, it converges."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog
from sqlalchemy import select

from ingestion.connectors import ConnectorError
from ingestion.one_sync import OneSync
from ingestion.source import Source as Source
from ingestion.sync_report import Progress as Progress
from ingestion.sync_report import SyncError as SyncError
from ingestion.sync_report import SyncReport as SyncReport
from storage.database import Database
from storage.knowledge import KnowledgeBase
from storage.storable import storable
from storage.tables import SourceRow, SyncRunRow, utc_now

log = structlog.get_logger()


class Syncs:
    """Syncs sources into a knowledge base, never one source twice at the same time."""

    def __init__(self, database: Database, knowledge: KnowledgeBase, now: Callable[[], datetime] = utc_now) -> None:
        """`now` tells when a document that failed is to be tried again."""
        self._database = database
        self._knowledge = knowledge
        self._now = now
        self._running: set[str] = set()
        self._guard = threading.Lock()

    def sync(
        self,
        source: Source,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        allow_removals: bool = False,
    ) -> SyncReport:
        """Make one source equal to what its connector lists.

        `allow_removals` lets it delete more than half of the source at once. What goes wrong with the source stands
        in the report's `error`, and nothing is deleted then. Raises SyncError where the source is being synced
        already, and what the database, the index or the embedder raise.
        """
        with self._alone(source.name):
            begun = time.monotonic()
            report = SyncReport(source.name)
            source_id, run_id = self._begin(source)
            try:
                sync = OneSync(self._database, self._knowledge, source, source_id, report, on_progress, self._now)
                sync.run(allow_removals)
            except (ConnectorError, SyncError) as error:
                report.error = str(error)
                log.warning("sync stopped", source=source.name, reason=report.error)
            except BaseException as error:
                report.error = f"{type(error).__name__}: {error}"
                raise
            finally:
                report.seconds = time.monotonic() - begun
                self._end(run_id, report)
            return report

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with self._guard:
            if name in self._running:
                raise SyncError(f"The source {name!r} is being synced right now; wait until that is done.")
            self._running.add(name)
        try:
            yield
        finally:
            with self._guard:
                self._running.discard(name)

    def _begin(self, source: Source) -> tuple[int, int]:
        with self._database.session() as session:
            row = session.scalar(select(SourceRow).where(SourceRow.name == source.name))
            if row is None:
                row = SourceRow(name=source.name)
                session.add(row)
            row.connector, row.audience = source.connector_name, sorted(source.audience)
            session.flush()
            run = SyncRunRow(source_id=row.id)
            session.add(run)
            session.flush()
            return row.id, run.id

    def _end(self, run_id: int, report: SyncReport) -> None:
        with self._database.session() as session:
            run = session.get_one(SyncRunRow, run_id)
            run.finished_at = utc_now()
            run.error = None if report.error is None else storable(report.error)
            run.listed, run.added, run.changed = report.listed, report.added, report.changed
            run.removed, run.failed = report.removed, report.failed
            run.chunks_embedded, run.chunks_reused = report.chunks.embedded, report.chunks.reused
            run.chunks_removed = report.chunks.removed
