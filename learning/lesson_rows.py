"""Lessons and the corpus's headings as rows of the documents' vectors: what a training points a question at."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from learning.corpus import Corpus
from learning.lessons import Lesson
from learning.training_job import JobHeading
from learning.triplets import NEAR_DUPLICATE, overlap
from learning.votes import DocumentKey, Snapshot
from storage.embedder import Vectors

SAME_TEXT = 0.95
"""The cosine from which on a chunk says what a right passage says: it is not held against the question."""

HEADINGS_HELD_OUT = 0.2
"""The share of the documents whose headings are not replayed, but judge whether the corpus was forgotten."""

MOST_HEADINGS = 2_500
"""Replayed. Of a larger corpus, a sample."""

MOST_HEADINGS_JUDGED = 300


@dataclass(frozen=True)
class LessonRows:
    """Of one lesson: the rows that are right, hard negatives, or neither."""

    right: tuple[int, ...]
    hard: tuple[int, ...]
    ignored: tuple[int, ...]


@dataclass(frozen=True)
class Heading:
    """A title or heading of a document, and the rows of the chunks that stand below it."""

    text: str
    document: DocumentKey
    right: tuple[int, ...]


def lesson_rows(
    lessons: Sequence[Lesson], corpus: Corpus, embed: Callable[[Sequence[str]], Vectors]
) -> tuple[list[LessonRows], Vectors]:
    """The rows of each lesson, and the vectors that they are rows of: the corpus's, and below them those of texts that
    are in no document now (a person's own words, a passage that is gone since), which `embed` makes.
    """
    rows = {chunk.id: row for row, chunk in enumerate(corpus.chunks)}
    of_document: dict[DocumentKey, list[int]] = {}
    for row, chunk in enumerate(corpus.chunks):
        of_document.setdefault(chunk.document, []).append(row)
    lost: dict[str, int] = {}

    def row_of(passage: Snapshot) -> int:
        if passage.chunk in rows:
            return rows[passage.chunk]
        for row in of_document.get((passage.source, passage.document), []):
            if overlap(corpus.chunks[row].text, passage.text) >= NEAR_DUPLICATE:
                return row
        return lost.setdefault(passage.text, len(corpus.chunks) + len(lost))

    right = [sorted({row_of(passage) for passage in lesson.positives}) for lesson in lessons]
    hard = [{row_of(passage) for passage in lesson.negatives} for lesson in lessons]
    vectors = _below(corpus.vectors, embed(list(lost))) if lost else corpus.vectors
    found = []
    for lesson, of_right, of_hard in zip(lessons, right, hard, strict=True):
        alike = np.flatnonzero((vectors @ vectors[of_right].T).max(axis=1) >= SAME_TEXT).tolist()
        same_document = [row for key in lesson.documents for row in of_document.get(key, [])]
        ignored = {*alike, *same_document} - set(of_right)
        found.append(LessonRows(tuple(of_right), tuple(sorted(of_hard - ignored)), tuple(sorted(ignored))))
    return found, vectors


def _below(upper: Vectors, lower: Vectors) -> Vectors:
    """Both, (n, d); an empty corpus has no d of its own."""
    return np.concatenate([upper, lower]) if len(upper) else lower


def headings(corpus: Corpus, seed: int) -> tuple[list[Heading], list[Heading]]:
    """The corpus's headings that are replayed in training, and those of other documents that judge it."""
    below: dict[tuple[str, DocumentKey], list[int]] = {}
    for row, chunk in enumerate(corpus.chunks):
        for text in chunk.headings:
            below.setdefault((text, chunk.document), []).append(row)
    found = [Heading(text, document, tuple(rows)) for (text, document), rows in below.items()]
    drawn = random.Random(seed)
    documents = sorted({heading.document for heading in found})
    held_out = set(drawn.sample(documents, int(len(documents) * HEADINGS_HELD_OUT)))
    drawn.shuffle(found)
    replayed = [heading for heading in found if heading.document not in held_out]
    judged = [heading for heading in found if heading.document in held_out]
    return replayed[:MOST_HEADINGS], judged[:MOST_HEADINGS_JUDGED]


def job_heading(heading: Heading) -> JobHeading:
    """The heading, as the training process takes it."""
    return JobHeading(heading.text, heading.right)
