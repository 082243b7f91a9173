"""Measures of a ranking, worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.metrics import ndcg, recall, reciprocal_rank

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
