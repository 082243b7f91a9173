"""The gate: whether a candidate may take the current model's place. It must gain, surely, and nothing may lose.

A gain may be looked for in several measures, of which one must be sure: then each must be surer by itself (Bonferroni),
so that all together are as seldom sure by chance as one.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from learning.bootstrap import Interval, mean_change
from learning.judging import Values

Kind = Literal["gain", "guard"]

FEWEST_QUESTIONS = 20
FEWEST_DOCUMENTS = 10
"""Held-out questions, and different documents that answer them: with fewer, no gain can be sure."""

TOLERATED = 0.005
"""The mean loss of a guard, in nDCG, that may be noise, and is taken for it unless it is significant."""

BY_CHANCE = 0.05
"""How often a gain may seem sure that is none, by all measures of a gain together."""

GROSS = 0.02
"""The mean loss that is held against a candidate even where a guard has too little to be sure of anything."""

FEWEST_FOR_GROSS = 5
"""Documents that a guard must be about for that."""

NEGLIGIBLE = 0.002
"""The mean change that nobody would notice, significant or not: no loss, and no gain that is worth a change. A gain in
a part of the questions must be more than that when it is spread over all of them."""


@dataclass(frozen=True)
class Comparison:
    """One measure of two models on the same questions: means, and the change with its 95 % interval.

    `before` and `after` are (n,) in nDCG@10 or SoftNDCG@10; `clusters` tells which questions are no independent
    evidence, because they name the same document; `weights` is what each question counts. `tolerated` is the mean loss
    that is no failure unless it is significant; of a `proxy`, whose right documents are only what was found before, not
    even then.
    """

    name: str
    kind: Kind
    before: Values
    after: Values
    clusters: Sequence[Hashable]
    weights: Values
    tolerated: float = TOLERATED
    proxy: bool = False


@dataclass(frozen=True)
class Measure:
    """A comparison's outcome. `passed` is None where too little is judged: then a guard's gross loss counts alone."""

    name: str
    kind: Kind
    questions: int
    documents: int
    before: float
    after: float
    change: Interval
    passed: bool | None


@dataclass(frozen=True)
class Verdict:
    """Whether the candidate is promoted, why in a sentence, and all that was measured."""

    promote: bool
    reason: str
    measures: tuple[Measure, ...]


def judge(comparisons: Sequence[Comparison], seed: int) -> Verdict:
    """Promote where one gain is sure (paired bootstrap, one-sided) and more than negligible, and nothing loses.

    No measure of a gain may fall in the mean. A guard loses where its mean falls by more than what is tolerated, or
    significantly by more than is negligible.
    """
    gains = [comparison for comparison in comparisons if comparison.kind == "gain"]
    bar = _GainBar(
        level=1 - 2 * BY_CHANCE / max(1, sum(map(_is_enough, gains))),
        weight=max((float(gain.weights.sum()) for gain in gains), default=0.0),
    )
    measures = tuple(_measure(comparison, seed, bar) for comparison in comparisons)
    wanted = [measure for measure in measures if measure.kind == "gain"]
    sure = next((measure for measure in wanted if measure.passed), None)
    fallen = next((one for one in wanted if one.passed is False and one.change.mean < 0), None)
    if sure is None or fallen is not None:
        return Verdict(False, _no_gain(fallen or wanted[0]), measures)
    for measure in measures:
        if measure.kind == "guard" and measure.passed is False:
            return Verdict(False, f"A guard loses: {_said(measure)}.", measures)
    return Verdict(True, f"{_said(sure)}, and no guard loses.", measures)


@dataclass(frozen=True)
class _GainBar:
    """How sure a gain must be (0 to 1, two-sided), and what all questions weigh over which it is spread."""

    level: float
    weight: float


def _measure(comparison: Comparison, seed: int, bar: _GainBar) -> Measure:
    changes = comparison.after - comparison.before
    change = mean_change(changes, comparison.clusters, comparison.weights, seed)
    documents = len(set(comparison.clusters))
    passed: bool | None
    if comparison.kind == "gain":
        sure = mean_change(changes, comparison.clusters, comparison.weights, seed, level=bar.level)
        spread = change.mean * float(comparison.weights.sum()) / bar.weight if bar.weight else 0.0
        passed = sure.gain and spread > NEGLIGIBLE if _is_enough(comparison) else None
    elif not _is_enough(comparison):
        gross = documents >= FEWEST_FOR_GROSS and change.mean < -GROSS and not comparison.proxy
        passed = False if gross else None
    else:
        sure_loss = change.loss and change.mean < -NEGLIGIBLE and not comparison.proxy
        passed = change.mean >= -comparison.tolerated and not sure_loss
    return Measure(
        comparison.name,
        comparison.kind,
        len(comparison.before),
        documents,
        _mean(comparison.before, comparison.weights),
        _mean(comparison.after, comparison.weights),
        change,
        passed,
    )


def _is_enough(comparison: Comparison) -> bool:
    return too_few(len(comparison.before), len(set(comparison.clusters))) is None


def _mean(values: Values, weights: Values) -> float:
    return float(np.average(values, weights=weights)) if len(values) else 0.0


def too_few(questions: int, documents: int) -> str | None:
    """Why so many questions about so many documents cannot show a sure gain, or None where they may."""
    if questions >= FEWEST_QUESTIONS and documents >= FEWEST_DOCUMENTS:
        return None
    return (
        f"Too few votes to be sure: {questions} questions about {documents} documents that the current model has not "
        f"learnt from; {FEWEST_QUESTIONS} about {FEWEST_DOCUMENTS} are needed. Each vote is felt at once all the same."
    )


def _no_gain(measure: Measure) -> str:
    return too_few(measure.questions, measure.documents) or f"No sure gain: {_said(measure)}."


def _said(measure: Measure) -> str:
    change = measure.change
    return (
        f"{measure.name}: nDCG@10 {change.mean * 100:+.1f} points "
        f"(95 %: {change.low * 100:+.1f} to {change.high * 100:+.1f}, {measure.questions} questions)"
    )
