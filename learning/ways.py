"""The two ways to train a candidate, each from the material to a version: the question side alone, or both sides."""

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from learning.assess import Assessment, Candidate
from learning.both_sides import TextTriplet
from learning.both_sides_job import BothSidesJob
from learning.judging import PASSAGES, Rank, Ranked, ReadQuestions
from learning.material import Material, embed_questions
from learning.recipe import BothSidesRecipe, Recipe
from learning.training import OnProgress, TrainingProgress, job_folder, run_training
from learning.training_job import Trained
from storage.database import Database
from storage.embedder import Vectors
from storage.knowledge import KnowledgeBase
from storage.scope import Scope
from storage.version_rows import VersionRows
from storage.versions import State, Version, VersionInfo

FOLDS, FOLDS_OF_FEW = 3, 5
FEW_LESSONS = 400
"""Down from which each lesson is dear: in five folds a training sees four fifths of them, in three two thirds."""

HELD_OUT_FOLD = 0
"""Of both sides there is one training, for it is dear: this fold judges it, and it serves as it was judged."""


class Way(Protocol):
    """Trains a candidate, and keeps it as a version once it is judged."""

    def folds(self, lessons: int) -> int:
        """In how many folds so many lessons are parted."""
        ...

    def train(self, material: Material, current: Version, seed: int, on_progress: OnProgress) -> Candidate: ...

    def keep(self, assessment: Assessment, figures: dict[str, Any], state: State) -> VersionInfo:
        """The candidate as a version, whatever the verdict: one that was refused says why."""
        ...

    def refuse(self) -> None:
        """Free what only a version that serves needs."""
        ...

    def drop(self) -> None:
        """Leave nothing of the candidate, after a dry run."""
        ...


@dataclass
class Workshop:
    """What both ways work with. `folder` is where trainings stand until they end."""

    database: Database
    knowledge: KnowledgeBase
    folder: Path
    device: str | None

    def start(self, current: Version) -> bytes | None:
        """What the model that the documents are embedded with changed of the base; None where it is the base."""
        return None if current.documents == current.base else VersionRows(self.database).tensors(current.documents)

    def rank(self, version: Version) -> Rank:
        """The production path through this version's documents, over everything that anybody may see."""
        audience = self.knowledge.everyone_known()

        def rank(question: str, vector: Vectors, dense_weight: float) -> list[Ranked]:
            found = self.knowledge.search_by_vector(question, vector, audience, PASSAGES, dense_weight, version)
            return [
                Ranked((passage.document.source, passage.document.id), passage.scores.dense, passage.scores.bm25)
                for passage in found
            ]

        return rank

    def next_name(self, base: str) -> str:
        """A name for the next version."""
        return f"{base}+{1 + max((version.id for version in self.knowledge.versions()), default=0)}"

    def version(self, version_id: int) -> VersionInfo:
        """What the list says of a version."""
        return next(version for version in self.knowledge.versions() if version.id == version_id)


@dataclass
class QuestionSide:
    """Cross-fitted: a training for each fold judges the recipe, and one on all lessons makes the version."""

    workshop: Workshop
    recipe: Recipe
    _trained: Trained | None = field(default=None, init=False)
    _scope: Scope | None = field(default=None, init=False)
    _base: str = field(default="", init=False)
    _files: Path | None = field(default=None, init=False)

    def folds(self, lessons: int) -> int:
        return FOLDS_OF_FEW if lessons <= FEW_LESSONS else FOLDS

    def train(self, material: Material, current: Version, seed: int, on_progress: OnProgress) -> Candidate:
        """Train a copy of the documents' model to embed questions; the documents keep their vectors."""
        workshop = self.workshop
        job = material.job(current.base, workshop.start(current), workshop.device, seed, self.recipe)
        trained = run_training(job, workshop.folder, on_progress)
        self._trained, self._base, self._files = trained, current.base, job_folder(job, workshop.folder)
        self._scope = Scope(material.untrained)
        return cross_fitted(material, trained, current, workshop.rank(current))

    def keep(self, assessment: Assessment, figures: dict[str, Any], state: State) -> VersionInfo:
        if self._trained is None:
            raise ValueError("Nothing is trained yet.")
        version_id = self.workshop.knowledge.add_version(
            name=self.workshop.next_name(self._base),
            sides="question",
            tensors=self._trained.tensors[assessment.setting.share],
            fusion_weight=assessment.setting.dense_weight,
            dense_scale=assessment.dense_scale,
            state=state,
            reason=assessment.verdict.reason,
            figures=figures,
            scope=self._scope,
        )
        _remove(self._files)
        return self.workshop.version(version_id)

    def refuse(self) -> None:
        """Nothing was embedded for it."""

    def drop(self) -> None:
        self._trained = None
        _remove(self._files)


