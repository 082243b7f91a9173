"""What a training came to, against the current model, on questions that neither had seen: what the gate judges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.candidate import Setting, fit
from learning.folds import components
from learning.gate import TOLERATED, Comparison, Kind, Verdict, judge
from learning.guards import Guards
from learning.judging import Judged, Rank, Ranked, Rankings, ReadQuestions, Values, order, rank_all
from learning.material import Material, embed_questions
from learning.votes import DocumentKey
from storage.embedder import Embedder, Vectors
from storage.scope import lengths
from storage.version_rows import DENSE_WEIGHT
from storage.versions import Version

HELD_OUT = "Held-out questions, words varied"
VOTED = "Held-out questions about documents that other votes named, words varied"
UNVOTED = "Held-out questions about documents that no vote named, words varied"
AS_ASKED = "Held-out questions, as asked"

AS_ASKED_TOLERATED = 0.01
"""As asked, the mean of 200 questions varies by 0.7 points by chance, so that half a point would often be one."""

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
class Candidate:
    """What a training came to, to be judged by the lessons that it did not see.

    `rows` (n,) are those lessons' places, `fold` (n,) parts them for choosing the setting, and `unvoted` (n,) marks
    those about documents that no lesson it saw names. For each share of what training changed, `held_out` are their
    questions as it reads them and `probes` those of `material.probes`. `rank` finds by the documents of `version`,
    which `documents` embeds. `curves` are the losses of each training, a step each, by its name.
    """

    rows: NDArray[np.intp]
    fold: NDArray[np.intp]
    unvoted: NDArray[np.bool_]
    held_out: Mapping[float, ReadQuestions]
    probes: Mapping[float, ReadQuestions]
    rank: Rank
    documents: Embedder
    version: Version
    curves: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Assessment:
    """The gate's verdict on a candidate, its setting and scale, and what was found for the lessons that were judged.

    `rows` (n,) are these lessons' places. `before` and `after` hold the documents found for each, best first: by the
    current version, and by trainings that had not seen it. `vectors_before` and `vectors_after` (n, d) are the
    questions' vectors, not of unit length where the version's cosines are scaled.
    """

    verdict: Verdict
    setting: Setting
    dense_scale: float
    rows: NDArray[np.intp]
    judged: tuple[Judged, ...]
    before: tuple[tuple[DocumentKey, ...], ...]
    after: tuple[tuple[DocumentKey, ...], ...]
    vectors_before: Vectors
    vectors_after: Vectors


def assess(
    material: Material, candidate: Candidate, current: Version, learnt: LearntFrom, rank: Rank, seed: int
) -> Assessment:
    """Compare with the current version through the production path, `rank`; `learnt` is what it was trained on.

    A question that the current version has learnt from would be judged by what it has seen, and the candidate's side
    by what it has not. So only the others can show a gain over it. It is shown in SoftNDCG@10, which tells sooner, and
    must not be a loss in nDCG@10. Harm to what nobody voted on is measured against
    the untrained model.
    """
    lessons = [material.lessons[at] for at in candidate.rows]
    judged = tuple(Judged(lesson.question, lesson.documents, lesson.weight) for lesson in lessons)
    texts = [lesson.question for lesson in lessons]
    weights = np.array([lesson.weight for lesson in lessons])
    unseen = np.array([lesson.digest not in learnt.questions for lesson in lessons], dtype=bool)

    untrained = material.untrained[candidate.rows]
    base = rank_all(rank, judged, untrained, DENSE_WEIGHT)
    trained_before = current.questions is not current.document_embedder
    vectors_before = embed_questions(current.questions, texts) if trained_before else untrained
    before = rank_all(rank, judged, vectors_before, current.fusion_weight) if trained_before else base
    plain = {
        share: rank_all(candidate.rank, judged, asked.vectors, DENSE_WEIGHT)
        for share, asked in candidate.held_out.items()
    }
    holds = {share: asked.holds for share, asked in candidate.held_out.items()}
    scales = {share: _scale(base, rankings, holds[share]) for share, rankings in plain.items()}
    tried = {share: rankings.scaled(lengths(holds[share], scales[share])) for share, rankings in plain.items()}
    found = fit(tried, base.soft_values(DENSE_WEIGHT), candidate.unvoted, weights, candidate.fold)
    share, dense_weight = found.setting.share, found.setting.dense_weight
    clusters = components([lesson.documents for lesson in lessons])

    def some(
        name: str, kind: Kind, rows: NDArray[np.bool_], before: Values, after: Values, tolerated: float = TOLERATED
    ) -> Comparison:
        return Comparison(name, kind, before[rows], after[rows], clusters[rows].tolist(), weights[rows], tolerated)

    guards = Guards(
        material,
        current,
        rank,
        candidate.rank,
        candidate.documents,
        candidate.probes[share],
        scales[share],
        dense_weight,
    )
    soft_before, as_asked_before = before.soft_values(current.fusion_weight), before.values(current.fusion_weight)
    comparisons = [
        some(HELD_OUT, "gain", unseen, soft_before, found.soft),
        some(VOTED, "gain", unseen & ~candidate.unvoted, soft_before, found.soft),
        some(UNVOTED, "guard", candidate.unvoted, base.soft_values(DENSE_WEIGHT), found.soft),
        some(AS_ASKED, "guard", unseen, as_asked_before, found.held_out, AS_ASKED_TOLERATED),
        *guards.all(),
    ]
    return Assessment(
        verdict=judge(comparisons, seed),
        setting=found.setting,
        dense_scale=scales[share],
        rows=candidate.rows,
        judged=judged,
        before=_orders(before.found, current.fusion_weight),
        after=_orders(tried[share].found, dense_weight),
        vectors_before=vectors_before,
        vectors_after=candidate.held_out[share].scaled(scales[share]),
    )


def _scale(before: Rankings, after: Rankings, holds: Vectors) -> float:
    """What brings the cosines of the nearest passages back to where they were, on the average, as far as what was
    learnt `holds` for each question, (n,)."""
    were, are = before.best_cosines(), after.best_cosines()
    changed = float((holds * are).sum())
    return float(np.clip(1 + float((were - are).sum()) / changed, *SCALES)) if changed > 0 else 1.0


def _orders(found: Sequence[Sequence[Ranked]], dense_weight: float) -> tuple[tuple[DocumentKey, ...], ...]:
    return tuple(tuple(order(each, dense_weight)) for each in found)
