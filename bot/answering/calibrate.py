"""The confidence of one knowledge base and one version of the model, fitted on questions made from the corpus.

Each question is read twice: with its source among what is found, and with it removed, as if nobody had written it. So
each comes with an answer and without, and nobody has to label any. Made questions use the text's own words more than
people do: a fit on them alone tells people's questions apart worse than the prior does. So they tell how high the
features are by chance here, which puts the prior to scale, and pull its weights towards what tells them apart
(docs/decisions/abstention.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.answering.confidence import PRIOR, Confidence, Features, Prior, features
from bot.answering.evidence import EvidenceReader
from bot.answering.made_questions import MadeQuestion
from bot.answering.retrieve import CANDIDATES, passages_to_read
from storage.document import Audience
from storage.knowledge import KnowledgeBase, Passage

FEWEST = 60
"""Made questions whose source is found, below which the shipped confidence is the better one."""

PULL = 1.0
"""How much the made questions' likelihood weighs beside the prior's, whose slopes have a standard deviation of 1."""

ENOUGH_OTHERS = 8
"""Chunks found without a made question's source, below which they are too few to be like what is found for others."""

_SMALLEST_SPREAD = 1e-3
_STEPS = 50

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class MadeFeatures:
    """What was found for a made question: with its source, None where that is not among it, and without."""

    present: Features | None
    removed: Features | None


@dataclass(frozen=True)
class Calibrated:
    """A fitted confidence, how many questions it was fitted on, and how well it tells them apart (AUROC)."""

    confidence: Confidence
    questions: int
    auroc: float


def found_for(
    knowledge: KnowledgeBase, made: MadeQuestion, audience: Audience
) -> tuple[list[Passage] | None, list[Passage] | None]:
    """The passages to read for a made question, with its source and without; None where that cannot be told."""
    found = knowledge.search(made.text, audience, 2 * CANDIDATES).passages
    source = (made.source, made.document)
    others = [one for one in found if (one.document.source, one.document.id) != source]
    is_found = any(one.chunk_id == made.chunk_id for one in found[:CANDIDATES])
    return (
        passages_to_read(found[:CANDIDATES]) if is_found else None,
        passages_to_read(others[:CANDIDATES]) if len(others) >= ENOUGH_OTHERS else None,
    )


def fit(made: Sequence[MadeFeatures], prior: Prior = PRIOR, pull: float = PULL) -> Calibrated | None:
    """The confidence where these questions were made; None where there are too few to tell."""
    present = np.array([one.present for one in made if one.present is not None], dtype=np.float64)
    removed = np.array([one.removed for one in made if one.removed is not None], dtype=np.float64)
    if min(len(present), len(removed)) < FEWEST:
        return None
    rows = np.concatenate([present, removed])
    middle, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), _SMALLEST_SPREAD)
    standard, holds = (rows - middle) / spread, np.arange(len(rows)) < len(present)
    slopes = _pulled(standard, holds, np.array(prior.slopes), pull)
    # The prior knows how often people's questions are answered; made ones are answered as often as they are made so.
    bias = _bias(standard @ slopes, float(_probability(standard @ np.array(prior.slopes) + prior.bias).mean()))
    here = Prior(Features(*slopes.tolist()), bias, Features(*middle.tolist()), Features(*spread.tolist()))
    return Calibrated(here.confidence(), len(made), _auroc(standard @ slopes, holds))


def calibrate(
    knowledge: KnowledgeBase, made: Sequence[MadeQuestion], audience: Audience, on_read: Callable[[int], None]
) -> Calibrated | None:
    """Read the made questions and fit; `on_read` is told how many were read so far, and may raise to stop."""
    reader = EvidenceReader(knowledge.embedder)
    read = []
    for number, question in enumerate(made, start=1):
        present, removed = found_for(knowledge, question, audience)
        text = question.text
        read.append(MadeFeatures(_features(reader, text, present), _features(reader, text, removed)))
        on_read(number)
    return fit(read)


def _features(reader: EvidenceReader, question: str, passages: Sequence[Passage] | None) -> Features | None:
    evidence = reader.read(question, passages) if passages else []
    return features(passages, evidence) if passages and evidence else None


def _pulled(rows: Rows, holds: NDArray[np.bool_], prior: Rows, pull: float) -> Rows:
    """The slopes of most posterior probability, by Newton's method; both kinds of question weigh the same.

    The intercept is fitted along and left out: how often made questions are answered says nothing of people's.
    """
    each = pull * np.where(holds, 0.5 / holds.mean(), 0.5 / (1 - holds.mean())) / len(rows)
    design = np.column_stack([rows, np.ones(len(rows))])
    start = np.append(prior, 0.0)
    loose = np.append(np.ones(len(prior)), 1e-6)  # the intercept has no prior to speak of
    weights = start.copy()
    for _ in range(_STEPS):
        probability = _probability(design @ weights)
        gradient = design.T @ (each * (probability - holds)) + loose * (weights - start)
        curvature = (design.T * (each * probability * (1 - probability))) @ design + np.diag(loose)
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-8:
            break
    return weights[:-1]


def _bias(log_odds: Rows, mean: float) -> float:
    """What is to be added to log-odds for their probabilities to have this mean, by bisection."""
    low, high = -30.0 - float(log_odds.max()), 30.0 - float(log_odds.min())
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _probability(log_odds + middle).mean() < mean else (low, middle)
    return (low + high) / 2


def _probability(log_odds: Rows) -> Rows:
    probability: Rows = 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))
    return probability


def _auroc(scores: Rows, holds: NDArray[np.bool_]) -> float:
    higher = scores[holds][:, None] - scores[~holds][None, :]
    return float((higher > 0).mean() + (higher == 0).mean() / 2)
