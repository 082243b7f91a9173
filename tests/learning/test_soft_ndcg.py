"""nDCG@10 as it is expected where scores are a little uncertain, against chance itself and by hand."""

import math

import numpy as np
import pytest

from learning.metrics import ndcg
from learning.soft_ndcg import soft_ndcg


def test_with_hardly_any_noise_it_is_ndcg() -> None:
    scores = {"b": 0.9, "a": 0.7, "d": 0.5, "c": 0.2}
    for right in ({"a"}, {"a", "c"}, {"b"}, {"a", "never found"}):
        expected = ndcg(["b", "a", "d", "c"], dict.fromkeys(right, 1))
        assert soft_ndcg(scores, right, noise=1e-6) == pytest.approx(expected)


def test_of_two_equal_scores_each_is_first_half_of_the_time() -> None:
    assert soft_ndcg({"a": 0.5, "b": 0.5}, {"a"}) == pytest.approx(0.5 + 0.5 / math.log2(3))


def test_a_gap_counts_by_how_likely_noise_closes_it() -> None:
    """Two scores 0.02 apart, each with a noise of 0.02, change places with the chance of 1 / sqrt(2) sigmas: 24 %."""
    changed = 0.23975
    expected = (1 - changed) + changed / math.log2(3)
    assert soft_ndcg({"a": 0.52, "b": 0.5}, {"a"}, noise=0.02) == pytest.approx(expected, abs=1e-4)


def test_it_is_the_mean_over_noisy_rankings() -> None:
    drawn = np.random.default_rng(0)
    scores = {f"document {at}": float(score) for at, score in enumerate(drawn.uniform(0.3, 0.6, 15))}
    right = {"document 3", "document 7"}
    names, noise = list(scores), 0.02
    noisy = np.array(list(scores.values())) + drawn.normal(0, noise, (20_000, len(names)))
    sampled = np.mean([ndcg([names[at] for at in np.argsort(-row)], dict.fromkeys(right, 1)) for row in noisy])
    # That others stand above it is taken as independent of each other; a document's own noise moves it past several.
    assert soft_ndcg(scores, right, noise=noise) == pytest.approx(sampled, abs=0.02)


def test_what_comes_nearer_to_the_right_place_counts_before_it_is_there() -> None:
    far, near = {"a": 0.40, "b": 0.50}, {"a": 0.48, "b": 0.50}
    assert ndcg(["b", "a"], {"a": 1}) == pytest.approx(soft_ndcg(far, {"a"}), abs=0.001)
    assert soft_ndcg(near, {"a"}) > soft_ndcg(far, {"a"}) + 0.05


def test_nothing_found_or_nothing_right_is_worth_nothing() -> None:
    assert soft_ndcg({}, {"a"}) == 0
    assert soft_ndcg({"a": 1.0}, set()) == 0


def test_no_noise_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0, not 0"):
        soft_ndcg({"a": 1.0}, {"a"}, noise=0)