def cross_fitted(material: Material, trained: Trained, current: Version, rank: Rank) -> Candidate:
    """What is judged of a question side: every lesson that can be, by the training that did not see it."""
    rows = material.judged
    return Candidate(
        rows=rows,
        fold=material.fold[rows],
        unvoted=material.unvoted[rows],
        held_out={share: asked[rows] for share, asked in trained.held_out.items()},
        probes=trained.probes,
        rank=rank,
        documents=current.document_embedder,
        version=current,
        curves=trained.curves,
    )


@dataclass
class BothSides:
    """One training on all folds but one; its documents are embedded beside those that serve, and judged there."""

    workshop: Workshop
    recipe: BothSidesRecipe
    _version_id: int | None = field(default=None, init=False)
    _files: Path | None = field(default=None, init=False)

    def folds(self, lessons: int) -> int:
        return FOLDS

    def train(self, material: Material, current: Version, seed: int, on_progress: OnProgress) -> Candidate:
        """Train questions and documents, and embed the documents anew."""
        workshop = self.workshop
        job = BothSidesJob(
            base=current.base,
            start=workshop.start(current),
            device=workshop.device,
            seed=seed,
            recipe=self.recipe,
            triplets=tuple(_text_triplets(material, seed)),
        )
        trained = run_training(job, workshop.folder, on_progress)
        self._version_id = workshop.knowledge.add_version(
            name=workshop.next_name(current.base),
            sides="both",
            tensors=trained.tensors,
            fusion_weight=current.fusion_weight,
            dense_scale=1.0,
            state="candidate",
            reason="",
            figures={},
        )
        self._files = job_folder(job, workshop.folder)
        version = workshop.knowledge.embed_documents(self._version_id, *_counted(on_progress))
        rows = np.array([at for at in material.judged if material.fold[at] == HELD_OUT_FOLD], dtype=np.intp)
        return Candidate(
            rows=rows,
            fold=np.arange(len(rows)) % 2,
            unvoted=material.unvoted[rows],
            held_out={1.0: _read(version, [material.lessons[at].question for at in rows])},
            probes={1.0: _read(version, material.probes)},
            rank=workshop.rank(version),
            documents=version.document_embedder,
            version=version,
            curves={"both sides": trained.curve},
        )

    def keep(self, assessment: Assessment, figures: dict[str, Any], state: State) -> VersionInfo:
        if self._version_id is None:
            raise ValueError("Nothing is trained yet.")
        VersionRows(self.workshop.database).judge(
            self._version_id,
            state,
            assessment.verdict.reason,
            figures,
            assessment.setting.dense_weight,
            assessment.dense_scale,
        )
        _remove(self._files)
        return self.workshop.version(self._version_id)

    def refuse(self) -> None:
        if self._version_id is not None:
            self.workshop.knowledge.drop_documents(self._version_id)

    def drop(self) -> None:
        if self._version_id is not None:
            self.workshop.knowledge.forget_version(self._version_id)
        _remove(self._files)


def _read(version: Version, texts: Sequence[str]) -> ReadQuestions:
    """Questions as this version of both sides reads them, which holds everywhere."""
    return ReadQuestions(embed_questions(version.questions, texts), np.ones(len(texts), dtype=np.float32))


def _remove(files: Path | None) -> None:
    """Not before the candidate is judged: a run that is killed until then need not train again."""
    if files is not None:
        shutil.rmtree(files, ignore_errors=True)


def _text_triplets(material: Material, seed: int) -> list[TextTriplet]:
    """Of each lesson that is learnt, its right texts, each with a hard negative where it has one, else with another
    lesson's."""
    texts = [chunk.embedded for chunk in material.corpus.chunks]
    drawn = random.Random(seed)
    found = []
    for rows, fold, lesson in zip(material.rows, material.fold, material.lessons, strict=True):
        right = [row for row in rows.right if row < len(texts)]
        if fold == HELD_OUT_FOLD or not right:
            continue
        hard = [row for row in rows.hard if row < len(texts)] or [drawn.randrange(len(texts))]
        found.append(TextTriplet(lesson.question, texts[drawn.choice(right)], texts[drawn.choice(hard)]))
    return found


def _counted(on_progress: OnProgress) -> tuple[Callable[[int], None], Callable[[int], None]]:
    """Progress in chunks: what is told of each batch, and of how many there are."""
    done, total = [0], [0]

    def advance(chunks: int) -> None:
        done[0] += chunks
        on_progress(TrainingProgress("embedding the documents anew", done[0], max(total[0], done[0])))

    def of(chunks: int) -> None:
        total[0] = chunks

    return advance, of
