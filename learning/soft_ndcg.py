"""nDCG@10 of a question as it would be on the average if its words were a little others: SoftNDCG.

Taylor, Guiver, Robertson & Minka 2008, SoftRank: Optimizing Non-Smooth Rank Metrics, WSDM: each score is the mean of a
normal distribution, so that a document has a distribution of ranks, and nDCG an expected value. A small change of many
scores shows in it even where few documents change places; so fewer questions tell whether a model finds more.
"""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from statistics import NormalDist
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Id = TypeVar("Id", bound=Hashable)

NOISE = 0.02
"""The standard deviation of a document's fused score. The lead of one over another varies by 0.028 then, a third of
what it does between wordings of one question (docs/decisions/learning.md)."""


def soft_ndcg(scores: Mapping[Id, float], right: Collection[Id], k: int = 10, noise: float = NOISE) -> float:
    """The expected nDCG@k, 0 to 1, of ranking documents by their `scores`, each with normal noise of its own.

    `right` names the documents that are relevant, all alike; one without a score is never found. Raises ValueError
    where `noise` is not above 0.
    """
    if noise <= 0:
        raise ValueError(f"SoftNDCG needs a noise above 0, not {noise}; without any it is nDCG.")
    difference = NormalDist(0, math.sqrt(2) * noise)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    gain = 0.0
    for id in [id for id in scores if id in right]:
        above = [difference.cdf(score - scores[id]) for other, score in scores.items() if other != id]
        gain += float(_ranks(above, k) @ discounts)
    ideal = float(discounts[: min(len(right), k)].sum())
    return gain / ideal if ideal else 0.0


def _ranks(above: Sequence[float], k: int) -> NDArray[np.float64]:
    """(k,): how likely each of the first k ranks is for a document that each other stands above with a probability.

    How many stand above it is Poisson-binomial, as the paper takes it: as if they did so independently of each other,
    where a document's own noise moves it past several at once. Each other document adds a step.
    """
    ranks = np.zeros(k)
    ranks[0] = 1.0
    for probability in above:
        ranks[1:] = ranks[1:] * (1 - probability) + ranks[:-1] * probability
        ranks[0] *= 1 - probability
    return ranks
