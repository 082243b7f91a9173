"""Learning by itself: only where enough is new, and whatever happens to a run, the next one comes."""

from collections.abc import Callable

import pytest

from bot.learning_schedule import LearningSchedule
from learning.evidence import gather, import_lines
from learning.learn import Learner, LearningError, Outcome
from learning.recipe import Recipe
from learning.runs import LearningRun, RunState
from learning.training import OnProgress, TrainingProgress
from learning.triplet_lines import to_line
from storage.database import Database
from storage.versions import Sides
from tests.learning.made import snapshot, triplet


class ScriptedLearner(Learner):
    """Counts its runs, each of which comes to what is said here."""

    def __init__(self, ends: RunState | Exception) -> None:
        self._ends = ends
        self.runs = 0
        self.meanwhile: Callable[[], None] = lambda: None
        self._recipe = Recipe()

    def learn(
        self, sides: Sides = "question", seed: int = 0, dry_run: bool = False, on_progress: OnProgress | None = None
    ) -> Outcome:
        self.runs += 1
        self.meanwhile()
        assert on_progress is not None
        on_progress(TrainingProgress("training 1 of 4", 1, 9))
        if isinstance(self._ends, Exception):
            raise self._ends
        return Outcome(self._ends, "So it is.", 5, 5, 1.0)


def scheduled(database: Database, learner: Learner, fewest_new: int = 5) -> tuple[LearningSchedule, list[None]]:
    told: list[None] = []
    return LearningSchedule(database, learner, "0 3 * * *", fewest_new, lambda: told.append(None)), told


def add_triplets(database: Database, *numbers: int) -> None:
    right, wrong = snapshot("27 days of leave", "leave.md", "c1"), snapshot("the guests' Wi-Fi", "wifi.md", "c2")
    import_lines(database, [to_line(triplet(f"question {number}", right, wrong)) for number in numbers])


def record_run(database: Database, state: RunState) -> None:
    count = len(gather(database))
    with LearningRun(database, "question", 0, count, count, lambda progress: None) as run:
        run.finish(state, "So it is.")


def test_fewer_new_triplets_than_are_needed_start_nothing(database: Database) -> None:
    learner = ScriptedLearner("promoted")
    schedule, _ = scheduled(database, learner)
    add_triplets(database, 1, 2, 3, 4)
    schedule.run()
    assert learner.runs == 0
    add_triplets(database, 5)
    schedule.run()
    assert learner.runs == 1


@pytest.mark.parametrize("state", ["promoted", "refused"])
def test_triplets_are_new_since_the_last_run_that_came_to_a_verdict(database: Database, state: RunState) -> None:
    learner = ScriptedLearner("promoted")
    schedule, _ = scheduled(database, learner)
    add_triplets(database, *range(5))
    record_run(database, state)
    schedule.run()
    assert learner.runs == 0
    add_triplets(database, *range(5, 10))
    schedule.run()
    assert learner.runs == 1


@pytest.mark.parametrize("state", ["dry run", "failed", "stopped"])
def test_what_came_to_no_verdict_is_tried_again(database: Database, state: RunState) -> None:
    learner = ScriptedLearner("promoted")
    schedule, _ = scheduled(database, learner)
    add_triplets(database, *range(5))
    record_run(database, state)
    schedule.run()
    assert learner.runs == 1


@pytest.mark.parametrize(("state", "promotions"), [("promoted", 1), ("refused", 0)])
def test_only_a_promotion_is_told(database: Database, state: RunState, promotions: int) -> None:
    add_triplets(database, *range(5))
    schedule, told = scheduled(database, ScriptedLearner(state))
    schedule.run()
    assert len(told) == promotions


@pytest.mark.parametrize("error", [LearningError("Another run is under way."), ValueError("a defect")])
def test_a_run_that_fails_does_not_end_the_schedule(database: Database, error: Exception) -> None:
    add_triplets(database, *range(5))
    learner = ScriptedLearner(error)
    schedule, told = scheduled(database, learner)
    schedule.run()
    schedule.run()
    assert (learner.runs, told) == (2, [])


def test_stopping_stops_the_run_that_is_under_way(database: Database) -> None:
    add_triplets(database, *range(5))
    learner = ScriptedLearner("promoted")
    schedule, told = scheduled(database, learner)
    schedule.start()
    learner.meanwhile = schedule.stop
    schedule.run()
    assert (learner.runs, told) == (1, [])
