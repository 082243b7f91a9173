"""What a training came to, against the current model, on questions that neither had seen: what the gate judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.candidate import Setting, fit
from learning.folds import components
from learning.gate import Comparison, Kind, Verdict, judge
from learning.guards import Guards
from learning.judging import Judged, Rank, Values, order, rank_all
from learning.material import Material, embed_questions
from learning.training_job import SHARES, Trained
from learning.votes import DocumentKey
from storage.embedder import Vectors
from storage.version_rows import DENSE_WEIGHT
from storage.versions import Version

HELD_OUT = "Held-out questions"
UNVOTED = "Held-out questions about documents that no vote named"

SCALES = (0.8, 1.25)
"""Between which the cosines of a trained model are brought to the untrained one's."""


@dataclass(frozen=True)
class LearntFrom:
    """What a version was trained on: its questions' digests."""

    questions: frozenset[str]

    @classmethod
    def of(cls, figures: Mapping[str, Any]) -> "LearntFrom":
        """As a version's figures tell it; nothing for a model that votes had no part in."""
        return cls(frozenset(figures.get("learnt_from", ())))


@dataclass(frozen=True)
class Assessment:
    """The gate's verdict on a candidate, its setting and scale, and what was found for the lessons that were judged.

    `before` and `after` hold the documents found for each, best first: by the current version, and by trainings that
    had not seen it. `vectors_before` and `vectors_after` (n, d) are the questions' vectors, not of unit length where
    the version's cosines are scaled.
    """

    verdict: Verdict
    setting: Setting
    dense_scale: float
    judged: tuple[Judged, ...]
    unvoted: NDArray[np.bool_]
    before: tuple[tuple[DocumentKey, ...], ...]
    after: tuple[tuple[DocumentKey, ...], ...]
    vectors_before: Vectors
    vectors_after: Vectors


def assess(
    material: Material, trained: Trained, current: Version, learnt: LearntFrom, rank: Rank, seed: int
) -> Assessment:
    """Compare through the production path, `rank`. `learnt` is what the current version was trained on.

    A question that the current version has learnt from would be judged by what it has seen, and the candidate's side
    by what it has not. So only the others can show a gain over it. Harm to what nobody voted on is measured against
    the untrained model.
    """
    lessons = [material.lessons[at] for at in material.judged]
    judged = tuple(Judged(lesson.question, lesson.documents, lesson.weight) for lesson in lessons)
    texts = [lesson.question for lesson in lessons]
    weights = np.array([lesson.weight for lesson in lessons])
    unvoted = material.unvoted[material.judged]
    unseen = np.array([lesson.digest not in learnt.questions for lesson in lessons], dtype=bool)

    untrained = embed_questions(current.document_embedder, texts)
    base_values = rank_all(rank, judged, untrained, DENSE_WEIGHT).values(DENSE_WEIGHT)
    vectors_before = current.dense_scale * embed_questions(current.questions, texts)
    before = rank_all(rank, judged, vectors_before, current.fusion_weight)
    held_out = {share: trained.held_out[share][material.judged] for share in SHARES}
    scales = {share: _scale(untrained, held_out[share], material.corpus.vectors) for share in SHARES}
    tried = {share: rank_all(rank, judged, scales[share] * held_out[share], DENSE_WEIGHT) for share in SHARES}
    found = fit(tried, base_values, unvoted, weights, material.fold[material.judged])
    share, dense_weight = found.setting.share, found.setting.dense_weight

    clusters = components([lesson.documents for lesson in lessons])

    def some(name: str, kind: Kind, rows: NDArray[np.bool_], values: Values) -> Comparison:
        return Comparison(name, kind, values[rows], found.held_out[rows], clusters[rows].tolist(), weights[rows])

    guards = Guards(material, current, rank, trained.probes[share], scales[share], dense_weight)
    comparisons = [
        some(HELD_OUT, "gain", unseen, before.values(current.fusion_weight)),
        some(UNVOTED, "guard", unvoted, base_values),
        *guards.all(),
    ]
    return Assessment(
        verdict=judge(comparisons, seed),
        setting=found.setting,
        dense_scale=scales[share],
        judged=judged,
        unvoted=unvoted,
        before=_orders(before.found, current.fusion_weight),
        after=_orders(tried[share].found, dense_weight),
        vectors_before=vectors_before,
        vectors_after=scales[share] * held_out[share],
    )


def _scale(before: Vectors, after: Vectors, corpus: Vectors) -> float:
    """What brings the cosines of the nearest chunks back to where they were, on the average."""
    if not len(before) or not len(corpus):
        return 1.0
    best = [float((vectors @ corpus.T).max(axis=1).mean()) for vectors in (before, after)]
    return float(np.clip(best[0] / best[1], *SCALES)) if best[1] > 0 else 1.0


def _orders(found: Sequence[Any], dense_weight: float) -> tuple[tuple[DocumentKey, ...], ...]:
    return tuple(tuple(order(each, dense_weight)) for each in found)
