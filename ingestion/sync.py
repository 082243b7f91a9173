"""One source, made equal to what its connector lists now. Stopped at any point and run again, it converges."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog

from ingestion.connectors import ConnectorError
from ingestion.holder import Holder
from ingestion.interruption import InterruptibleConnector, Interruption
from ingestion.lease import Lease, Leases, LeaseTakenError, NotDueError
from ingestion.one_sync import OneSync
from ingestion.parser_process import ParserProcesses
from ingestion.reading import Parse, Reading, ReadingHere
from ingestion.removal import Removed, remove_source
from ingestion.run_record import RunRecord
from ingestion.source import Source as Source
from ingestion.source_rows import ensure_source
from ingestion.sync_report import Progress as Progress
from ingestion.sync_report import SyncError as SyncError
from ingestion.sync_report import SyncReport as SyncReport
from storage.database import Database
from storage.knowledge import KnowledgeBase
from storage.tables import utc_now

log = structlog.get_logger()


class Syncs:
    """Syncs sources into a knowledge base, never one source twice at the same time, in whichever process.

    `leases` say which process has a source; without them, this one is named Lore to the others. `now` tells when a
    document that failed is to be tried again. `parse` parses documents; without it, processes of these syncs' own do.
    """

    def __init__(
        self,
        database: Database,
        knowledge: KnowledgeBase,
        leases: Leases | None = None,
        now: Callable[[], datetime] = utc_now,
        parse: Parse | None = None,
    ) -> None:
        self._database = database
        self._knowledge = knowledge
        self._leases = leases or Leases(database, Holder("Lore"))
        self._now = now
        self._reading = ReadingHere(knowledge, parse or ParserProcesses().parse)

    def sync(
        self,
        source: Source,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        allow_removals: bool = False,
        reading: Reading | None = None,
    ) -> SyncReport:
        """Make one source equal to what its connector lists.

        `allow_removals` lets it delete more than half of the source at once. `reading` reads what is fetched; without
        it, this process does. What goes wrong with the source stands in the report's `error`, and nothing is deleted
        then. Raises SyncError where the source is being synced
        already, by any process, and what the database, the index or the embedder raise.
        """
        source_id = ensure_source(self._database, source.name, source.connector_name, source.audience)
        try:
            with self._leases.hold(source_id) as lease:
                return self._sync(source, lease, on_progress, allow_removals, lambda: None, reading)
        except LeaseTakenError as error:
            raise SyncError(str(error)) from error

    def sync_due(self, source: Source, next_run: datetime, go_on: Callable[[], None]) -> SyncReport | None:
        """The same, where the source is due, which it is next at `next_run` then; None where it is not due (any more).

        `go_on` is called between any two documents, and raises Interruption to end the sync there.
        """
        source_id = ensure_source(self._database, source.name, source.connector_name, source.audience)
        try:
            with self._leases.hold(source_id, next_run) as lease:
                return self._sync(source, lease, lambda progress: None, False, go_on)
        except NotDueError:
            return None

    def remove(self, name: str) -> Removed:
        """Forget a source with its documents. Raises UnknownSourceError, and SyncError where it is being synced."""
        try:
            return remove_source(self._database, self._knowledge, self._leases, name)
        except (LeaseTakenError, Interruption) as error:
            raise SyncError(str(error)) from error

    def _sync(
        self,
        source: Source,
        lease: Lease,
        on_progress: Callable[[Progress], None],
        allow_removals: bool,
        go_on: Callable[[], None],
        reading: Reading | None = None,
    ) -> SyncReport:
        begun = time.monotonic()
        report = SyncReport(source.name)
        run = RunRecord(self._database, lease.source_id)

        def check() -> None:
            go_on()
            lease.check()

        def tell(progress: Progress) -> None:
            check()
            run.progress(progress, report)
            on_progress(progress)

        watched = replace(source, connector=InterruptibleConnector(source.connector, check))
        try:
            OneSync(
                self._database,
                self._knowledge,
                watched,
                lease.source_id,
                reading or self._reading,
                report,
                tell,
                self._now,
            ).run(allow_removals)
        except (ConnectorError, SyncError, Interruption) as error:
            report.error = str(error)
            log.warning("sync stopped", source=source.name, reason=report.error)
        except BaseException as error:
            report.error = f"{type(error).__name__}: {error}"
            raise
        finally:
            report.seconds = time.monotonic() - begun
            run.end(report)
        return report
