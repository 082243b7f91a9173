"""Questions with known documents, ranked once and judged at every weight of the cosine."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from learning.judging import Judged, Ranked, order, rank_all, value
from learning.votes import DocumentKey
from storage.embedder import Vectors

LEAVE, PAY, WIFI = (("handbook", f"{name}.md") for name in ("leave", "pay", "wifi"))
FOUND = [Ranked(PAY, 0.2, 0.9), Ranked(LEAVE, 0.8, 0.1), Ranked(LEAVE, 0.7, 0.8), Ranked(WIFI, 0.3, 0.0)]


def test_the_order_is_that_of_the_weight_and_names_each_document_once() -> None:
    assert order(FOUND, 1.0) == [LEAVE, WIFI, PAY]
    assert order(FOUND, 0.5) == [LEAVE, PAY, WIFI]
    assert order(FOUND, 0.0) == [PAY, LEAVE, WIFI]
    assert order([], 0.5) == []


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ({PAY}, 1.0),
        ({LEAVE}, 1 / math.log2(3)),
        ({LEAVE, PAY}, 1.0),
        ({("handbook", "never-found.md")}, 0.0),
        ({PAY, ("handbook", "never-found.md")}, 1 / (1 + 1 / math.log2(3))),
        ({("intranet", "pay.md")}, 0.0),
    ],
)
def test_a_ranking_is_worth_its_ndcg(right: set[DocumentKey], expected: float) -> None:
    assert value(Judged("When is payday?", frozenset(right)), [PAY, LEAVE, WIFI]) == pytest.approx(expected)


def test_what_stands_below_the_tenth_document_is_worth_nothing() -> None:
    others: list[DocumentKey] = [("handbook", f"{n}.md") for n in range(10)]
    assert value(Judged("When is payday?", frozenset({PAY})), [*others, PAY]) == 0
    assert value(Judged("When is payday?", frozenset({PAY})), [*others[:9], PAY]) > 0


def test_each_question_is_searched_once_with_its_own_vector_and_judged_at_every_weight() -> None:
    searched = []

    def rank(question: str, vector: Vectors, dense_weight: float) -> Sequence[Ranked]:
        searched.append((question, vector.tolist(), dense_weight))
        return FOUND if question == "When is payday?" else []

    questions = [Judged("When is payday?", frozenset({PAY})), Judged("Who is who?", frozenset({WIFI}))]
    rankings = rank_all(rank, questions, np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32), 0.5)
    assert searched == [("When is payday?", [1.0, 0.0], 0.5), ("Who is who?", [0.0, 1.0], 0.5)]
    assert rankings.values(0.0).tolist() == [1.0, 0.0]
    assert rankings.values(1.0).tolist() == pytest.approx([0.5, 0.0])
    assert rankings.best_cosines().tolist() == [0.8, 0.0]
    assert len(searched) == 2


def test_no_questions_have_no_values() -> None:
    def rank(question: str, vector: Vectors, dense_weight: float) -> Sequence[Ranked]:
        raise AssertionError("there is nothing to search")

    assert rank_all(rank, [], np.empty((0, 2), dtype=np.float32), 0.5).values(0.5).shape == (0,)
