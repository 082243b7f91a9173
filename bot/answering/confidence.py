"""How likely it is that passages hold the answer to a question: a small logistic regression, fitted on questions."""

import math
from collections.abc import Sequence

from bot.answering.evidence import Evidence
from storage.knowledge import Passage

THRESHOLD = 0.5

_WEIGHTS = {"dense": 8.0, "bm25": 1.5, "cosine": 4.0, "overlap": 2.0}
_BIAS = -7.0


def features(question: str, passages: Sequence[Passage], evidence: Sequence[Evidence]) -> dict[str, float]:
    """What tells answerable questions from others, each roughly between 0 and 1."""
    return {
        "dense": max(passage.scores.dense for passage in passages),
        "bm25": max(passage.scores.bm25 for passage in passages),
        "cosine": max((one.cosine for one in evidence if one.cosine is not None), default=0.0),
        "overlap": max(one.overlap for one in evidence),
    }


def probability(question: str, passages: Sequence[Passage], evidence: Sequence[Evidence]) -> float:
    """The probability (0 to 1) that the passages hold the answer. Neither list may be empty."""
    values = features(question, passages, evidence)
    return 1 / (1 + math.exp(-_BIAS - sum(_WEIGHTS[name] * value for name, value in values.items())))
