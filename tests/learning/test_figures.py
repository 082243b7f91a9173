"""The figures of a run, as JSON has them."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from learning.assess import LearntFrom, assess
from learning.bootstrap import Interval
from learning.figures import figures, measure_json, ranking, space
from learning.gate import Measure
from learning.judging import Judged
from storage.database import Database
from tests.learning.rules import ANSWERS, Rules, opened

LEAVE, PAY = ("handbook", "leave.md"), ("handbook", "pay.md")


@pytest.fixture
def rules(sqlite_url: str, tmp_path: Path) -> Iterator[Rules]:
    database = Database.open(sqlite_url)
    with opened(database, tmp_path) as made:
        yield made
    database.close()


def test_rankings_are_told_by_three_means() -> None:
    asked = [Judged("When is payday?", frozenset({PAY})), Judged("How much leave?", frozenset({LEAVE, PAY}))]
    told = ranking(asked, [[LEAVE, PAY], [LEAVE]])
    assert told["mrr@10"] == pytest.approx((1 / 2 + 1) / 2)
    assert told["recall@10"] == pytest.approx((1 + 1 / 2) / 2)
    second = 1 / math.log2(3)
    assert told["ndcg@10"] == pytest.approx((second + 1 / (1 + second)) / 2)
    assert ranking([], []) == {}


def test_a_run_tells_both_models_figures_on_the_held_out_questions(rules: Rules) -> None:
    nothing = LearntFrom(frozenset())
    assessment = assess(rules.material, rules.trained(ANSWERS), rules.current({}), nothing, rules.rank, 0)
    before, after = figures(rules.material, assessment)
    names = {
        "ndcg@10",
        "recall@10",
        "mrr@10",
        "alignment",
        "uniformity",
        "alignment_wang_isola",
        "uniformity_wang_isola",
    }
    assert before.keys() == after.keys() == names  # no lesson has a hard negative: no triplet could be wrong
    assert after["ndcg@10"] == 1.0 > before["ndcg@10"]
    # Of unit length, whatever the version's cosines are scaled by.
    assert after["alignment"] == pytest.approx(1.0, abs=1e-5)
    assert after["alignment_wang_isola"] == pytest.approx(0.0, abs=1e-5)
    assert json.loads(json.dumps([before, after])) == [before, after]


def test_one_question_has_no_place_among_others(rules: Rules) -> None:
    assert space(rules.material, np.ones((1, 8), dtype=np.float32)) == {}


@pytest.mark.parametrize(
    ("interval", "ci95"),
    [(Interval(0.05, 0.0123456, 0.09, 30), [0.0123, 0.09]), (Interval(0.05, -math.inf, math.inf, 3), None)],
)
def test_a_measure_has_no_interval_where_there_was_too_little_to_tell(
    interval: Interval, ci95: list[float] | None
) -> None:
    told = measure_json(Measure("Headings", "guard", 30, 12, 0.51234567, 0.5623, interval, True))
    assert told == {
        "name": "Headings",
        "kind": "guard",
        "questions": 30,
        "documents": 12,
        "before": 0.5123,
        "after": 0.5623,
        "change": 0.05,
        "ci95": ci95,
        "passed": True,
    }
    assert json.loads(json.dumps(told)) == told
