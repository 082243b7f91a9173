"""Says how sure a mean change over questions is: a paired bootstrap in which a right document counts once.

Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13 (percentile intervals). Resampling whole clusters
and not single observations, where those of a cluster depend on each other: Cameron, Gelbach & Miller 2008, Bootstrap-
Based Improvements for Inference with Clustered Errors, and Davison & Hinkley 1997, section 3.8.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_DRAWS_AT_ONCE = 2_000_000
"""Clusters drawn at a time: some 50 MB."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A mean and what it may be by chance; `clusters` is how many documents say so.

    Where they are too few to say anything, `low` is -inf and `high` is inf; without any, the mean is 0.
    """

    mean: float
    low: float
    high: float
    clusters: int

    @property
    def gain(self) -> bool:
        """Whether the change is above nothing, beyond chance."""
        return self.low > 0

    @property
    def loss(self) -> bool:
        """Whether the change is below nothing, beyond chance."""
        return self.high < 0


def fewest_clusters(level: float) -> int:
    """The fewest clusters that can be sure of anything at a two-sided level: 6 at 0.95.

    Where nothing changes, k clusters all change the same way by chance with a probability of 2^-k each way, and the
    percentiles of k such values lie all on one side. So 2^-k must be at most the (1 - level) / 2 that is allowed.
    """
    return max(2, math.ceil(-math.log2((1 - level) / 2) - 1e-9))


def mean_change(
    change: Numbers,
    clusters: Sequence[Hashable],
    weights: Numbers,
    seed: int,
    resamples: int = 10_000,
    level: float = 0.95,
) -> Interval:
    """The weighted mean of each question's change (after - before), with its percentile interval.

    `change` and `weights` are (n,), weights 0 and up; `clusters` names for each question what makes it no independent
    evidence, such as its right document.

    A cluster is one observation. Its value is the weighted mean of its questions' changes, so that many questions on
    one document say more surely what becomes of that document, and no more than that. Its weight is the sum of its
    questions' weights, 1 at most: at most 1, so that whoever asks or votes a thousand times on one document moves one
    document; and the sum below it, so that a person whose votes were weighed down (learning.triplets.weights) does not
    get their weight back by spreading them over many documents that nobody else voted on. The mean is that of the
    clusters by these weights. Weighing each cluster the same would undo the second, weighing it by its sum the first.

    Each resample draws as many clusters as there are, with replacement. Clusters of weight 0 are no evidence. Fewer
    than `fewest_clusters` give an interval without ends. With few more it is somewhat too narrow, as percentile
    intervals are: of those at 0.95 about normal changes, 88 % hold the truth with 8 clusters, 92 % with 20.

    Raises ValueError where the three are not of one length, a number is not finite, or a weight is negative.
    """
    if change.shape != (len(clusters),) or weights.shape != change.shape:
        raise ValueError(
            f"Each question needs a change, a cluster and a weight: their shapes are {change.shape}, "
            f"({len(clusters)},) and {weights.shape}."
        )
    if not (np.isfinite(change).all() and np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("A change or a weight is not finite, or a weight is below 0: no mean can be taken of them.")
    if not 0 < level < 1:
        raise ValueError(f"The level of an interval lies between 0 and 1, not at {level}.")
    values, sizes = _of_clusters(change, clusters, weights)
    mean = float(values @ sizes / sizes.sum()) if len(values) else 0.0
    if len(values) < fewest_clusters(level):
        return Interval(mean, -math.inf, math.inf, len(values))
    means = _resampled_means(values, sizes, resamples, np.random.default_rng(seed))
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, float(low), float(high), len(values))


def _of_clusters(change: Numbers, clusters: Sequence[Hashable], weights: Numbers) -> tuple[Numbers, Numbers]:
    """(values, weights) of the clusters that weigh anything, in the order in which they come."""
    numbers: dict[Hashable, int] = {}
    numbered = np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters], dtype=np.int64)
    sums = np.bincount(numbered, weights, len(numbers))
    totals = np.bincount(numbered, weights * change, len(numbers))
    weighing = sums > 0
    return totals[weighing] / sums[weighing], np.minimum(sums[weighing], 1)


def _resampled_means(values: Numbers, weights: Numbers, resamples: int, random: np.random.Generator) -> Numbers:
    """(resamples,): the weighted mean of as many clusters as there are, drawn with replacement."""
    count = len(values)
    weighted = values * weights
    means = np.empty(resamples)
    at_once = max(1, _DRAWS_AT_ONCE // count)
    for begin in range(0, resamples, at_once):
        some = means[begin : begin + at_once]
        drawn = random.integers(count, size=(len(some), count))
        some[:] = weighted[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
    return means
