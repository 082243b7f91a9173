"""How well a confidence tells what can be answered: AUROC, calibration error, and risk against coverage.

`confidence` (n,) is any score that is higher where an answer is likelier, `answerable` (n,) says where there is one.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = 10
"""Of equal width, as is usual for the expected calibration error (Naeini et al. 2015)."""

MOST_POINTS = 101


def auroc(confidence: Values, answerable: Flags) -> float | None:
    """The chance that a question with an answer has the higher confidence of two, ties halved; None without both."""
    yes, no = confidence[answerable], confidence[~answerable]
    if not len(yes) or not len(no):
        return None
    higher = (yes[:, None] > no[None, :]).mean()
    return float(higher + (yes[:, None] == no[None, :]).mean() / 2)


def calibration_error(confidence: Values, answerable: Flags, bins: int = BINS) -> float:
    """The mean distance of stated confidence (0 to 1) from how often there is an answer, over bins of equal width."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(confidence[place == at].mean() - answerable[place == at].mean()) * (place == at).mean()
            for at in np.unique(place)
        )
    )


def abstained_where(confidence: Values, answerable: Flags, answered: float) -> float | None:
    """The share of questions without an answer below the threshold at which `answered` of the others are answered."""
    yes, no = confidence[answerable], confidence[~answerable]
    if not len(yes) or not len(no):
        return None
    return float((no < np.quantile(yes, 1 - answered)).mean())


def risk_coverage(confidence: Values, answerable: Flags) -> list[tuple[float, float]]:
    """(coverage, risk) from the surest question on: of the share answered, how much has no answer in the documents."""
    order = np.argsort(-confidence, kind="stable")
    risk = (~answerable[order]).cumsum() / np.arange(1, len(order) + 1)
    # Questions of the same confidence are answered together or not at all.
    ends = [at for at, (one, after) in enumerate(pairwise([*confidence[order], -np.inf])) if one > after]
    kept = ends if len(ends) <= MOST_POINTS else [ends[round(i)] for i in np.linspace(0, len(ends) - 1, MOST_POINTS)]
    return [(round(float((at + 1) / len(order)), 4), round(float(risk[at]), 4)) for at in kept]


def area_under(curve: Sequence[tuple[float, float]]) -> float:
    """The mean risk over all coverages, by the trapezoidal rule from the first point on; lower is better."""
    if not curve:
        return 0.0
    first = curve[0][0] * curve[0][1]
    return first + sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(curve))
