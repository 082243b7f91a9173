"""When a source is due: by its interval or cron line, a little late at random so that not all come at once."""

import random
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import func, or_, select, update

from ingestion.cron import cron_trigger
from ingestion.source import Source
from storage.clock import database_now
from storage.database import Database
from storage.tables import SourceRow, SyncRunRow

JITTER_SHARE = 0.05
MOST_JITTER = timedelta(minutes=1)
"""By default a run is late by up to this share of the interval, and at most so much."""


_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


def schedule_text(every: timedelta | None, cron: str | None) -> str | None:
    """`every 1h` or `cron 0 3 * * *`; None where there is neither."""
    if every is not None:
        seconds = every.total_seconds()
        unit, size = next((unit for unit in _UNITS if seconds % unit[1] == 0), ("s", 1))
        return f"every {seconds / size:g}{unit}"
    return None if cron is None else f"cron {cron}"


def next_run(source: Source, now: datetime) -> datetime:
    """When the source is due next, after a run that begins `now`. Whatever was missed before is not made up again."""
    trigger = _trigger(source)
    first: datetime = trigger.get_next_fire_time(now, now)
    second = trigger.get_next_fire_time(first, first)
    jitter = min(JITTER_SHARE * (second - first), MOST_JITTER) if source.jitter is None else source.jitter
    return first + random.uniform(0, 1) * jitter


def plan(database: Database, source_id: int, source: Source) -> None:
    """Write down when the source is due, where that is not written down for this schedule yet.

    A source with an interval that was not synced well within it is due at once. One whose schedule is as before keeps
    its time, also where that is past by now: a missed run is made up once.
    """
    schedule = schedule_text(source.every, source.cron)
    row = SourceRow.id == source_id
    if schedule is None:
        with database.session() as session:
            session.execute(update(SourceRow).where(row).values(schedule=None, next_run_at=None))
        return
    last_good = select(func.max(SyncRunRow.finished_at)).where(
        SyncRunRow.source_id == source_id, SyncRunRow.error.is_(None)
    )
    with database.session() as session:
        now, last = database_now(session), session.scalar(last_good)
        if source.every is None:
            first = next_run(source, now)
        else:
            first = now if last is None else max(now, last + source.every)
        other = or_(SourceRow.schedule.is_distinct_from(schedule), SourceRow.next_run_at.is_(None))
        session.execute(update(SourceRow).where(row, other).values(schedule=schedule, next_run_at=first))


def make_due(database: Database, name: str) -> None:
    """Have the source synced at the next opportunity: what its run began is not to wait for the next one's time."""
    with database.session() as session:
        now = database_now(session)
        session.execute(update(SourceRow).where(SourceRow.name == name).values(next_run_at=now))


def _trigger(source: Source) -> BaseTrigger:
    if source.every is not None:
        return IntervalTrigger(seconds=source.every.total_seconds(), timezone=UTC)
    if source.cron is not None:
        return cron_trigger(source.cron)
    raise ValueError(f"The source {source.name!r} has no schedule.")
