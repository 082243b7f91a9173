"""What is known of each source: how much of it is kept, how fresh it is, and how far the sync is that runs now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.clock import database_now
from storage.database import Database
from storage.document import Audience
from storage.tables import ChunkRow, DocumentRow, SourceRow, SyncRunRow


@dataclass(frozen=True)
class Configured:
    """A source as lore.toml describes it; `schedule` is `every 1h` or `cron 0 3 * * *`, None where there is none."""

    name: str
    connector: str
    audience: Audience
    schedule: str | None


@dataclass(frozen=True)
class RunningSync:
    """A sync that runs: `done` of `total` changed documents (None until listed), `per_second` of them a second.

    `chunks` were embedded so far, `failed` documents could not be read. As of a second or two ago.
    """

    holder: str | None
    started_at: datetime
    done: float
    total: int | None
    failed: int
    chunks: int
    per_second: float | None

    @property
    def seconds_left(self) -> float | None:
        """How long it goes on at this rate; None where that cannot be told yet."""
        if self.total is None or not self.per_second:
            return None
        return max(0.0, self.total - self.done) / self.per_second


@dataclass(frozen=True)
class SourceStatus:
    """What is known of one source. `configured` is False where lore.toml has it no more: it answers as before then.

    `documents` counts those that could never be read too, `failed_documents` those that could not the last time.
    `age` is how long ago the last good sync ended; `last_error` says what was wrong with the last run, None if nothing.
    `next_run` is None where the source is only synced by hand, or was never planned.
    """

    name: str
    connector: str
    audience: Audience
    schedule: str | None
    configured: bool
    paused: bool
    documents: int
    failed_documents: int
    chunks: int
    last_good_sync: datetime | None
    age: timedelta | None
    next_run: datetime | None
    last_error: str | None
    running: RunningSync | None


def source_statuses(database: Database, configured: Sequence[Configured]) -> list[SourceStatus]:
    """All sources: those of lore.toml in its order, then those that it has no more."""
    with database.session() as session:
        now = database_now(session)
        rows = {row.name: row for row in session.scalars(select(SourceRow).order_by(SourceRow.name))}
        facts = _Facts(session)
    named = [one.name for one in configured]
    gone = [Configured(row.name, row.connector, frozenset(row.audience), None) for row in rows.values()]
    return [
        _status(one, one.name in named, rows.get(one.name), facts, now)
        for one in [*configured, *(one for one in gone if one.name not in named)]
    ]


class _Facts:
    """What the tables say of all sources, by their ids: a query each, however many sources there are."""

    def __init__(self, session: Session) -> None:
        of_documents = DocumentRow.source_id
        of_runs = SyncRunRow.source_id
        failed = func.count(DocumentRow.error)
        query = select(of_documents, func.count(), failed).group_by(of_documents)
        self.documents = {id: (count, failed) for id, count, failed in session.execute(query)}
        chunks = select(of_documents, func.count(ChunkRow.id)).join(ChunkRow.document).group_by(of_documents)
        self.chunks = dict(session.execute(chunks).all())
        good = select(of_runs, func.max(SyncRunRow.finished_at)).where(SyncRunRow.error.is_(None)).group_by(of_runs)
        self.last_good = dict(session.execute(good).all())
        ended = select(func.max(SyncRunRow.id)).where(SyncRunRow.finished_at.is_not(None)).group_by(of_runs)
        last = select(of_runs, SyncRunRow.error).where(SyncRunRow.id.in_(ended))
        self.last_error = dict(session.execute(last).all())
        unfinished = select(SyncRunRow).where(SyncRunRow.finished_at.is_(None)).order_by(SyncRunRow.id)
        self.running = {run.source_id: run for run in session.scalars(unfinished)}


def _status(one: Configured, configured: bool, row: SourceRow | None, facts: _Facts, now: datetime) -> SourceStatus:
    id = row.id if row is not None else 0
    documents, failed = facts.documents.get(id, (0, 0))
    last_good = facts.last_good.get(id)
    return SourceStatus(
        name=one.name,
        connector=one.connector,
        audience=one.audience,
        schedule=one.schedule,
        configured=configured,
        paused=row is not None and row.paused_at is not None,
        documents=documents,
        failed_documents=failed,
        chunks=facts.chunks.get(id, 0),
        last_good_sync=last_good,
        age=None if last_good is None else max(timedelta(0), now - last_good),
        next_run=row.next_run_at if row is not None and configured and row.paused_at is None else None,
        last_error=facts.last_error.get(id),
        running=_running(row, facts.running.get(id), now),
    )


def _running(row: SourceRow | None, run: SyncRunRow | None, now: datetime) -> RunningSync | None:
    """None where nobody has the lease: the process that ran the sync was killed."""
    if row is None or run is None or row.leased_until is None or row.leased_until <= now:
        return None
    return RunningSync(
        holder=row.lease_holder,
        started_at=run.started_at,
        done=run.done,
        total=run.total,
        failed=run.failed,
        chunks=run.chunks_embedded,
        per_second=run.per_second,
    )
