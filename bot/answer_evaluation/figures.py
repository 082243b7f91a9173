"""The figures of an evaluation of answers: docs/json.md says what each is."""

from collections.abc import Iterable, Sequence
from statistics import fmean

import numpy as np

from bot.answer_evaluation import calibration
from bot.answer_evaluation.outcome import AnswerOutcome
from bot.contract import Json

FIRST = 5
ANSWERED = 0.85
"""The share of answerable questions answered at which the abstentions of two methods are compared."""

COSINES = (0.18, 0.2, 0.25)
"""Fixed thresholds on the cosine of the best passage, as other systems have them."""


def figures(outcomes: Sequence[AnswerOutcome]) -> Json:
    """All figures of the questions' outcomes, one at least; a share of nothing is None."""
    answerable = [one for one in outcomes if one.known.answerable]
    unanswerable = [one for one in outcomes if not one.known.answerable]
    return {
        "questions": len(outcomes),
        "answerable": len(answerable),
        "model": outcomes[0].answer["model"],
        "failed": sum(one.answer["kind"] == "failed" for one in outcomes),
        "retrieval": _retrieval(answerable),
        "answers": _answers(answerable, unanswerable),
        "citations": _citations([one for one in answerable if one.answered]),
        "support": _support(outcomes),
        "abstention": _abstention(outcomes),
        "latency_ms": _spread(one.answer["timings_ms"]["total"] for one in outcomes),
        "words": _spread(one.words for one in outcomes if one.answered),
    }


def _retrieval(answerable: Sequence[AnswerOutcome]) -> Json:
    ranks = [one.rank for one in answerable]
    return {
        "page_mrr@10": _mean(1 / rank if rank else 0.0 for rank in ranks),
        f"page_among_first_{FIRST}": _mean(rank is not None and rank <= FIRST for rank in ranks),
    }


def _answers(answerable: Sequence[AnswerOutcome], unanswerable: Sequence[AnswerOutcome]) -> Json:
    known = [one for one in answerable if one.known.answers]
    return {
        "answered": _mean(one.answered for one in answerable),
        "abstained": _mean(one.answer["kind"] == "abstained" for one in unanswerable),
        "containment": _mean(one.holds for one in known if one.answered),
        f"containment_page_among_first_{FIRST}": _mean(
            one.holds for one in known if one.answered and one.rank is not None and one.rank <= FIRST
        ),
        "containment_of_all": _mean(one.holds for one in known),
    }


def _citations(answered: Sequence[AnswerOutcome]) -> Json:
    return {
        "precision": _mean(fmean(id in one.known.pages for id in one.cited) for one in answered if one.cited),
        "recall": _mean(fmean(page in one.cited for page in one.known.pages) for one in answered),
        "right_page_cited": _mean(any(id in one.known.pages for id in one.cited) for one in answered),
    }


def _support(outcomes: Sequence[AnswerOutcome]) -> Json:
    sentences = [sentence for one in outcomes for sentence in one.sentences]
    unsupported = [sentence for sentence in sentences if sentence.fault]
    return {
        "sentences": len(sentences),
        "unsupported": len(unsupported),
        "unsupported_share": len(unsupported) / len(sentences) if sentences else None,
    }


def _abstention(outcomes: Sequence[AnswerOutcome]) -> Json:
    confidence = np.array([one.confidence for one in outcomes], dtype=np.float64)
    cosine = np.array([one.cosine for one in outcomes], dtype=np.float64)
    answerable = np.array([one.known.answerable for one in outcomes], dtype=np.bool_)
    curve = calibration.risk_coverage(confidence, answerable)
    curve_cosine = calibration.risk_coverage(cosine, answerable)
    return {
        "auroc": calibration.auroc(confidence, answerable),
        "auroc_cosine": calibration.auroc(cosine, answerable),
        f"abstained_at_{ANSWERED:.0%}_answered": calibration.abstained_where(confidence, answerable, ANSWERED),
        "calibration_error": calibration.calibration_error(confidence, answerable),
        "risk_coverage": curve,
        "risk_coverage_area": calibration.area_under(curve),
        "risk_coverage_cosine": curve_cosine,
        "risk_coverage_area_cosine": calibration.area_under(curve_cosine),
        "cosine_thresholds": [_threshold(threshold, cosine, confidence, answerable) for threshold in COSINES],
    }


def _threshold(
    threshold: float, cosine: calibration.Values, confidence: calibration.Values, answerable: calibration.Flags
) -> Json:
    """A fixed threshold on the cosine, and what the confidence abstains on where it answers as much."""
    above = cosine >= threshold
    answered = _mean(above[answerable])
    return {
        "threshold": threshold,
        "answered": answered,
        "abstained": _mean(~above[~answerable]),
        "coverage": _mean(above),
        "risk": _mean(~answerable[above]),
        "abstained_by_confidence": None
        if answered is None
        else calibration.abstained_where(confidence, answerable, answered),
    }


def _spread(values: Iterable[float]) -> Json:
    held = list(values)
    if not held:
        return {"median": None, "p95": None, "most": None}
    return {
        "median": float(np.median(held)),
        "p95": float(np.quantile(held, 0.95)),
        "most": float(max(held)),
    }


def _mean(values: Iterable[float]) -> float | None:
    held = [float(value) for value in values]
    return fmean(held) if held else None


def rounded(value: object) -> object:
    """The figures with four places at most, at any depth."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value
