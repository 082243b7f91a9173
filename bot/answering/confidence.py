"""How likely it is that passages hold the answer to a question: a small logistic regression of five features."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from bot.answering.evidence import Evidence
from storage.knowledge import Passage

THRESHOLD = 0.62
"""Below this, Lore abstains: 85 % of the answerable questions of a set are above (docs/decisions/abstention.md)."""


class Features(NamedTuple):
    """What tells answerable questions from others, or the weight of each.

    `dense` and `bm25` are the best of the passages' scores, `score` that of their sentences; `margin` is how far the
    best cosine is above the passages' mean; `agreement` is 1 where cosine and BM25 find the same passage best, else 0.
    """

    dense: float
    bm25: float
    score: float
    margin: float
    agreement: float


@dataclass(frozen=True)
class Confidence:
    """Features into a probability. `bias` is the log-odds where all features are 0."""

    weights: Features
    bias: float

    def of(self, passages: Sequence[Passage], evidence: Sequence[Evidence]) -> float:
        """The probability (0 to 1) that the passages hold the answer; 0 where there is nothing to judge by."""
        if not passages or not evidence:
            return 0.0
        values = features(passages, evidence)
        log_odds = self.bias + sum(weight * value for weight, value in zip(self.weights, values, strict=True))
        return 1 / (1 + math.exp(-max(-500.0, log_odds)))


ConfidenceOf = Callable[[str], Confidence]
"""The name of a version of the embedding model -> the confidence that goes with what it finds."""


def features(passages: Sequence[Passage], evidence: Sequence[Evidence]) -> Features:
    """The features of what was found for a question; both must hold something."""
    dense = [passage.scores.dense for passage in passages]
    bm25 = [passage.scores.bm25 for passage in passages]
    return Features(
        dense=max(dense),
        bm25=max(bm25),
        score=max(one.score for one in evidence),
        margin=max(dense) - fmean(dense),
        agreement=float(dense.index(max(dense)) == bm25.index(max(bm25))),
    )


@dataclass(frozen=True)
class Prior:
    """What labelled questions taught, in units of the features' spread over questions made from that corpus.

    `slopes` are for features less their `middle` there, divided by their `spread`; `bias` is the log-odds at the
    middle.
    """

    slopes: Features
    bias: float
    middle: Features
    spread: Features

    def confidence(self) -> Confidence:
        """The confidence that goes with the corpus it was taught on."""
        weights = Features(*(slope / unit for slope, unit in zip(self.slopes, self.spread, strict=True)))
        at_middle = sum(weight * middle for weight, middle in zip(weights, self.middle, strict=True))
        return Confidence(weights, self.bias - at_middle)


PRIOR = Prior(
    slopes=Features(dense=0.783, bm25=0.086, score=1.134, margin=0.355, agreement=0.066),
    bias=2.072,
    middle=Features(dense=0.504, bm25=0.637, score=16.148, margin=0.135, agreement=0.249),
    spread=Features(dense=0.124, bm25=0.175, score=3.653, margin=0.062, agreement=0.432),
)
"""Fitted by docs/decisions/fit_answering.py on the handbook's questions; see docs/decisions/abstention.md."""

SHIPPED = PRIOR.confidence()
"""Where a knowledge base is too small, or too new, to have one of its own."""


def shipped(model: str) -> Confidence:
    """The confidence that serves where none was fitted."""
    return SHIPPED
