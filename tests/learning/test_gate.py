"""What the gate lets through, what it does not, and what it says of it."""

from collections.abc import Hashable, Sequence

import numpy as np
import pytest

from learning.bootstrap import Interval
from learning.gate import FEWEST_DOCUMENTS, FEWEST_QUESTIONS, Comparison, Kind, judge
from learning.judging import Values


def compared(
    change: float | Sequence[float],
    kind: Kind = "gain",
    questions: int = 60,
    clusters: Sequence[Hashable] | None = None,
    noise: float = 0.0,
    proxy: bool = False,
) -> Comparison:
    """A mean change of that much, with so much noise about it, each question about a document of its own."""
    random = np.random.default_rng(1)
    spread = random.normal(size=questions) * noise
    after: Values = 0.5 + np.asarray(change) + (spread - spread.mean() if questions else spread)
    return Comparison(
        "Held-out questions" if kind == "gain" else "Headings",
        kind,
        np.full(questions, 0.5),
        np.broadcast_to(after, (questions,)),
        range(questions) if clusters is None else clusters,
        np.ones(questions),
        proxy=proxy,
    )


GAIN = compared(0.05, noise=0.05)


def test_a_sure_gain_without_a_loss_is_promoted() -> None:
    verdict = judge([GAIN, compared(0.0, "guard"), compared(0.01, "guard")], seed=0)
    assert verdict.promote
    assert verdict.reason.startswith("Held-out questions: nDCG@10 +5.0 points (95 %: +")
    assert verdict.reason.endswith("60 questions), and no guard loses.")
    gain, guard, _ = verdict.measures
    assert (gain.questions, gain.documents, gain.passed, guard.passed) == (60, 60, True, True)
    assert (gain.before, gain.after) == (pytest.approx(0.5), pytest.approx(0.55))
    assert gain.change.low > 0


def test_a_gain_that_may_be_chance_is_refused() -> None:
    verdict = judge([compared(0.02, noise=0.3), compared(0.0, "guard")], seed=0)
    assert not verdict.promote
    assert verdict.reason.startswith("No sure gain: Held-out questions: nDCG@10 +2.0 points (95 %: -")
    assert verdict.reason.endswith("60 questions).")


@pytest.mark.parametrize("change", [0.0, -0.05])
def test_no_change_and_a_loss_are_refused(change: float) -> None:
    assert judge([compared(change)], seed=0).reason.startswith("No sure gain: ")


def test_a_sure_gain_that_nobody_would_notice_is_refused() -> None:
    assert not judge([compared(0.001)], seed=0).promote
    assert judge([compared(0.004)], seed=0).promote


def test_a_great_gain_on_too_few_questions_is_refused() -> None:
    verdict = judge([compared(0.5, questions=FEWEST_QUESTIONS - 1)], seed=0)
    assert not verdict.promote
    assert verdict.reason == (
        "Too few votes to be sure: 19 questions about 19 documents that the current model has not learnt from; "
        "20 about 10 are needed. Each vote is felt at once all the same."
    )
    assert judge([compared(0.5, questions=FEWEST_QUESTIONS)], seed=0).promote


def test_a_great_gain_on_too_few_documents_is_refused() -> None:
    few = compared(0.5, clusters=[at % (FEWEST_DOCUMENTS - 1) for at in range(60)])
    verdict = judge([few], seed=0)
    assert not verdict.promote
    assert verdict.reason.startswith("Too few votes to be sure: 60 questions about 9 documents ")
    assert judge([compared(0.5, clusters=[at % FEWEST_DOCUMENTS for at in range(60)])], seed=0).promote


def test_one_sure_gain_of_two_is_enough_where_the_other_does_not_fall() -> None:
    unsure = compared(0.004, noise=0.3)
    assert judge([unsure, GAIN], seed=0).reason.startswith("Held-out questions: nDCG@10 +5.0 points ")
    fallen = judge([compared(-0.004, noise=0.3), GAIN], seed=0)
    assert fallen.reason.startswith("No sure gain: Held-out questions: nDCG@10 -0.4 points ")
    few = compared(-0.004, questions=FEWEST_QUESTIONS - 1)
    assert judge([GAIN, few], seed=0).promote


