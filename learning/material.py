"""What a run learns and judges by, put together before any training: lessons, folds, vectors, guards."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learning.answered import answered_questions
from learning.corpus import Corpus, read_corpus
from learning.doubt import PASSAGES_LOOKED_AT, is_doubted
from learning.folds import assign_folds, unvoted
from learning.general_set import General
from learning.judging import Judged
from learning.lesson_rows import Heading, LessonRows, headings, lesson_rows
from learning.lessons import Lesson
from learning.recipe import Recipe
from learning.training_job import JobHeading, JobLesson, TrainingJob
from learning.votes import DocumentKey
from storage.database import Database
from storage.embedder import QuestionEmbedder, Vectors
from storage.knowledge import KnowledgeBase
from storage.version_rows import DENSE_WEIGHT

MOST_LESSONS = 10_000
"""Of more, the latest are learnt."""

NEAREST = 20
"""Passages found for a lesson's question that a sample of the corpus holds."""


@dataclass(frozen=True)
class Material:
    """`untrained` (lessons, d) are the questions' vectors by the documents' model. `fold` (lessons,), 0 to `folds` - 1,
    holds each lesson out of one training; `unvoted` (lessons,) marks those whose documents no lesson of the other
    folds names; `judged` are the places of those that can be judged. `vectors` (n, d) are the corpus's, and below them
    those of lessons' texts that are in no document now; `rows` and the headings point there. `doubted` lessons are no
    part of any of this.
    """

    lessons: tuple[Lesson, ...]
    doubted: int
    folds: int
    untrained: Vectors
    fold: NDArray[np.intp]
    unvoted: NDArray[np.bool_]
    judged: NDArray[np.intp]
    corpus: Corpus
    vectors: Vectors
    rows: tuple[LessonRows, ...]
    replayed: tuple[Heading, ...]
    held_out_headings: tuple[Heading, ...]
    answered: tuple[Judged, ...]
    general: General

    @property
    def probes(self) -> tuple[str, ...]:
        """Every text whose vector by the trained model is wanted beside the lessons': those of the guards, in turn."""
        return (
            *(heading.text for heading in self.held_out_headings),
            *(question.question for question in self.answered),
            *self.general.questions,
        )

    def job(self, base: str, start: bytes | None, device: str | None, seed: int, recipe: Recipe) -> TrainingJob:
        """The trainings of this material."""
        return TrainingJob(
            base=base,
            start=start,
            device=device,
            seed=seed,
            folds=self.folds,
            recipe=recipe,
            lessons=tuple(
                JobLesson(lesson.question, rows.right, rows.hard, rows.ignored, lesson.weight, int(fold))
                for lesson, rows, fold in zip(self.lessons, self.rows, self.fold, strict=True)
            ),
            headings=tuple(JobHeading(heading.text, heading.right) for heading in self.replayed),
            probes=self.probes,
            vectors=self.vectors,
        )


def gather_material(
    database: Database, knowledge: KnowledgeBase, lessons: Sequence[Lesson], general: General, folds: int, seed: int
) -> Material:
    """Put together what is learnt from the lessons that are believed, and what judges the outcome, in so many folds."""
    lessons = lessons[-MOST_LESSONS:]
    version = knowledge.serving
    documents = version.document_embedder
    questions = embed_questions(documents, [lesson.question for lesson in lessons])
    found = _found(knowledge, lessons, questions)
    corpus = read_corpus(database, version.index, lambda: _wanted(lessons, found), seed)
    known = {chunk.document for chunk in corpus.chunks}
    believed = [at for at, lesson in enumerate(lessons) if not is_doubted(lesson, known, found[at].documents)]
    doubted = len(lessons) - len(believed)
    lessons, questions = [lessons[at] for at in believed], questions[believed]
    rows, vectors = lesson_rows(lessons, corpus, documents.embed)
    named = [lesson.documents for lesson in lessons]
    fold = assign_folds([lesson.question for lesson in lessons], questions, named, folds, seed)
    replayed, held_out = headings(corpus, seed)
    return Material(
        lessons=tuple(lessons),
        doubted=doubted,
        folds=folds,
        untrained=questions,
        fold=fold,
        unvoted=unvoted(fold, named),
        judged=np.flatnonzero([bool(keys & known) for keys in named]),
        corpus=corpus,
        vectors=vectors,
        rows=tuple(rows),
        replayed=tuple(replayed),
        held_out_headings=tuple(held_out),
        answered=tuple(answered_questions(database, frozenset(lesson.digest for lesson in lessons))),
        general=general,
    )


def embed_questions(embedder: QuestionEmbedder, texts: Sequence[str]) -> Vectors:
    """(n, d) float32, each as the question side reads it."""
    if not texts:
        return np.empty((0, embedder.dimension), dtype=np.float32)
    return np.stack([embedder.embed_question(text) for text in texts])


@dataclass(frozen=True)
class _Found:
    """What a question finds: documents, and the ids of the nearest chunks."""

    documents: frozenset[DocumentKey]
    nearest: tuple[str, ...]


def _found(knowledge: KnowledgeBase, lessons: Sequence[Lesson], vectors: Vectors) -> list[_Found]:
    """What the untrained model finds for each lesson's question, whose vector by it is a row of (lessons, d)."""
    audience = knowledge.everyone_known()
    found = []
    for lesson, vector in zip(lessons, vectors, strict=True):
        passages = knowledge.search_by_vector(lesson.question, vector, audience, PASSAGES_LOOKED_AT, DENSE_WEIGHT)
        documents = frozenset((passage.document.source, passage.document.id) for passage in passages)
        found.append(_Found(documents, tuple(passage.chunk_id for passage in passages[:NEAREST])))
    return found


def _wanted(lessons: Sequence[Lesson], found: Sequence[_Found]) -> set[str]:
    """The chunks that a sample of a large corpus must hold: those that lessons name or that their questions find."""
    named = {one.chunk for lesson in lessons for one in (*lesson.positives, *lesson.negatives) if one.chunk}
    return named.union(chunk for one in found for chunk in one.nearest)
