"""Triplets into lessons: a question, the passages that answer it, those that do not, and what it weighs."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from learning.triplets import MOST_SHARE, Triplet, question_words, weights
from learning.votes import DocumentKey, Snapshot


@dataclass(frozen=True)
class Lesson:
    """What the votes say of one question. `documents` are those of its positives; `weight` is above 0, at most 1.

    A person's own words belong to no document: they teach, but nothing can be judged by them.
    """

    question: str
    positives: tuple[Snapshot, ...]
    negatives: tuple[Snapshot, ...]
    weight: float
    voters: frozenset[str]

    @property
    def documents(self) -> frozenset[DocumentKey]:
        return frozenset((one.source, one.document) for one in self.positives if one.document)

    @property
    def digest(self) -> str:
        """Tells the question from others, whatever the case and punctuation: 16 hexadecimal digits."""
        return question_digest(self.question)


def lessons(triplets: Sequence[Triplet], most_share: float = MOST_SHARE) -> list[Lesson]:
    """One lesson for the questions of the same words, in the order in which they first appear.

    A lesson weighs as its triplets do on the average, where nobody weighs more than `most_share` of all triplets.
    """
    together: dict[tuple[str, ...], list[tuple[Triplet, float]]] = {}
    for triplet, weight in zip(triplets, weights(triplets, most_share), strict=True):
        together.setdefault(question_words(triplet.anchor), []).append((triplet, weight))
    return [_lesson(weighed) for weighed in together.values()]


def question_digest(question: str) -> str:
    """The same 16 hexadecimal digits for questions of the same words."""
    return hashlib.sha256(" ".join(question_words(question)).encode()).hexdigest()[:16]


def _lesson(weighed: Sequence[tuple[Triplet, float]]) -> Lesson:
    triplets = [triplet for triplet, _ in weighed]
    return Lesson(
        question=triplets[0].anchor,
        positives=tuple(dict.fromkeys(triplet.positive.passage for triplet in triplets)),
        negatives=tuple(dict.fromkeys(triplet.negative.passage for triplet in triplets)),
        weight=fmean(weight for _, weight in weighed),
        voters=frozenset(user for triplet in triplets for user in triplet.voters),
    )
