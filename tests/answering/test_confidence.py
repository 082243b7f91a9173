"""How sure Lore is: fitted to what it searches, with no labels, and the shipped way where that is too small."""

import random
import time

import numpy as np
import pytest

from bot.answering.answer import Answerer
from bot.answering.calibrate import FEWEST, MadeFeatures, fit, found_for
from bot.answering.confidence import PRIOR, SHIPPED, Confidence, Features, Prior
from bot.answering.fitted_confidence import FittedConfidence
from bot.answering.made_questions import made_questions
from bot.calibration_schedule import CalibrationSchedule
from storage.confidence_fits import ConfidenceFit, ConfidenceFits
from storage.document import PUBLIC
from storage.knowledge import KnowledgeBase


def made(count: int, scale: float = 1.0, seed: int = 0) -> list[MadeFeatures]:
    """Features as a corpus gives them whose cosines are `scale` times as high, and as far apart, as usual."""
    rng = np.random.default_rng(seed)

    def drawn(up: float) -> Features:
        values = np.array(PRIOR.middle) + np.array(PRIOR.spread) * (rng.normal(size=5) + up)
        return Features(values[0] * scale, values[1], values[2], values[3] * scale, values[4])

    return [MadeFeatures(drawn(0.5), drawn(-0.5)) for _ in range(count)]


def probability(confidence: Confidence, features: Features) -> float:
    log_odds = confidence.bias + float(np.dot(confidence.weights, features))
    return float(1 / (1 + np.exp(-log_odds)))


def test_where_cosines_are_higher_by_nature_it_is_no_surer() -> None:
    usual, higher = fit(made(200)), fit(made(200, scale=1.6))
    assert usual is not None
    assert higher is not None
    found = Features(0.45, 0.5, 12.0, 0.1, 0.0)
    scaled = found._replace(dense=0.45 * 1.6, margin=0.1 * 1.6)
    assert probability(higher.confidence, scaled) == pytest.approx(probability(usual.confidence, found), abs=0.01)
    assert probability(SHIPPED, scaled) > probability(SHIPPED, found) + 0.1


def test_what_tells_made_questions_apart_counts_for_more() -> None:
    rng = random.Random(1)
    telling = [
        MadeFeatures(Features(0.5, 0.9, 15.0, 0.1, rng.random()), Features(0.5, 0.2, 15.0, 0.1, rng.random()))
        for _ in range(100)
    ]
    prior = Prior(Features(1.0, 0.1, 1.0, 0.1, 0.1), 1.0, PRIOR.middle, PRIOR.spread)
    fitted, unpulled = fit(telling, prior, pull=3.0), fit(telling, prior, pull=0.0)
    assert fitted is not None
    assert unpulled is not None
    assert fitted.confidence.weights.bm25 > 2 * unpulled.confidence.weights.bm25
    assert fitted.auroc > 0.95


def test_too_few_made_questions_fit_nothing() -> None:
    assert fit(made(FEWEST - 1)) is None
    assert fit([MadeFeatures(one.present, None) for one in made(500)]) is None


def test_features_that_never_change_do_no_harm() -> None:
    same = Features(0.5, 0.5, 15.0, 0.1, 0.0)
    fitted = fit([MadeFeatures(same, same)] * 100)
    assert fitted is not None
    assert np.isfinite([*fitted.confidence.weights, fitted.confidence.bias]).all()


def test_questions_are_made_of_the_corpus_and_of_different_chunks(knowledge: KnowledgeBase) -> None:
    questions = list(made_questions(knowledge._database, 1, 40))
    assert len(questions) >= 5
    assert len({one.chunk_id for one in questions}) == len(questions)
    assert all(one.text.endswith("?") for one in questions)
    assert questions == list(made_questions(knowledge._database, 1, 40))


def test_a_made_question_is_searched_with_its_source_and_without(knowledge: KnowledgeBase) -> None:
    everyone = knowledge.everyone_known()
    for one in made_questions(knowledge._database, 1, 40):
        present, removed = found_for(knowledge, one, everyone)
        if present is not None and removed is not None:
            assert one.document in {passage.document.id for passage in present}
            assert one.document not in {passage.document.id for passage in removed}
            return
    pytest.fail("no made question finds its source among enough others")


def test_a_corpus_that_is_too_small_keeps_the_shipped_confidence(knowledge: KnowledgeBase) -> None:
    confidence = FittedConfidence(knowledge._database)
    assert confidence.is_due(knowledge)
    assert confidence.calibrate(knowledge, lambda done, total: None) is None
    assert confidence(knowledge.serving.name) == SHIPPED
    assert confidence.fitted_on(knowledge.serving.name) is None
    assert not confidence.is_due(knowledge)


def test_a_fit_that_is_due_is_made_in_the_background(knowledge: KnowledgeBase) -> None:
    fits, version = ConfidenceFits(knowledge._database), knowledge.serving
    fits.keep(version.id, ConfidenceFit({}, 10 * knowledge.count_chunks(), 0))
    confidence = FittedConfidence(knowledge._database)
    schedule = CalibrationSchedule(knowledge, confidence)
    schedule.start()
    try:
        give_up = time.monotonic() + 60
        while confidence.is_due(knowledge) and time.monotonic() < give_up:
            time.sleep(0.02)
    finally:
        schedule.stop()
    assert not confidence.is_due(knowledge)


def test_a_fit_serves_at_once_and_is_due_again_after_a_big_sync(knowledge: KnowledgeBase) -> None:
    fits, version, chunks = ConfidenceFits(knowledge._database), knowledge.serving, knowledge.count_chunks()
    kept = {"weights": Features(0.0, 0.0, 0.0, 0.0, 0.0)._asdict(), "bias": 3.0}
    try:
        fits.keep(version.id, ConfidenceFit(kept, chunks, 200))
        confidence = FittedConfidence(knowledge._database)
        answer = Answerer(knowledge, None, confidence).answer("Which hotel in Tokyo has a sauna?", PUBLIC)
        assert answer.confidence == pytest.approx(1 / (1 + np.exp(-3.0)))
        assert confidence.fitted_on(version.name) == 200
        assert not confidence.is_due(knowledge)
        fits.keep(version.id, ConfidenceFit(kept, chunks // 2, 200))
        assert confidence.is_due(knowledge)
        fits.keep(version.id, ConfidenceFit({"weights": {"dense": 1.0}, "bias": 3.0}, chunks, 200))
        assert FittedConfidence(knowledge._database)(version.name) == SHIPPED
        assert confidence.fitted_on(version.name) is None
    finally:
        fits.keep(version.id, ConfidenceFit({}, chunks, 0))
