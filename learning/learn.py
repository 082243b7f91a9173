"""A run of learning, in a straight line: evidence, training, judging, and, where the gate opens, promotion."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from filelock import FileLock, Timeout

from learning.assess import Assessment, LearntFrom, assess
from learning.evidence import gather
from learning.figures import figures, measure_json
from learning.folds import components
from learning.gate import Measure, too_few
from learning.general_set import General
from learning.lessons import Lesson, lessons
from learning.material import Material, gather_material
from learning.recipe import BothSidesRecipe, Recipe
from learning.report.contents import Report
from learning.report.fill import fill
from learning.report.write import ReportError, write_report
from learning.runs import LearningRun, RunInfo, RunState, close_stopped_runs, drop_refused_weights, latest_runs
from learning.training import OnProgress, TrainingProgress
from learning.triplets import MOST_SHARE
from learning.ways import BothSides, QuestionSide, Way, Workshop
from storage.database import Database
from storage.knowledge import KnowledgeBase
from storage.tables import utc_now
from storage.version_rows import VersionRows
from storage.versions import Sides, Version

log = structlog.get_logger()


class LearningError(Exception):
    """Learning cannot run now; the message says why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run. `version` names the version that was made, where one was; `figures` is for JSON.

    `waiting` of the `questions` wait for a second voice (learning/doubt.py).
    """

    state: RunState
    reason: str
    triplets: int
    questions: int
    seconds: float
    waiting: int = 0
    version: str | None = None
    report: str | None = None
    measures: tuple[Measure, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)


class Learner:
    """Learns from the votes of a knowledge base. Its files, which a stopped run goes on from, stand in `folder`."""

    def __init__(
        self,
        database: Database,
        knowledge: KnowledgeBase,
        general: General,
        folder: Path,
        device: str | None = None,
        most_share: float = MOST_SHARE,
        recipe: Recipe | None = None,
    ) -> None:
        self._database = database
        self._knowledge = knowledge
        self._general = general
        self._folder = folder
        self._workshop = Workshop(database, knowledge, folder, device)
        self._most_share = most_share
        self._recipe = recipe or Recipe()

    def learn(
        self, sides: Sides = "question", seed: int = 0, dry_run: bool = False, on_progress: OnProgress | None = None
    ) -> Outcome:
        """Train, judge, and promote what the gate lets through; a dry run promotes nothing.

        `on_progress` may raise, which stops the run: the next one with the same votes goes on from there. Raises
        LearningError where another run is under way, and TrainingError.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LearningError(f"{self._folder} cannot be made: {error.strerror}. Check the disk.") from error
        try:
            with FileLock(self._folder / "lock", blocking=False):
                close_stopped_runs(self._database)
                self._forget_candidates()
                return self._run(sides, seed, dry_run, on_progress or (lambda progress: None))
        except Timeout as error:
            raise LearningError("Another run of learning is under way. `lore models` shows how far it is.") from error

    def runs(self) -> list[RunInfo]:
        """The latest runs, the newest first: one that is under way says how far it is."""
        return latest_runs(self._database)

    def _run(self, sides: Sides, seed: int, dry_run: bool, on_progress: OnProgress) -> Outcome:
        begun = time.monotonic()
        triplets = gather(self._database)
        to_learn = lessons(triplets, self._most_share)

        def outcome(state: RunState, reason: str, **more: Any) -> Outcome:
            return Outcome(state, reason, len(triplets), len(to_learn), time.monotonic() - begun, **more)

        with LearningRun(self._database, sides, seed, len(triplets), len(to_learn), on_progress) as run:
            current = self._knowledge.serving
            learnt = LearntFrom.of(VersionRows(self._database).get(current.id).figures)
            if (reason := _too_few(to_learn, learnt)) is not None:
                run.finish("refused", reason)
                return outcome("refused", reason)
            run.progress(TrainingProgress("gathering what there is to learn from", 0, 1))
            way = self._way(sides)
            material = gather_material(
                self._database, self._knowledge, to_learn, self._general, way.folds(len(to_learn)), seed
            )
            waiting = material.doubted
            if (reason := _too_few([material.lessons[at] for at in material.judged], learnt)) is not None:
                run.finish("refused", reason)
                return outcome("refused", reason, waiting=waiting)
            candidate = way.train(material, current, seed, run.progress)
            run.progress(TrainingProgress("judging the candidate", 0, 1))
            assessment = assess(material, candidate, current, learnt, self._workshop.rank(current), seed)
            verdict, told = assessment.verdict, _told(material, assessment, current)
            state: RunState = "dry run" if dry_run else "promoted" if verdict.promote else "refused"
            version = None
            if not dry_run:
                kept = {**told, "learnt_from": [lesson.digest for lesson in material.lessons]}
                version = way.keep(assessment, kept, "candidate" if verdict.promote else "refused")
            run.progress(TrainingProgress("writing the report", 0, 1))
            report = self._report(
                fill(
                    started=run.started_at,
                    finished=utc_now(),
                    sides=sides,
                    seed=seed,
                    state="dry_run" if state == "dry run" else "promoted" if state == "promoted" else "refused",
                    triplets=len(triplets),
                    current=current,
                    version=version.name if version else None,
                    material=material,
                    candidate=candidate,
                    assessment=assessment,
                    figures=told,
                    knowledge=self._knowledge,
                )
            )
            if version is None:
                way.drop()
            elif verdict.promote:
                self._knowledge.promote(version.id)
            else:
                way.refuse()
            drop_refused_weights(self._database)
            run.finish(state, verdict.reason, told, version.id if version else None, report)
            return outcome(
                state,
                verdict.reason,
                waiting=waiting,
                version=version.name if version else None,
                report=report,
                measures=verdict.measures,
                figures=told,
            )

    def _report(self, report: Report) -> str | None:
        """Write the page; where that cannot be done, what was learnt is not lost by it."""
        path = self._folder / "reports" / f"{report.run.started:%Y-%m-%d-%H%M%S}.html"
        try:
            write_report(report, path)
        except ReportError as error:
            log.warning("report not written", reason=str(error))
            return None
        return str(path)

    def _way(self, sides: Sides) -> Way:
        if sides == "both":
            return BothSides(self._workshop, BothSidesRecipe())
        return QuestionSide(self._workshop, self._recipe)

    def _forget_candidates(self) -> None:
        """Delete what a run left that was killed before its verdict was carried out."""
        for version in self._knowledge.versions():
            if version.state == "candidate" and not version.active:
                self._knowledge.forget_version(version.id)


def _told(material: Material, assessment: Assessment, current: Version) -> dict[str, Any]:
    before, after = figures(material, assessment)
    return {
        "before": before,
        "after": after,
        "measures": [measure_json(measure) for measure in assessment.verdict.measures],
        "share": assessment.setting.share,
        "fusion_weight": {"before": current.fusion_weight, "after": assessment.setting.dense_weight},
        "dense_scale": assessment.dense_scale,
    }


def _too_few(to_learn: Sequence[Lesson], learnt: LearntFrom) -> str | None:
    """Why training could not show a gain, however well it went, or None."""
    unseen = [lesson for lesson in to_learn if lesson.digest not in learnt.questions]
    documents = [lesson.documents for lesson in unseen if lesson.documents]
    return too_few(len(documents), len(set(components(documents).tolist())))
