"""What is made of a training: how much of its change to keep, and the weight of the cosine that goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from learning.judging import Rankings, Values

DENSE_WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""That are tried for the fusion."""

HARM_COUNTS = 3.0
"""How many times as much as a gain on all questions a loss on those that nobody voted on counts."""

SURE = 2.8
"""Standard errors by which another setting must be better than the usual one: for one of twenty, 95 % sure."""


@dataclass(frozen=True)
class Setting:
    """The share (0 to 1) of what training changed that a candidate has, and its weight of the cosine."""

    share: float
    dense_weight: float


USUAL = Setting(1.0, 0.5)
"""What is chosen, or, where there is no such share, the greatest, unless the votes clearly say that another is better
(docs/decisions/learning.md)."""


@dataclass(frozen=True)
class Fit:
    """The setting that is best for all questions, and each question's values at the one that is best for the others.

    `held_out` and `soft` (n,), nDCG@10 and SoftNDCG@10, are what can be told honestly: neither the weights of the model
    nor the setting has seen the question.
    """

    setting: Setting
    held_out: Values
    soft: Values


def fit(
    tried: Mapping[float, Rankings], before: Values, unvoted: NDArray[np.bool_], weights: Values, fold: NDArray[np.intp]
) -> Fit:
    """Choose among the shares and weights, by questions whose training did not see them.

    `tried` has the rankings of the n questions for each share; `before` (n,) is the SoftNDCG@10 of the untrained model;
    `unvoted` (n,) marks the questions about documents that no vote of their training named; `fold` (n,) holds out.
    """
    values = {
        Setting(share, weight): rankings.soft_values(weight)
        for (share, rankings), weight in product(tried.items(), DENSE_WEIGHTS)
    }
    held_out, soft = np.zeros(len(before)), np.zeros(len(before))
    for number in np.unique(fold):
        others = fold != number
        chosen = _best(values, before, unvoted, weights, others if others.any() else ~others)
        held_out[fold == number] = tried[chosen.share].values(chosen.dense_weight)[fold == number]
        soft[fold == number] = values[chosen][fold == number]
    return Fit(_best(values, before, unvoted, weights, np.ones(len(before), dtype=bool)), held_out, soft)


def _best(
    values: Mapping[Setting, Values],
    before: Values,
    unvoted: NDArray[np.bool_],
    weights: Values,
    rows: NDArray[np.bool_],
) -> Setting:
    """The setting of the greatest worth, where it surely beats the usual one; else that.

    Of twenty settings one is always the best by chance, so that each must be surer than 95 % (Bonferroni).
    """

    kept = weights[rows]
    guarded = np.where(unvoted, weights, 0.0)[rows]
    # What each question has a part in a mean over the unvoted ones, as its part in one over all.
    share = guarded / guarded.sum() * kept.sum() / kept if guarded.any() else np.zeros(len(kept))

    def worth(setting: Setting) -> Values:
        """(rows,): what each question adds; their mean is the setting's worth."""
        change = (values[setting] - before)[rows]
        harms = np.average(change * share, weights=kept) < 0
        return change + HARM_COUNTS * change * share if harms else change

    usual = USUAL if USUAL in values else Setting(max(setting.share for setting in values), USUAL.dense_weight)
    best = max(values, key=lambda setting: float(np.average(worth(setting), weights=kept)))
    better = worth(best) - worth(usual)
    standard_error = float(better.std() / np.sqrt(len(better)))
    return best if float(np.average(better, weights=kept)) > SURE * standard_error else usual
