"""A run of learning, in a straight line: evidence, training, judging, and, where the gate opens, promotion."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from learning.assess import Assessment, LearntFrom, assess
from learning.evidence import gather
from learning.figures import figures, measure_json
from learning.gate import FEWEST_DOCUMENTS, FEWEST_QUESTIONS, Measure
from learning.general_set import General
from learning.judging import PASSAGES, Rank, Ranked
from learning.lessons import Lesson, lessons
from learning.material import Material, gather_material
from learning.recipe import Recipe
from learning.runs import LearningRun, RunState, close_stopped_runs, drop_refused_weights
from learning.training import OnProgress, TrainingProgress, job_folder, run_training
from learning.training_job import Trained
from learning.triplets import MOST_SHARE
from storage.database import Database
from storage.embedder import Vectors
from storage.knowledge import KnowledgeBase
from storage.version_rows import VersionRows
from storage.versions import Sides, Version, VersionInfo


class LearningError(Exception):
    """Learning cannot run now; the message says why and what to do."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run. `version` names the version that was made, where one was; `figures` is for JSON."""

    state: RunState
    reason: str
    triplets: int
    questions: int
    seconds: float
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
        self._device = device
        self._most_share = most_share
        self._recipe = recipe or Recipe()

    def learn(
        self, sides: Sides = "question", seed: int = 0, dry_run: bool = False, on_progress: OnProgress | None = None
    ) -> Outcome:
        """Train, judge, and promote what the gate lets through; a dry run promotes nothing.

        `on_progress` may raise, which stops the run: the next one with the same votes goes on from there. Raises
        LearningError where another run is under way, and TrainingError.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._folder / "lock", blocking=False):
                close_stopped_runs(self._database)
                return self._run(sides, seed, dry_run, on_progress or (lambda progress: None))
        except Timeout as error:
            raise LearningError("Another run of learning is under way. `lore models` shows what came of it.") from error

    def _run(self, sides: Sides, seed: int, dry_run: bool, on_progress: OnProgress) -> Outcome:
        begun = time.monotonic()
        triplets = gather(self._database)
        to_learn = lessons(triplets, self._most_share)

        def outcome(state: RunState, reason: str, **more: Any) -> Outcome:
            return Outcome(state, reason, len(triplets), len(to_learn), time.monotonic() - begun, **more)

        with LearningRun(self._database, sides, seed, len(triplets), len(to_learn), on_progress) as run:
            if (reason := _too_few(to_learn)) is not None:
                run.finish("refused", reason)
                return outcome("refused", reason)
            run.progress(TrainingProgress("gathering what there is to learn from", 0, 1))
            current = self._knowledge.serving
            material = gather_material(self._database, self._knowledge, to_learn, self._general, seed)
            if (reason := _too_few([material.lessons[at] for at in material.judged])) is not None:
                run.finish("refused", reason)
                return outcome("refused", reason)
            start = (
                VersionRows(self._database).tensors(current.documents) if current.documents != current.base else None
            )
            job = material.job(current.base, start, self._device, seed, self._recipe)
            trained = run_training(job, self._folder, run.progress)
            run.progress(TrainingProgress("judging the candidate", 0, 1))
            learnt = LearntFrom.of(VersionRows(self._database).get(current.id).figures)
            assessment = assess(material, trained, current, learnt, self._rank(), seed)
            shutil.rmtree(job_folder(job, self._folder), ignore_errors=True)
            told = self._told(material, assessment, current)
            verdict = assessment.verdict
            state: RunState = "dry run" if dry_run else "promoted" if verdict.promote else "refused"
            version = None if dry_run else self._keep(current, material, trained, assessment, told)
            if version is not None and verdict.promote:
                self._knowledge.activate(version.id)
            run.finish(state, verdict.reason, told, version.id if version else None)
            return outcome(
                state,
                verdict.reason,
                version=version.name if version else None,
                measures=verdict.measures,
                figures=told,
            )

    def _start(self, current: Version) -> bytes | None:
        """What the model that the documents are embedded with changed of the base; None where it is the base."""
        if current.documents == current.base:
            return None
        return VersionRows(self._database).tensors(current.documents)

    def _rank(self) -> Rank:
        audience = self._knowledge.everyone_known()

        def rank(question: str, vector: Vectors, dense_weight: float) -> list[Ranked]:
            found = self._knowledge.search_by_vector(question, vector, audience, PASSAGES, dense_weight)
            return [
                Ranked((passage.document.source, passage.document.id), passage.scores.dense, passage.scores.bm25)
                for passage in found
            ]

        return rank

    def _told(self, material: Material, assessment: Assessment, current: Version) -> dict[str, Any]:
        before, after = figures(material, assessment)
        return {
            "before": before,
            "after": after,
            "measures": [measure_json(measure) for measure in assessment.verdict.measures],
            "share": assessment.setting.share,
            "fusion_weight": {"before": current.fusion_weight, "after": assessment.setting.dense_weight},
            "dense_scale": assessment.dense_scale,
        }

    def _keep(
        self, current: Version, material: Material, trained: Trained, assessment: Assessment, told: dict[str, Any]
    ) -> VersionInfo:
        """The candidate as a version, whatever the verdict: one that was refused says why."""
        verdict = assessment.verdict
        number = 1 + max((version.id for version in self._knowledge.versions()), default=0)
        version_id = self._knowledge.add_version(
            name=f"{current.base}+{number}",
            sides="question",
            tensors=trained.tensors[assessment.setting.share],
            fusion_weight=assessment.setting.dense_weight,
            dense_scale=assessment.dense_scale,
            state="candidate" if verdict.promote else "refused",
            reason=verdict.reason,
            figures={**told, "learnt_from": sorted(lesson.digest for lesson in material.lessons)},
        )
        drop_refused_weights(self._database)
        return next(version for version in self._knowledge.versions() if version.id == version_id)


def _too_few(to_learn: Sequence[Lesson]) -> str | None:
    documents = {key for lesson in to_learn for key in lesson.documents}
    if len(to_learn) >= FEWEST_QUESTIONS and len(documents) >= FEWEST_DOCUMENTS:
        return None
    return (
        f"Too few votes to learn from: they teach {len(to_learn)} questions about {len(documents)} documents that are "
        f"there now, and {FEWEST_QUESTIONS} about {FEWEST_DOCUMENTS} are needed to tell whether learning helps. "
        "Each vote is felt at once all the same."
    )
