"""Learning that runs by itself: at the times of a cron line, where enough is new since the last run."""

from collections.abc import Callable
from datetime import UTC

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from ingestion.cron import cron_trigger
from learning.evidence import gather
from learning.learn import Learner, LearningError
from learning.training import StoppedError, TrainingProgress
from storage.database import Database
from storage.tables import LearningRunRow

log = structlog.get_logger()

LATE_SECONDS = 3600
"""A run that could not start in time (the machine slept, say) is made up once within this time."""

JUDGED = ("promoted", "refused")
"""The states of runs that came to a verdict."""


class LearningSchedule:
    """Runs the learner on a thread of its own, from `start` to `stop`; `on_promotion` is told of each new version."""

    def __init__(
        self,
        database: Database,
        learner: Learner,
        cron_line: str,
        fewest_new: int,
        on_promotion: Callable[[], None],
    ) -> None:
        self._database = database
        self._learner = learner
        self._fewest_new = fewest_new
        self._on_promotion = on_promotion
        self._stopping = False
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": LATE_SECONDS}
        )
        self._scheduler.add_job(self.run, cron_trigger(cron_line), id="learning")

    def start(self) -> None:
        """Plan the next run."""
        self._scheduler.start()

    def stop(self) -> None:
        """Plan nothing more, and stop a run that is under way: the next one goes on from there."""
        self._stopping = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def run(self) -> None:
        """Learn, where at least so many triplets are new since the last run that came to a verdict."""
        try:
            new = self._new_triplets()
            if new < self._fewest_new:
                log.info("nothing to learn", new_triplets=new, needed=self._fewest_new)
                return
            outcome = self._learner.learn(on_progress=self._go_on)
        except (LearningError, StoppedError) as error:
            log.info("learning skipped", reason=str(error))
        except Exception:  # the outermost layer of a job: the next run must come whatever happened to this one
            log.exception("learning failed")
        else:
            log.info("learnt", state=outcome.state, reason=outcome.reason, seconds=round(outcome.seconds, 1))
            if outcome.state == "promoted":
                self._on_promotion()

    def _new_triplets(self) -> int:
        query = (
            select(LearningRunRow.triplets)
            .where(LearningRunRow.state.in_(JUDGED))
            .order_by(LearningRunRow.id.desc())
            .limit(1)
        )
        with self._database.session() as session:
            last = session.scalar(query)
        return len(gather(self._database)) - (last or 0)

    def _go_on(self, progress: TrainingProgress) -> None:
        if self._stopping:
            raise StoppedError("Lore was stopped; the next run goes on from there.")
