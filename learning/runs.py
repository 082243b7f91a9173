"""The record of learning in SQL: a row for each run, which tells how far it is while it runs, and what came of it."""

import time
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self

from sqlalchemy import delete, select, update

from learning.training import OnProgress, StoppedError, TrainingProgress
from storage.database import Database
from storage.tables import EmbeddingModelRow, LearningRunRow, ModelTensorsRow, utc_now
from storage.versions import Sides

RunState = Literal["promoted", "refused", "dry run", "failed", "stopped"]

SAY_EVERY_SECONDS = 1.0

RUNS_LISTED = 10

REFUSED_KEPT = 3
"""Refused versions whose weights are kept; of older ones, the reason and the figures stay."""


@dataclass(frozen=True)
class RunInfo:
    """What a list says of a run. `state` is a RunState, or running: then it is at `done` of `total` of `phase`."""

    started_at: datetime
    finished_at: datetime | None
    state: str
    sides: str
    triplets: int
    phase: str
    done: int
    total: int
    reason: str
    report: str | None


class LearningRun:
    """One run, as a context: its row is there from the beginning, and says of whatever ends the run how it ended."""

    def __init__(
        self,
        database: Database,
        sides: Sides,
        seed: int,
        triplets: int,
        questions: int,
        on_progress: OnProgress,
    ) -> None:
        self._database = database
        self._on_progress = on_progress
        self._said = 0.0
        row = LearningRunRow(sides=sides, seed=seed, triplets=triplets, questions=questions)
        with database.session() as session:
            session.add(row)
            session.flush()
            self.id = row.id
            self.started_at = row.started_at

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            failed = isinstance(error, Exception) and not isinstance(error, StoppedError)
            state: RunState = "failed" if failed else "stopped"
            self.finish(state, str(error) or type(error).__name__)

    def progress(self, progress: TrainingProgress) -> None:
        """Note how far the run is, once a second at most, and say it."""
        now = time.monotonic()
        if now - self._said >= SAY_EVERY_SECONDS:
            self._said = now
            self._set(phase=progress.phase, done=progress.done, total=progress.total)
        self._on_progress(progress)

    def finish(
        self,
        state: RunState,
        reason: str,
        figures: dict[str, Any] | None = None,
        model_id: int | None = None,
        report: str | None = None,
    ) -> None:
        """Note what came of the run."""
        self._set(
            state=state,
            reason=reason,
            figures=figures or {},
            model_id=model_id,
            report=report,
            finished_at=utc_now(),
        )

    def _set(self, **values: Any) -> None:
        with self._database.session() as session:
            session.execute(update(LearningRunRow).where(LearningRunRow.id == self.id).values(**values))


def latest_runs(database: Database, most: int = RUNS_LISTED) -> list[RunInfo]:
    """The runs that began last, the newest first."""
    with database.session() as session:
        rows = session.scalars(select(LearningRunRow).order_by(LearningRunRow.id.desc()).limit(most))
        return [
            RunInfo(
                row.started_at,
                row.finished_at,
                row.state,
                row.sides,
                row.triplets,
                row.phase,
                row.done,
                row.total,
                row.reason,
                row.report,
            )
            for row in rows
        ]


def close_stopped_runs(database: Database) -> None:
    """Mark the runs whose process was killed. To be called by who holds the lock that lets one run at a time."""
    with database.session() as session:
        session.execute(
            update(LearningRunRow)
            .where(LearningRunRow.state == "running")
            .values(state="stopped", reason="The process ended before the run did.", finished_at=utc_now())
        )


def drop_refused_weights(database: Database, kept: int = REFUSED_KEPT) -> None:
    """Delete the weights of all but the latest refused versions."""
    with database.session() as session:
        refused = session.scalars(
            select(EmbeddingModelRow.id)
            .where(EmbeddingModelRow.state == "refused")
            .order_by(EmbeddingModelRow.id.desc())
            .offset(kept)
        ).all()
        session.execute(delete(ModelTensorsRow).where(ModelTensorsRow.model_id.in_(refused)))
