"""Measures of a ranking and of an embedding space, worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.metrics import (
    alignment,
    cosine_alignment,
    cosine_uniformity,
    ndcg,
    recall,
    reciprocal_rank,
    triplet_accuracy,
    uniformity,
)
from storage.embedder import Vectors
from tests.embedders import real_embedder

TEN = list("abcdefghij")


def test_ndcg_of_one_relevant_document_is_its_discount() -> None:
    # Ideal: 1 / log2(2) = 1. At rank 1: 1; at rank 2: 1 / log2(3) = 0.6309; at rank 3: 1 / log2(4) = 0.5.
    assert [ndcg(TEN, {id: 1}) for id in "abc"] == pytest.approx([1, 0.6309, 0.5], abs=1e-4)


def test_ndcg_of_grades() -> None:
    # DCG of b (2) at rank 2 and d (3) at rank 4: 2 / log2(3) + 3 / log2(5) = 1.2619 + 1.2920 = 2.5539
    # Ideal: 3 / log2(2) + 2 / log2(3) = 3 + 1.2619 = 4.2619.  2.5539 / 4.2619 = 0.5992
    assert ndcg(TEN, {"b": 2, "d": 3}) == pytest.approx(0.5992, abs=1e-4)


def test_ndcg_counts_relevant_documents_that_were_not_found() -> None:
    # DCG: 1 (a). Ideal of three: 1 + 0.6309 + 0.5 = 2.1309.  1 / 2.1309 = 0.4693
    assert ndcg(TEN, {"a": 1, "x": 1, "y": 1}) == pytest.approx(0.4693, abs=1e-4)


def test_ndcg_asks_of_ten_places_no_more_than_ten_documents() -> None:
    assert ndcg(TEN, {**dict.fromkeys(TEN, 1), "x": 1, "y": 1}) == pytest.approx(1)


def test_ndcg_looks_no_further_than_k() -> None:
    assert ndcg([*TEN, "x"], {"x": 1}) == 0
    assert ndcg([*TEN, "x"], {"x": 1}, k=11) == pytest.approx(1 / math.log2(12))
    # k = 1: the best that one place could hold is the 3.  1 / 3
    assert ndcg(TEN, {"a": 1, "b": 3}, k=1) == pytest.approx(1 / 3)


def test_documents_judged_irrelevant_count_as_nothing() -> None:
    assert ndcg(["a", "b"], {"a": 0, "b": 1}) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg(["a", "b"], {"a": -1, "b": 1}) == pytest.approx(0.6309, abs=1e-4)
    assert recall(["a"], {"a": 0, "b": 1}) == 0
    assert reciprocal_rank(["a", "b"], {"a": 0, "b": 1}) == 0.5


def test_recall_is_the_share_that_was_found() -> None:
    assert recall(TEN, {"a": 1, "j": 2, "x": 1}) == pytest.approx(2 / 3)
    assert recall([*TEN, "x"], {"a": 1, "x": 1}) == 0.5
    assert recall([*TEN, "x"], {"a": 1, "x": 1}, k=11) == 1


def test_reciprocal_rank_is_of_the_first_that_is_relevant() -> None:
    assert [reciprocal_rank(TEN, {id: 1, "j": 1}) for id in "ac"] == pytest.approx([1, 1 / 3])
    assert reciprocal_rank(TEN, {"j": 1}) == pytest.approx(0.1)
    assert reciprocal_rank([*TEN, "x"], {"x": 1}) == 0


@pytest.mark.parametrize("measure", [ndcg, recall, reciprocal_rank])
def test_nothing_found_and_nothing_to_find_are_0(measure: type) -> None:
    assert measure([], {"a": 1}) == measure(TEN, {}) == measure([], {}) == measure(TEN, {"a": 0}) == 0


rankings = st.lists(st.sampled_from(TEN), unique=True)
judgements = st.dictionaries(st.sampled_from([*TEN, "x", "y"]), st.integers(-1, 4))


@given(rankings, judgements, st.integers(1, 12))
def test_every_measure_is_between_0_and_1(ranking: list[str], judged: dict[str, int], k: int) -> None:
    for measure in (ndcg, recall, reciprocal_rank):
        assert 0 <= measure(ranking, judged, k) <= 1 + 1e-12


@given(rankings, judgements)
def test_the_best_order_of_all_relevant_documents_has_every_measure_at_its_most(
    ranking: list[str], judged: dict[str, int]
) -> None:
    relevant = sorted((id for id, grade in judged.items() if grade > 0), key=lambda id: -judged[id])
    rest = [id for id in ranking if id not in relevant]
    for measure in (ndcg, reciprocal_rank):
        assert measure([*relevant, *rest], judged) == pytest.approx(1 if relevant else 0)
        assert measure([*relevant, *rest], judged) >= measure(ranking, judged) - 1e-12


def vectors(*rows: tuple[float, float]) -> Vectors:
    return np.array(rows, dtype=np.float32)


EAST, NORTH, WEST, NORTHEAST = (1, 0), (0, 1), (-1, 0), (0.6, 0.8)


def test_triplet_accuracy_is_the_share_whose_positive_is_nearer() -> None:
    # Cosines with the anchor, positive against negative: 0.6 > 0, 0 > -1, 0 < 0.6, and 0 = 0, which is no win.  2 / 4
    accuracy = triplet_accuracy(
        vectors(EAST, EAST, EAST, NORTH), vectors(NORTHEAST, NORTH, NORTH, EAST), vectors(NORTH, WEST, NORTHEAST, WEST)
    )
    assert accuracy == 0.5


def test_alignment_in_cosines_is_the_mean_of_the_pairs() -> None:
    # 0.6 and -1.  -0.4 / 2 = -0.2
    assert cosine_alignment(vectors(EAST, EAST), vectors(NORTHEAST, WEST)) == pytest.approx(-0.2)


def test_uniformity_in_cosines_is_the_mean_of_all_pairs_but_those_with_themselves() -> None:
    # East with north 0, east with northeast 0.6, north with northeast 0.8.  1.4 / 3 = 0.4667
    assert cosine_uniformity(vectors(EAST, NORTH, NORTHEAST)) == pytest.approx(1.4 / 3)


def test_alignment_of_wang_and_isola() -> None:
    # Distances: (1, 0) to (0.6, 0.8) is sqrt(0.16 + 0.64) = sqrt(0.8), (1, 0) to (-1, 0) is 2.
    # alpha = 2: (0.8 + 4) / 2 = 2.4.  alpha = 1: (0.8944 + 2) / 2 = 1.4472
    pairs = vectors(EAST, EAST), vectors(NORTHEAST, WEST)
    assert alignment(*pairs) == pytest.approx(2.4)
    assert alignment(*pairs, alpha=1) == pytest.approx(1.4472, abs=1e-4)


def test_uniformity_of_wang_and_isola() -> None:
    # Squared distances: east to north 2, east to northeast 0.8, north to northeast 0.36 + 0.04 = 0.4.
    # t = 2: exp(-4) + exp(-1.6) + exp(-0.8) = 0.0183 + 0.2019 + 0.4493 = 0.6695; log(0.6695 / 3) = -1.4997
    # t = 1: exp(-2) + exp(-0.8) + exp(-0.4) = 0.1353 + 0.4493 + 0.6703 = 1.2550; log(1.2550 / 3) = -0.8715
    assert uniformity(vectors(EAST, NORTH, NORTHEAST)) == pytest.approx(-1.4997, abs=2e-4)
    assert uniformity(vectors(EAST, NORTH, NORTHEAST), t=1) == pytest.approx(-0.8715, abs=2e-4)
    # Both ends of its range: all in one place, and two that are as far apart as two can be, exp(-2 * 4).
    assert uniformity(vectors(EAST, EAST, EAST)) == pytest.approx(0, abs=1e-6)
    assert uniformity(vectors(EAST, WEST)) == pytest.approx(-8, abs=1e-6)


def test_uniformity_in_parts_is_that_of_the_whole() -> None:
    angles = np.linspace(0, math.tau, 2500, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    # Seen from any point of the circle: squared distance 2 - 2 cos(angle).
    away = np.exp(-2 * (2 - 2 * np.cos(angles[1:])))
    assert uniformity(circle) == pytest.approx(math.log(away.mean()), abs=1e-6)


def test_the_tutorials_alignment_of_two_names_of_a_product() -> None:
    brand, plain = real_embedder().embed(["Brand A Cola Soda", "Cola Soda"])
    assert cosine_alignment(brand[None], plain[None]) == pytest.approx(0.8451, abs=2e-4)
    # Of unit vectors the squared distance is 2 - 2 cos.  2 - 2 * 0.8451 = 0.3098
    assert alignment(brand[None], plain[None]) == pytest.approx(0.3098, abs=4e-4)
    assert cosine_uniformity(np.stack([brand, plain])) == pytest.approx(0.8451, abs=2e-4)


def test_a_mean_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        cosine_alignment(np.empty((0, 2), np.float32), np.empty((0, 2), np.float32))
    with pytest.raises(ValueError, match="one shape"):
        alignment(vectors(EAST), vectors(EAST, WEST))
    with pytest.raises(ValueError, match="two rows at least"):
        uniformity(vectors(EAST))
    with pytest.raises(ValueError, match="two rows at least"):
        cosine_uniformity(vectors(EAST))
