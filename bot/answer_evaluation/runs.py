"""Evaluations of the questions that a company keeps: each is written down, and compared with those before it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.contract import Json
from storage.database import Database
from storage.measured_tables import EvaluationRunRow
from storage.tables import utc_now

WATCHED = {
    "page_among_first_5": ("retrieval", "right page among the first five", "answerable"),
    "answered": ("answers", "answerable questions answered", "answerable"),
    "abstained": ("answers", "unanswerable questions not answered", "unanswerable"),
    "containment_of_all": ("answers", "answerable questions whose reply holds the answer", "answerable"),
    "precision": ("citations", "citations that are right", "answerable"),
    "auroc": ("abstention", "AUROC of the confidence", "questions"),
}
"""What is compared, all better where it is higher: its group in the figures, its words, and what it is counted over."""

COMPARED = 10
"""Earlier runs of the same questions: with the best of them, so that a slow decline shows too."""

LEAST_FALL = 0.02
_QUESTIONS = 1.5
"""A figure that is lower by one question only has not fallen."""


@dataclass(frozen=True)
class Fallen:
    """A figure that was higher in an earlier run of the same questions."""

    name: str
    before: float
    now: float

    def __str__(self) -> str:
        return f"{WATCHED[self.name][1]}: {self.before:.3f} before, {self.now:.3f} now"


@dataclass(frozen=True)
class EvaluationRun:
    """A run as it was written down."""

    finished_at: datetime
    figures: dict[str, float]
    fallen: tuple[Fallen, ...]
    page: str


class EvaluationRuns:
    """The runs in the tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, figures: Json, digest: str, model: str, because: str) -> tuple[Fallen, ...]:
        """Write a run down; returns what fell. `because` says why it ran: schedule, promotion or command."""
        watched = watched_figures(figures)
        counts = {
            "questions": figures["questions"],
            "answerable": figures["answerable"],
            "unanswerable": figures["questions"] - figures["answerable"],
        }
        before = (
            select(EvaluationRunRow)
            .where(EvaluationRunRow.digest == digest)
            .order_by(EvaluationRunRow.id.desc())
            .limit(COMPARED)
        )
        with self._database.session() as session:
            earlier = [row.figures for row in session.scalars(before)]
            fallen = []
            for name, value in watched.items():
                best = max((one[name] for one in earlier if name in one), default=value)
                if best - value > max(LEAST_FALL, _QUESTIONS / max(1, counts[WATCHED[name][2]])):
                    fallen.append(Fallen(name, best, value))
            session.add(
                EvaluationRunRow(
                    finished_at=utc_now(),
                    digest=digest,
                    embedding_model=model,
                    because=because,
                    figures=watched,
                    fallen={one.name: [one.before, one.now] for one in fallen},
                    page=figures["page"],
                )
            )
        return tuple(fallen)

    def latest(self) -> EvaluationRun | None:
        """The last run, None where there was none."""
        with self._database.session() as session:
            row = session.scalar(select(EvaluationRunRow).order_by(EvaluationRunRow.id.desc()).limit(1))
        if row is None:
            return None
        fallen = tuple(Fallen(name, *values) for name, values in row.fallen.items() if name in WATCHED)
        return EvaluationRun(row.finished_at, dict[str, Any](row.figures), fallen, row.page)


def watched_figures(figures: Json) -> dict[str, float]:
    """Those of an evaluation's figures that are compared; what there was nothing to measure on is left out."""
    found = {name: figures[group][name] for name, (group, _, _) in WATCHED.items()}
    return {name: value for name, value in found.items() if value is not None}
