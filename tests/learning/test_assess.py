"""A training against the model that serves, on questions that neither had seen."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from learning.assess import AS_ASKED, HELD_OUT, SCALES, UNVOTED, VOTED, Assessment, LearntFrom, assess
from learning.gate import Measure
from learning.judging import ReadQuestions
from learning.training_job import Trained
from storage.database import Database
from storage.versions import Version
from tests.learning.rules import ANSWERS, GENERAL_ANSWERS, RULES, Rules, opened, question

NOTHING = LearntFrom(frozenset())


@pytest.fixture
def rules(sqlite_url: str, tmp_path: Path) -> Iterator[Rules]:
    database = Database.open(sqlite_url)
    with opened(database, tmp_path) as made:
        yield made
    database.close()


def assessed(rules: Rules, trained: Trained, current: Version, learnt: LearntFrom = NOTHING) -> Assessment:
    candidate = rules.candidate(trained, current)
    return assess(rules.untrained(current), candidate, current, learnt, rules.rank, seed=0)


def measure(assessment: Assessment, name: str) -> Measure:
    return next(one for one in assessment.verdict.measures if one.name == name)


def test_what_finds_more_on_questions_that_it_did_not_see_is_promoted(rules: Rules) -> None:
    assessment = assessed(rules, rules.trained(ANSWERS), rules.current({}))
    assert assessment.verdict.promote
    assert assessment.setting.share == 1.0
    gain = measure(assessment, HELD_OUT)
    assert (gain.questions, gain.documents, gain.passed) == (RULES, RULES, True)
    assert gain.after == pytest.approx(1.0, abs=3e-3)
    assert measure(assessment, AS_ASKED).after == 1.0
    assert [found[0] for found in assessment.after] == [min(one.right) for one in assessment.judged]
    assert assessment.vectors_before.shape == assessment.vectors_after.shape == (RULES, 8)


def test_the_questions_about_documents_that_other_votes_named_are_judged_by_themselves(rules: Rules) -> None:
    """Learning does most to them, and with few votes they are few of all."""
    learns = {question(n): ANSWERS[question(n)] for n in range(20)}
    material = replace(rules.material, unvoted=np.arange(RULES) >= 20)
    assessment = assessed(Rules(rules.knowledge, material), rules.trained(learns), rules.current({}))
    voted, unvoted = measure(assessment, VOTED), measure(assessment, UNVOTED)
    assert (voted.kind, voted.questions, voted.passed) == ("gain", 20, True)
    assert (unvoted.kind, unvoted.questions) == ("guard", 10)
    assert voted.change.mean > 0.5 > unvoted.change.mean


def test_what_finds_no_more_is_refused(rules: Rules) -> None:
    assessment = assessed(rules, rules.trained(ANSWERS), rules.current(ANSWERS))
    assert not assessment.verdict.promote
    assert assessment.verdict.reason.startswith("No sure gain: Held-out questions, words varied: nDCG@10 +0.0 points")


def test_what_the_current_version_has_learnt_from_is_no_gain_over_it(rules: Rules) -> None:
    every = LearntFrom(frozenset(lesson.digest for lesson in rules.material.lessons))
    assessment = assessed(rules, rules.trained(ANSWERS), rules.current({}), every)
    assert not assessment.verdict.promote
    assert assessment.verdict.reason.startswith("Too few votes to be sure: 0 questions about 0 documents")

    some = LearntFrom(frozenset(lesson.digest for lesson in rules.material.lessons[:7]))
    assert measure(assessed(rules, rules.trained(ANSWERS), rules.current({}), some), HELD_OUT).questions == RULES - 7


def test_a_version_tells_what_it_has_learnt_from() -> None:
    assert LearntFrom.of({"learnt_from": ["a", "b"], "share": 1.0}) == LearntFrom(frozenset({"a", "b"}))
    assert LearntFrom.of({}) == NOTHING


def test_who_forgets_what_no_vote_named_is_refused_whatever_is_gained(rules: Rules) -> None:
    """The untrained model knew it, and the one that serves does not: to stay without it is no gain, and no excuse."""
    knew = {question(n): ANSWERS[question(n)] for n in range(20)}
    learns = {question(n): ANSWERS[question(n)] for n in range(10, RULES)}
    material = replace(rules.material, unvoted=np.array([n < 20 for n in range(RULES)]))
    trained = rules.trained(learns)
    trained = replace(trained, held_out=dict.fromkeys(trained.held_out, trained.held_out[1.0]))
    assessment = assessed(Rules(rules.knowledge, material), trained, rules.current(knew, learnt={}))
    assert measure(assessment, HELD_OUT).passed
    guard = measure(assessment, UNVOTED)
    assert (guard.questions, guard.before, guard.passed) == (20, pytest.approx(1.0, abs=1e-3), False)
    assert assessment.verdict.reason.startswith("A guard loses: Held-out questions about documents that no vote named")


def test_cosines_of_what_was_trained_are_brought_back_to_where_they_were(rules: Rules) -> None:
    """An answer's confidence is read off them: a model that is sure of everything would answer everything."""
    surer = assessed(rules, rules.trained(ANSWERS), rules.current({}))
    assert SCALES[0] <= surer.dense_scale < 1
    lengths = np.linalg.norm(surer.vectors_after, axis=1)
    assert lengths == pytest.approx(np.full(RULES, surer.dense_scale), abs=1e-5)
    same = assessed(rules, rules.trained(ANSWERS), rules.current(ANSWERS))
    assert same.dense_scale == pytest.approx(1.0, abs=0.01)


def test_cosines_are_brought_back_as_far_as_what_was_learnt_holds(rules: Rules) -> None:
    """Half of the questions are read as before, so that the others' cosines alone are to be brought back."""
    trained = rules.trained(ANSWERS)
    holds = (np.arange(RULES) % 2).astype(np.float32)
    untrained = rules.material.untrained
    vectors = np.where(holds[:, None] == 1, trained.held_out[1.0].vectors, untrained)
    half = replace(trained, held_out=dict.fromkeys(trained.held_out, ReadQuestions(vectors, holds)))
    assessment = assessed(rules, half, rules.current({}))
    assert SCALES[0] <= assessment.dense_scale < 1
    sizes = np.linalg.norm(assessment.vectors_after, axis=1)
    assert sizes == pytest.approx(np.where(holds == 1, assessment.dense_scale, 1.0), abs=1e-5)


def test_a_general_loss_refuses_what_gains(rules: Rules) -> None:
    knows = {**ANSWERS, **GENERAL_ANSWERS}
    current = rules.current(GENERAL_ANSWERS)
    assert assessed(rules, rules.trained(knows), current).verdict.promote
    forgot = assessed(rules, rules.trained(knows, probes={}), current).verdict
    assert not forgot.promote
    assert forgot.reason.startswith("A guard loses: General questions: nDCG@10 -")
