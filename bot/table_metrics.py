"""What Prometheus is told of the tables: sources and their syncs, votes, and runs of learning."""

import threading
import time
from collections.abc import Iterable, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import case, func, select

from bot.answer_evaluation.runs import EvaluationRuns
from ingestion.source_status import Configured, SourceStatus, source_statuses
from storage.database import Database
from storage.tables import FeedbackRow, LearningRunRow, SourceRow, SyncRunRow

KEEP_SECONDS = 15.0
"""How long what was counted is told again: counting a million chunks takes a while."""


class TableMetrics(Collector):
    """Counts when it is asked to; what several processes do is in the tables of all."""

    def __init__(self, database: Database, configured: Sequence[Configured]) -> None:
        self._database = database
        self._configured = configured
        self._counting = threading.Lock()
        self._counted_at = float("-inf")
        self._counted: list[Metric] = []

    def describe(self) -> Iterable[Metric]:
        """Nothing: the tables are not read before somebody asks."""
        return []

    def collect(self) -> Iterable[Metric]:
        with self._counting:
            if time.monotonic() - self._counted_at > KEEP_SECONDS:
                statuses = source_statuses(self._database, self._configured)
                self._counted = [*_sources(statuses), *self._runs_and_votes(), *self._evaluation()]
                self._counted_at = time.monotonic()
            return self._counted

    def _runs_and_votes(self) -> Iterable[Metric]:
        outcome = case((SyncRunRow.error.is_(None), "good"), else_="failed")
        syncs = (
            select(SourceRow.name, outcome, func.count())
            .join(SyncRunRow.source)
            .where(SyncRunRow.finished_at.is_not(None))
            .group_by(SourceRow.name, outcome)
        )
        runs = CounterMetricFamily("lore_sync_runs", "Syncs that ended.", labels=["source", "outcome"])
        votes = GaugeMetricFamily("lore_feedback", "Votes that stand, with their reasons.", labels=["vote", "reason"])
        learning = CounterMetricFamily("lore_learning_runs", "Runs of learning that ended.", labels=["state"])
        cast = select(FeedbackRow.vote, FeedbackRow.reason, func.count()).group_by(FeedbackRow.vote, FeedbackRow.reason)
        learnt = (
            select(LearningRunRow.state, func.count())
            .where(LearningRunRow.finished_at.is_not(None))
            .group_by(LearningRunRow.state)
        )
        with self._database.session() as session:
            for source, outcome_name, count in session.execute(syncs):
                runs.add_metric([source, outcome_name], count)
            for vote, reason, count in session.execute(cast):
                votes.add_metric(["up" if vote > 0 else "down", reason or ""], count)
            for state, count in session.execute(learnt):
                learning.add_metric([state], count)
        return [runs, votes, learning]

    def _evaluation(self) -> Iterable[Metric]:
        figures = GaugeMetricFamily(
            "lore_evaluation", "Figures of the last evaluation of known questions, 0 to 1.", labels=["figure"]
        )
        fallen = GaugeMetricFamily(
            "lore_evaluation_fallen", "1 where that figure was higher in an earlier evaluation.", labels=["figure"]
        )
        run = EvaluationRuns(self._database).latest()
        if run is not None:
            for name, value in run.figures.items():
                figures.add_metric([name], value)
                fallen.add_metric([name], any(one.name == name for one in run.fallen))
        return [figures, fallen]


def _sources(statuses: Sequence[SourceStatus]) -> Iterable[Metric]:
    age = _of_sources("last_good_sync_age_seconds", "Since the last good sync ended; absent where there was none.")
    documents = _of_sources("documents", "Documents that are known.")
    failed = _of_sources("failed_documents", "Documents that could not be read the last time.")
    chunks = _of_sources("chunks", "Chunks that are searched.")
    paused = _of_sources("paused", "1 where the schedule is paused.")
    syncing = _of_sources("syncing", "1 while a sync runs.")
    for status in statuses:
        name = [status.name]
        if status.age is not None:
            age.add_metric(name, status.age.total_seconds())
        documents.add_metric(name, status.documents)
        failed.add_metric(name, status.failed_documents)
        chunks.add_metric(name, status.chunks)
        paused.add_metric(name, status.paused)
        syncing.add_metric(name, status.running is not None)
    return [age, documents, failed, chunks, paused, syncing]


def _of_sources(name: str, meaning: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"lore_source_{name}", meaning, labels=["source"])
