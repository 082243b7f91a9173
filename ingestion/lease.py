"""A lease on a source, in SQL: one process at a time has it, and one that was killed loses it within a minute."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update

from ingestion.holder import Holder
from ingestion.interruption import Interruption
from storage.clock import database_now
from storage.database import Database
from storage.database_error import DatabaseError
from storage.tables import SourceRow

log = structlog.get_logger()

LEASE_SECONDS = 60.0
RENEWALS = 4
"""How often a lease is renewed within its time."""

NO_LEASE = {
    "lease_token": None,
    "lease_holder": None,
    "lease_machine": None,
    "lease_process": None,
    "leased_until": None,
}


class LeaseTakenError(Exception):
    """Another has the lease; the message says who."""


class NotDueError(Exception):
    """The source is not due any more: another process was quicker, or it was paused."""


class Leases:
    """Leases for this process, as `holder`, of `seconds` by the database's clock. Safe to share between threads."""

    def __init__(self, database: Database, holder: Holder, seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._holder = holder
        self._seconds = seconds

    @contextmanager
    def hold(self, source_id: int, next_run: datetime | None = None) -> Iterator["Lease"]:
        """The lease on a source for as long as the block runs, renewed meanwhile.

        With `next_run` it is taken only where the source is due, and the source is due next at that moment, in one
        step: of several processes that find it due, one goes on. Raises LeaseTakenError, NotDueError.
        """
        lease = Lease(self._database, source_id, self._seconds)
        self._take(lease, next_run)
        lease.start()
        try:
            yield lease
        finally:
            lease.give_up()

    def _take(self, lease: "Lease", next_run: datetime | None) -> None:
        with self._database.session() as session:
            row = session.get_one(SourceRow, lease.source_id)
            begun = _elapsing()
            now = database_now(session)
            free = or_(SourceRow.lease_token.is_(None), SourceRow.leased_until <= now)
            if row.lease_token is not None and self._holder.knows_dead(row.lease_machine, row.lease_process):
                free = or_(free, SourceRow.lease_token == row.lease_token)
            take = (
                update(SourceRow)
                .where(SourceRow.id == lease.source_id, free)
                .values(
                    lease_token=lease.token,
                    lease_holder=str(self._holder),
                    lease_machine=self._holder.machine,
                    lease_process=self._holder.process,
                    leased_until=now + timedelta(seconds=self._seconds),
                )
                .returning(SourceRow.id)
            )
            if next_run is not None:
                # A token that nobody gave back: its holder was killed in the midst of a sync.
                due = or_(SourceRow.next_run_at <= now, SourceRow.lease_token.is_not(None))
                take = take.where(SourceRow.paused_at.is_(None), due).values(next_run_at=next_run)
            taken = session.scalar(take) is not None
        if taken:
            lease.taken(begun)
        elif next_run is not None:
            raise NotDueError
        else:
            raise LeaseTakenError(
                f"The source {row.name!r} is being synced right now by {row.lease_holder or 'another process'}; "
                "wait until that is done."
            )


class Lease:
    """A lease that this process has, until it is given up or lost."""

    def __init__(self, database: Database, source_id: int, seconds: float) -> None:
        self.source_id = source_id
        self.token = str(uuid.uuid4())
        self._database = database
        self._seconds = seconds
        self._renewed = 0.0
        self._renewing = threading.Lock()
        self._ended = threading.Event()
        self._lost = False
        self._heartbeat = threading.Thread(target=self._keep, name=f"lease-{source_id}", daemon=True)

    def taken(self, at: float) -> None:
        """It is this process's since `at`, by `_elapsing`."""
        self._renewed = at

    def start(self) -> None:
        """Renew it from now on."""
        self._heartbeat.start()

    def check(self) -> None:
        """Raise Interruption where another process may have the lease by now: this one was paused, say.

        To be called before each write. A lease that was not renewed lately is renewed here.
        """
        if not self._lost and _elapsing() - self._renewed > self._seconds / 2:
            try:
                self._renew()
            except DatabaseError as error:
                if _elapsing() - self._renewed > self._seconds:
                    raise Interruption(f"The lease on the source could not be renewed: {error}") from error
        if self._lost:
            raise Interruption(
                "This process did nothing for so long that another one may sync the source now, so it stopped. "
                "Nothing is lost; the next sync goes on from there."
            )

    def give_up(self) -> None:
        """Let others have it."""
        self._ended.set()
        self._heartbeat.join()
        mine = (SourceRow.id == self.source_id, SourceRow.lease_token == self.token)
        try:
            with self._database.session() as session:
                session.execute(update(SourceRow).where(*mine).values(**NO_LEASE))
        except DatabaseError as error:  # it ends by itself, and what the sync says matters more
            log.warning("lease not given up", reason=str(error))

    def _keep(self) -> None:
        while not self._lost and not self._ended.wait(self._seconds / RENEWALS):
            try:
                self._renew()
            except Exception as error:  # noqa: BLE001  # whatever it is, the next try may go better
                log.warning("lease not renewed", reason=str(error))

    def _renew(self) -> None:
        """Another may have taken it only after its time, and has put its own token there then."""
        with self._renewing:
            begun = _elapsing()
            with self._database.session() as session:
                until = database_now(session) + timedelta(seconds=self._seconds)
                mine = (SourceRow.id == self.source_id, SourceRow.lease_token == self.token)
                renew = update(SourceRow).where(*mine).values(leased_until=until).returning(SourceRow.id)
                self._lost = session.scalar(renew) is None
            self._renewed = begun


def holder_of(database: Database, name: str) -> str | None:
    """Who has the lease on this source now, or None."""
    with database.session() as session:
        query = select(SourceRow.lease_holder).where(
            SourceRow.name == name, SourceRow.leased_until > database_now(session)
        )
        return session.scalar(query)


def _elapsing() -> float:
    """Seconds that pass even while the machine sleeps, where its clocks can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