def test_of_two_measures_each_must_be_surer() -> None:
    """What is sure of one in twenty is no more so of one in forty, where twice as much is looked at."""
    barely = next(one for one in (compared(n / 1000, noise=0.1) for n in range(1, 60)) if judge([one], seed=0).promote)
    assert not judge([barely, compared(0.0, noise=0.1)], seed=0).promote


def test_a_gain_of_a_few_questions_that_nobody_would_notice_among_all_is_refused() -> None:
    """20 of 220: what they gain is spread over eleven times as many."""
    rest = compared(0.0, questions=220)
    assert not judge([rest, compared(0.02, questions=20)], seed=0).promote
    assert judge([rest, compared(0.03, questions=20)], seed=0).promote


def test_nothing_to_judge_by_is_refused() -> None:
    verdict = judge([compared(0.0, questions=0), compared(0.0, "guard", questions=0)], seed=0)
    assert not verdict.promote
    assert verdict.reason.startswith("Too few votes to be sure: 0 questions about 0 documents ")
    assert [measure.passed for measure in verdict.measures] == [None, None]


def test_questions_about_one_document_are_one_piece_of_evidence() -> None:
    """One page gains much, forty others a little less than nothing: many votes on it prove nothing of the others."""
    change = [0.3] * 100 + [-0.005] * 40
    alone = compared(change, questions=140)
    together = compared(change, questions=140, clusters=[*["popular.md"] * 100, *range(40)])
    assert judge([alone], seed=0).promote
    assert not judge([together], seed=0).promote


def test_a_guard_that_loses_in_the_mean_is_enough_to_refuse() -> None:
    verdict = judge([GAIN, compared(-0.006, "guard", noise=0.2)], seed=0)
    assert not verdict.promote
    assert verdict.reason.startswith("A guard loses: Headings: nDCG@10 -0.6 points (95 %: -")
    assert [measure.passed for measure in verdict.measures] == [True, False]


def test_a_guards_loss_that_may_be_noise_is_taken_for_it() -> None:
    assert judge([GAIN, compared(-0.004, "guard", noise=0.1)], seed=0).promote


def test_a_guards_small_loss_that_is_sure_refuses() -> None:
    verdict = judge([GAIN, compared(-0.004, "guard", noise=0.001)], seed=0)
    assert verdict.reason.startswith("A guard loses: Headings: nDCG@10 -0.4 points")


def test_a_guards_loss_that_nobody_would_notice_is_none() -> None:
    assert judge([GAIN, compared(-0.0015, "guard", noise=0.0001)], seed=0).promote


def test_a_proxys_small_loss_is_none_however_sure_but_a_great_one_is() -> None:
    assert judge([GAIN, compared(-0.004, "guard", noise=0.001, proxy=True)], seed=0).promote
    assert not judge([GAIN, compared(-0.006, "guard", noise=0.001, proxy=True)], seed=0).promote


def test_a_guard_with_too_few_questions_minds_only_a_gross_loss() -> None:
    verdict = judge([GAIN, compared(-0.015, "guard", questions=FEWEST_QUESTIONS - 1)], seed=0)
    assert verdict.promote
    assert verdict.measures[1].passed is None
    assert not judge([GAIN, compared(-0.05, "guard", questions=FEWEST_QUESTIONS - 1)], seed=0).promote


def test_a_missing_gain_is_told_before_a_guards_loss() -> None:
    assert judge([compared(-0.5, "guard"), compared(0.0)], seed=0).reason.startswith("No sure gain: ")


def test_the_same_seed_gives_the_same_verdict() -> None:
    one, same = (judge([compared(0.02, noise=0.1)], seed=3) for _ in range(2))
    assert one == same
    assert isinstance(one.measures[0].change, Interval)
