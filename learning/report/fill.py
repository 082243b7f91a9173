"""What a learning run knows, put into the values of its report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import numpy as np

from learning.assess import AS_ASKED, HELD_OUT, UNVOTED, VOTED, Assessment, Candidate
from learning.gate import Measure as GateMeasure
from learning.guards import ANSWERED, GENERAL, HEADINGS
from learning.judging import Judged
from learning.material import Material
from learning.report.contents import (
    KnowledgeMap,
    LossPoint,
    Measure,
    Report,
    ReportedPassage,
    ReportedQuestion,
    Run,
    Sides,
    SpaceMeasure,
    State,
    Training,
)
from learning.report.knowledge_map import knowledge_map
from learning.votes import DocumentKey
from storage.document import Audience
from storage.embedder import Vectors
from storage.knowledge import KnowledgeBase
from storage.passage import Passage
from storage.versions import Version

PASSAGES_SHOWN = 3

EXPLANATIONS = {
    HELD_OUT: "Questions that were voted on, each judged by a training that had not seen it: nDCG@10 as it is expected "
    "where their words are a little others.",
    VOTED: "Of these, the questions about documents that other votes named, which learning helps most.",
    AS_ASKED: "The same questions in the very words in which they were asked (nDCG@10).",
    UNVOTED: "Of these, the questions about documents that no vote of their training named: harm shows here first.",
    ANSWERED: "Questions that were answered and that nobody voted on: is what their answers cite still found?",
    HEADINGS: "Titles and headings of documents that were kept out of the training: do they still find their document?",
    GENERAL: "Questions on anything, found by meaning alone: was the model's general knowledge of language kept?",
}

SPACE: tuple[tuple[str, str, str, Literal["higher", "lower"]], ...] = (
    ("alignment", "Alignment, as mean cosine", "The cosine of a question and its right passage.", "higher"),
    ("uniformity", "Uniformity, as mean cosine", "The cosine of two different questions.", "lower"),
    (
        "alignment_wang_isola",
        "Alignment (Wang & Isola 2020)",
        "The squared distance of a question and its right passage.",
        "lower",
    ),
    (
        "uniformity_wang_isola",
        "Uniformity (Wang & Isola 2020)",
        "The log of the mean Gaussian potential of two questions.",
        "lower",
    ),
)


def fill(
    *,
    started: datetime,
    finished: datetime,
    sides: Sides,
    seed: int,
    state: State,
    triplets: int,
    current: Version,
    version: str | None,
    material: Material,
    candidate: Candidate,
    assessment: Assessment,
    figures: Mapping[str, Any],
    knowledge: KnowledgeBase,
) -> Report:
    """The report of a run that came to a verdict. `figures` are what learning.figures made of it."""
    verdict = assessment.verdict
    gains = [measure for measure in verdict.measures if measure.kind == "gain"]
    gain = next((measure for measure in gains if measure.passed), gains[0] if gains else None)
    return Report(
        run=Run(
            started=started,
            finished=finished,
            seconds=(finished - started).total_seconds(),
            sides=sides,
            seed=seed,
            state=state,
            reason=verdict.reason,
            model_before=current.name,
            model_after=version,
            fusion_weight_before=current.fusion_weight,
            fusion_weight_after=assessment.setting.dense_weight,
            triplets=triplets,
            questions=len(material.lessons),
            voters=len({voter for lesson in material.lessons for voter in lesson.voters}),
            waiting=material.doubted,
        ),
        gain=_measure(gain) if gain else None,
        measures=tuple(_measure(measure) for measure in verdict.measures if measure is not gain),
        space=tuple(
            SpaceMeasure(name, explanation, figures["before"][key], figures["after"][key], better)
            for key, name, explanation, better in SPACE
            if key in figures["before"] and key in figures["after"]
        ),
        trainings=tuple(
            Training(name, tuple(LossPoint(step, loss) for step, loss in enumerate(losses, start=1)))
            for name, losses in candidate.curves.items()
        ),
        questions=tuple(_questions(material, candidate, assessment, current, knowledge)),
        knowledge_map=_map(material, assessment, seed),
    )


def _measure(measure: GateMeasure) -> Measure:
    return Measure(
        name=measure.name,
        explanation=EXPLANATIONS.get(measure.name, ""),
        before=measure.before,
        after=measure.after,
        change=measure.change.mean,
        low=measure.change.low,
        high=measure.change.high,
        questions=measure.questions,
        passed=None if measure.kind == "gain" else measure.passed,
    )


def _questions(
    material: Material, candidate: Candidate, assessment: Assessment, current: Version, knowledge: KnowledgeBase
) -> list[ReportedQuestion]:
    titles = {chunk.document: chunk.title for chunk in material.corpus.chunks}
    audience = knowledge.everyone_known()
    weight = assessment.setting.dense_weight
    reported = []
    for place, judged in enumerate(assessment.judged):
        before, after = _rank(judged, assessment.before[place]), _rank(judged, assessment.after[place])
        found: list[tuple[ReportedPassage, ...]] = [(), ()]
        if before != after:
            found = [
                _found(knowledge, judged, assessment.vectors_before[place], audience, current.fusion_weight, current),
                _found(knowledge, judged, assessment.vectors_after[place], audience, weight, candidate.version),
            ]
        right = tuple(sorted(titles.get(key, key[1]) for key in judged.right))
        reported.append(ReportedQuestion(judged.question, right, before, after, found[0], found[1]))
    return reported


def _rank(judged: Judged, documents: tuple[DocumentKey, ...]) -> int | None:
    return next((rank for rank, document in enumerate(documents, start=1) if document in judged.right), None)


def _found(
    knowledge: KnowledgeBase, judged: Judged, vector: Vectors, audience: Audience, weight: float, version: Version
) -> tuple[ReportedPassage, ...]:
    passages = knowledge.search_by_vector(judged.question, vector, audience, PASSAGES_SHOWN, weight, version)
    return tuple(_passage(passage, judged) for passage in passages)


def _passage(passage: Passage, judged: Judged) -> ReportedPassage:
    document = passage.document
    return ReportedPassage(
        title=document.title,
        url=document.url,
        heading=" > ".join(passage.heading),
        text=passage.text,
        score=passage.scores.fused,
        right=(document.source, document.id) in judged.right,
    )


def _map(material: Material, assessment: Assessment, seed: int) -> KnowledgeMap | None:
    chunks = material.corpus.chunks
    if not chunks or not assessment.judged:
        return None
    titles = {chunk.document: chunk.title for chunk in chunks}
    return knowledge_map(
        material.corpus.vectors,
        [chunk.document[0] for chunk in chunks],
        [chunk.title for chunk in chunks],
        [chunk.text for chunk in chunks],
        [judged.question for judged in assessment.judged],
        [titles.get(min(judged.right), min(judged.right)[1]) for judged in assessment.judged],
        _unit(assessment.vectors_before),
        _unit(assessment.vectors_after),
        seed,
    )


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
