"""What Prometheus is told at /metrics: answers and their times, and what the tables say. Never a text of anybody's."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest, start_http_server

from bot.answering.context import ALONE, Context
from bot.settings import Settings, SettingsError
from bot.slack.reply import Answers
from bot.sources import described_sources
from bot.table_metrics import TableMetrics
from storage.database import Database
from storage.document import Audience
from storage.questions import Answer

_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The metrics of this process. Safe to share between threads."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._registry = CollectorRegistry()
        self._answers = Histogram(
            "lore_answer_seconds",
            "From the question to the last character of its answer, by kind: answered, abstained or failed.",
            ["kind"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        for kind in ("answered", "abstained", "failed"):
            self._answers.labels(kind)
        ProcessCollector(registry=self._registry)
        self._registry.register(TableMetrics(database, described_sources(settings, database)))

    def answered(self, kind: str, seconds: float) -> None:
        """A question was answered in Slack."""
        self._answers.labels(kind).observe(seconds)

    def exposition(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry)

    @contextmanager
    def served(self, host: str, port: int | None) -> Iterator[None]:
        """At this address, whatever the path, for as long as the block runs; nowhere without a port."""
        if port is None:
            yield
            return
        try:
            server, thread = start_http_server(port, host, self._registry)
        except OSError as error:
            raise SettingsError(
                f"Metrics cannot be served at {host}:{port}: {error.strerror}. Set METRICS_PORT to a free port, or "
                "METRICS_HOST to an address of this machine."
            ) from error
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class MeasuredAnswers:
    """Other answers, and how long each takes."""

    def __init__(self, answers: Answers, metrics: Metrics) -> None:
        self._answers = answers
        self._metrics = metrics

    def answer(
        self,
        question: str,
        audience: Audience,
        on_text: Callable[[str], None] | None = None,
        context: Context = ALONE,
    ) -> Answer:
        begun = time.perf_counter()
        answer = self._answers.answer(question, audience, on_text, context)
        self._metrics.answered(answer.kind, time.perf_counter() - begun)
        return answer
