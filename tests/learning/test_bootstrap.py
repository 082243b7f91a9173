"""The interval of a mean change, by hand, against the plain bootstrap, and on simulated data whose truth is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from learning.bootstrap import Interval, fewest_clusters, mean_change


def ones(count: int) -> NDArray[np.float64]:
    return np.ones(count)


def test_three_documents_by_hand() -> None:
    # Of three draws of three, 0, 1, 2 or 3 are the one that gained: 8, 12, 6 and 1 of 27 times, with means 0, 1/3, 2/3
    # and 1. At a level of 0.75 the interval leaves out 1/8 on each side: 8/27 > 1/8 are 0, and (8 + 12)/27 < 7/8 <
    # (8 + 12 + 6)/27, so that it ends at 2/3.
    found = mean_change(np.array([0.0, 0, 1]), ["a", "b", "c"], ones(3), seed=0, level=0.75)
    assert (found.mean, found.low, found.high) == pytest.approx((1 / 3, 0, 2 / 3))
    assert found.clusters == 3


def test_a_document_counts_once_however_many_questions_ask_for_it() -> None:
    # a: (0.2 + 0.4) / 2 = 0.3, weight 1 (2 at most 1). b: -0.1, weight 1. c: 0.8, weight 0.5.
    # (0.3 - 0.1 + 0.4) / 2.5 = 0.24
    change, weights = np.array([0.2, 0.4, -0.1, 0.8]), np.array([1, 1, 1, 0.5])
    assert mean_change(change, ["a", "a", "b", "c"], weights, seed=0).mean == pytest.approx(0.24)


def test_questions_of_a_document_count_by_their_weights() -> None:
    # a: (0.25 × 0.4 + 0.75 × 0.8) / 1 = 0.7, weight 1. b: 0 with weight 0.4.  0.7 / 1.4 = 0.5
    change, weights = np.array([0.4, 0.8, 0.0]), np.array([0.25, 0.75, 0.4])
    assert mean_change(change, ["a", "a", "b"], weights, seed=0).mean == pytest.approx(0.5)


def test_a_thousand_votes_on_one_document_gain_nothing_by_themselves() -> None:
    change = np.array([1.0] * 1000 + [-0.01] * 20)
    found = mean_change(change, [0] * 1000 + list(range(1, 21)), ones(1020), seed=0)
    assert found.clusters == 21
    assert not found.gain
    assert mean_change(change[:1000], [0] * 1000, ones(1000), seed=0) == Interval(1, -math.inf, math.inf, 1)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=30), st.floats(0.01, 1))
def test_one_document_is_never_significant(changes: list[float], weight: float) -> None:
    change = np.array(changes)
    found = mean_change(change, ["page"] * len(changes), np.full(len(changes), weight), seed=0, resamples=10)
    assert not found.gain
    assert not mean_change(-change, ["page"] * len(changes), np.full(len(changes), weight), seed=0, resamples=10).loss


def test_five_documents_that_all_gained_may_have_by_chance_and_six_are_enough() -> None:
    assert not mean_change(ones(5), range(5), ones(5), seed=0).gain
    six = mean_change(ones(6), range(6), ones(6), seed=0)
    assert six.gain
    assert mean_change(-ones(6), range(6), ones(6), seed=0).loss
    # 2 × 2^-6 = 0.03 < 0.05 < 2 × 2^-5, and so on.
    assert [fewest_clusters(level) for level in (0.5, 0.75, 0.9, 0.95, 0.99)] == [2, 3, 5, 6, 8]


def test_each_question_its_own_cluster_is_the_plain_bootstrap() -> None:
    change = np.random.default_rng(1).normal(0.1, 1, size=300)
    found = mean_change(change, range(300), ones(300), seed=7)
    counts = np.random.default_rng(2).multinomial(300, [1 / 300] * 300, size=10_000)
    low, high = np.quantile(counts @ change / 300, [0.025, 0.975])
    assert found.mean == pytest.approx(change.mean())
    # The ends differ by the luck of 10,000 draws: their standard error is about 0.002.
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.008)


def test_questions_that_say_the_same_of_one_document_do_not_make_it_surer() -> None:
    change = np.random.default_rng(1).normal(0.1, 1, size=50)
    once = mean_change(change, range(50), ones(50), seed=7)
    tenfold = mean_change(np.repeat(change, 10), np.repeat(range(50), 10).tolist(), ones(500), seed=7)
    assert (tenfold.low, tenfold.high, tenfold.clusters) == pytest.approx((once.low, once.high, once.clusters))


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    """Of 40 documents with up to 6 questions each, whose changes move with their document's."""
    random = np.random.default_rng(3)
    held, runs = 0, 400
    for run in range(runs):
        clusters = np.repeat(np.arange(40), random.integers(1, 7, size=40))
        change = random.normal(size=40)[clusters] + 0.3 * random.normal(size=len(clusters)) + 0.5
        found = mean_change(change, clusters.tolist(), random.random(len(clusters)), seed=run, resamples=1000)
        held += found.low <= 0.5 <= found.high
    # Four standard errors of 400 runs are 4.4 points; percentile intervals of 40 clusters hold it a little less often.
    assert 0.90 <= held / runs <= 0.98


def test_a_seed_gives_the_same_interval_again() -> None:
    change = np.random.default_rng(1).normal(size=3000)
    assert mean_change(change, range(3000), ones(3000), seed=1) == mean_change(change, range(3000), ones(3000), seed=1)
    assert mean_change(change, range(3000), ones(3000), seed=1) != mean_change(change, range(3000), ones(3000), seed=2)


def test_no_evidence_is_no_change_and_nothing_is_sure() -> None:
    nothing = Interval(0, -math.inf, math.inf, 0)
    assert mean_change(np.array([]), [], np.array([]), seed=0) == nothing
    assert mean_change(ones(8), range(8), np.zeros(8), seed=0) == nothing
    assert not nothing.gain
    assert not nothing.loss


def test_what_has_no_mean_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="a change, a cluster and a weight"):
        mean_change(ones(3), range(2), ones(3), seed=0)
    with pytest.raises(ValueError, match="not finite"):
        mean_change(np.array([math.nan]), ["a"], ones(1), seed=0)
    with pytest.raises(ValueError, match="below 0"):
        mean_change(ones(1), ["a"], -ones(1), seed=0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        mean_change(ones(1), ["a"], ones(1), seed=0, level=95)
