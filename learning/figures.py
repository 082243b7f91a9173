"""The figures of a run as JSON's values: of the questions that were held out, before and after, and the gate's."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learning.assess import Assessment
from learning.gate import Measure
from learning.judging import Judged
from learning.material import Material
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
from learning.votes import DocumentKey
from storage.embedder import Vectors

Json = dict[str, Any]


def figures(material: Material, assessment: Assessment) -> tuple[Json, Json]:
    """Of the current version and of the candidate, each on the held-out questions.

    {"ndcg@10", "recall@10", "mrr@10", "triplet_accuracy", "alignment", "uniformity", "alignment_wang_isola",
    "uniformity_wang_isola"}: rankings by the production path, the rest by vectors of unit length.
    """
    return (
        {
            **ranking(assessment.judged, assessment.before),
            **space(material, assessment.rows, assessment.vectors_before),
        },
        {**ranking(assessment.judged, assessment.after), **space(material, assessment.rows, assessment.vectors_after)},
    )


def ranking(judged: Sequence[Judged], rankings: Sequence[Sequence[DocumentKey]]) -> Json:
    """{"ndcg@10", "recall@10", "mrr@10"}: means over the questions, 0 to 1; nothing for no questions."""
    if not judged:
        return {}
    pairs = [(documents, dict.fromkeys(each.right, 1)) for each, documents in zip(judged, rankings, strict=True)]
    return {
        "ndcg@10": fmean(ndcg(*pair) for pair in pairs),
        "recall@10": fmean(recall(*pair) for pair in pairs),
        "mrr@10": fmean(reciprocal_rank(*pair) for pair in pairs),
    }


def space(material: Material, places: NDArray[np.intp], vectors: Vectors) -> Json:
    """How the questions (n, d) of the lessons at these places lie to their passages: alignment, uniformity, accuracy.

    A pair is a question and its nearest right passage, a triplet these and its nearest hard negative. Uniformity is
    that of the questions.
    """
    if len(vectors) < 2:
        return {}
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = [material.rows[at] for at in places]
    right = material.vectors[
        [_nearest(material, vector, each.right) for vector, each in zip(vectors, rows, strict=True)]
    ]
    contested = [at for at, each in enumerate(rows) if each.hard]
    hard = [_nearest(material, vectors[at], rows[at].hard) for at in contested]
    return {
        **(
            {"triplet_accuracy": triplet_accuracy(vectors[contested], right[contested], material.vectors[hard])}
            if contested
            else {}
        ),
        "alignment": cosine_alignment(vectors, right),
        "uniformity": cosine_uniformity(vectors),
        "alignment_wang_isola": alignment(vectors, right),
        "uniformity_wang_isola": uniformity(vectors),
    }


def measure_json(measure: Measure) -> Json:
    """{"name", "kind", "questions", "documents", "before", "after", "change", "ci95", "passed"}, in nDCG@10.

    "ci95" is null where there was too little to tell.
    """
    ends = (measure.change.low, measure.change.high)
    return {
        "name": measure.name,
        "kind": measure.kind,
        "questions": measure.questions,
        "documents": measure.documents,
        "before": round(measure.before, 4),
        "after": round(measure.after, 4),
        "change": round(measure.change.mean, 4),
        "ci95": [round(end, 4) for end in ends] if all(map(math.isfinite, ends)) else None,
        "passed": measure.passed,
    }


def _nearest(material: Material, vector: Vectors, rows: Sequence[int]) -> int:
    return max(rows, key=lambda row: float(material.vectors[row] @ vector))
