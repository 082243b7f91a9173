"""Asks the questions that a company keeps, at the times of a cron line and after each promotion."""

import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bot.answer_evaluation.kept import evaluate_kept
from bot.service import Service
from bot.settings import NEVER, Settings
from ingestion.cron import cron_trigger
from learning.evaluate import EvaluationError
from storage.database import Database

log = structlog.get_logger()

LATE_SECONDS = 3600
"""A run that could not start in time is made up once within this time."""

_LOW_PRIORITY = 10


class _StoppedError(Exception):
    """Lore is being stopped."""


class EvaluationSchedule:
    """Evaluates on a thread of its own, from `start` to `stop`, one run at a time.

    `before` is called first: it brings up to date what the answers depend on.
    """

    def __init__(self, service: Service, database: Database, settings: Settings, before: Callable[[], object]) -> None:
        self._service = service
        self._database = database
        self._settings = settings
        self._before = before
        self._stopping = False
        self._running = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": LATE_SECONDS}
        )
        if settings.eval_at != NEVER:
            self._scheduler.add_job(self._run_behind, cron_trigger(settings.eval_at), id="scheduled", args=["schedule"])

    def start(self) -> None:
        """Plan the next run."""
        self._scheduler.start()

    def after_promotion(self) -> None:
        """Run as soon as may be: another version serves."""
        self._scheduler.add_job(self._run_behind, id="promotion", args=["promotion"], replace_existing=True)

    def stop(self) -> None:
        """Plan nothing more, and give up a run that is under way."""
        self._stopping = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def run(self, because: str) -> None:
        """Evaluate now, in this thread; what goes wrong is logged."""
        try:
            with self._running:
                self._before()
                figures = evaluate_kept(self._service, self._database, self._settings, because, self._go_on)
        except _StoppedError:
            return
        except EvaluationError as error:
            log.warning("answers not evaluated", reason=str(error))
        except Exception:  # the outermost layer of a job: the next run must come whatever happened to this one
            log.exception("answers not evaluated")
        else:
            log.info("answers evaluated", because=because, fallen=len(figures["fallen"]), page=figures["page"])

    def _run_behind(self, because: str) -> None:
        """In a thread of the scheduler's, behind questions."""
        if sys.platform == "linux":  # elsewhere a thread has no rank of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOW_PRIORITY)
        self.run(because)

    def _go_on(self, done: int, total: int) -> None:
        if self._stopping:
            raise _StoppedError
