"""Questions whose right documents are known, ranked by the production path with another model or weight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learning.metrics import ndcg
from learning.soft_ndcg import soft_ndcg
from learning.votes import DocumentKey
from storage.embedder import Vectors
from storage.scope import lengths

PASSAGES = 40
"""That are ranked for a question: ten documents are among them, as a rule."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Ranked:
    """A passage that was found: its document, its cosine, and its share of BM25's most."""

    document: DocumentKey
    dense: float
    bm25: float


Rank = Callable[[str, Vectors, float], Sequence[Ranked]]
"""The production path: a question, its vector (d,) as the index is searched with it, the weight of the cosine ->
passages, best first: PASSAGES of them, where there are so many."""


@dataclass(frozen=True)
class ReadQuestions:
    """Questions as a candidate reads them: `vectors` (n, d), of unit length, and how much of what it learnt `holds` for
    each, (n,), 0 to 1."""

    vectors: Vectors
    holds: Vectors

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> "ReadQuestions":
        return ReadQuestions(self.vectors[rows], self.holds[rows])

    def scaled(self, dense_scale: float) -> Vectors:
        """(n, d): as the index is searched with them."""
        return lengths(self.holds, dense_scale)[:, None] * self.vectors


@dataclass(frozen=True)
class Judged:
    """A question, the documents that answer it, and what it weighs among others."""

    question: str
    right: frozenset[DocumentKey]
    weight: float = 1.0


@dataclass(frozen=True)
class Rankings:
    """What was found for each question, so that every weight of the cosine can be tried without searching again."""

    questions: Sequence[Judged]
    found: Sequence[Sequence[Ranked]]

    def values(self, dense_weight: float) -> Values:
        """nDCG@10 of each question at this weight, (n,), 0 to 1."""
        return np.array(
            [
                value(judged, order(found, dense_weight))
                for judged, found in zip(self.questions, self.found, strict=True)
            ]
        )

    def soft_values(self, dense_weight: float) -> Values:
        """SoftNDCG@10 of each question at this weight, (n,), 0 to 1."""
        return np.array(
            [
                soft_ndcg(scores(found, dense_weight), judged.right)
                for judged, found in zip(self.questions, self.found, strict=True)
            ]
        )

    def scaled(self, scales: Vectors) -> "Rankings":
        """The same, with each question's cosines multiplied by its scale, (n,)."""
        return Rankings(
            self.questions,
            [
                [Ranked(one.document, float(scale) * one.dense, one.bm25) for one in found]
                for scale, found in zip(scales, self.found, strict=True)
            ],
        )

    def best_cosines(self) -> Values:
        """The cosine of the nearest passage of each question, (n,)."""
        return np.array([max((passage.dense for passage in found), default=0.0) for found in self.found])


def rank_all(rank: Rank, questions: Sequence[Judged], vectors: Vectors, dense_weight: float) -> Rankings:
    """What the production path finds for the questions with these vectors, (n, d)."""
    found = [rank(judged.question, vector, dense_weight) for judged, vector in zip(questions, vectors, strict=True)]
    return Rankings(questions, found)


def scores(found: Sequence[Ranked], dense_weight: float) -> dict[DocumentKey, float]:
    """The documents of passages, best first at this weight, each once, with its best passage's fused score."""
    fused = [(dense_weight * one.dense + (1 - dense_weight) * one.bm25, one.document) for one in found]
    best: dict[DocumentKey, float] = {}
    for score, document in sorted(fused, key=lambda one: -one[0]):
        best.setdefault(document, score)
    return best


def order(found: Sequence[Ranked], dense_weight: float) -> list[DocumentKey]:
    """The documents of passages, best first at this weight, each once."""
    return list(scores(found, dense_weight))


def value(judged: Judged, documents: Sequence[DocumentKey]) -> float:
    """nDCG@10 of a ranking of documents, 0 to 1."""
    return ndcg(documents, dict.fromkeys(judged.right, 1))
