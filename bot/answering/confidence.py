"""How likely it is that passages hold the answer to a question: a small logistic regression, fitted on questions."""

import math
from collections.abc import Sequence

from bot.answering.evidence import Evidence
from storage.knowledge import Passage

THRESHOLD = 0.64
"""Below this, Lore abstains: 85 % of the answerable questions of two sets are above (docs/decisions/abstention.md)."""

_WEIGHTS = {"dense": 6.76, "bm25": 1.504, "score": 0.239}
_BIAS = -6.374


def features(passages: Sequence[Passage], evidence: Sequence[Evidence]) -> dict[str, float]:
    """What tells answerable questions from others: the best of the passages' and the sentences' scores."""
    return {
        "dense": max(passage.scores.dense for passage in passages),
        "bm25": max(passage.scores.bm25 for passage in passages),
        "score": max(one.score for one in evidence),
    }


def probability(passages: Sequence[Passage], evidence: Sequence[Evidence]) -> float:
    """The probability (0 to 1) that the passages hold the answer; 0 where there is nothing to judge by."""
    if not passages or not evidence:
        return 0.0
    values = features(passages, evidence)
    return 1 / (1 + math.exp(-_BIAS - sum(_WEIGHTS[name] * value for name, value in values.items())))
