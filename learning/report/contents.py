"""What a report tells, as the learning run fills it; no value holds the name of a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["promoted", "refused", "dry_run"]
Sides = Literal["question", "both"]


@dataclass(frozen=True)
class Run:
    """What was run, on what, and how it ended. `reason` is the gate's, in whole sentences.

    `model_after` and `fusion_weight_after` are the candidate's, whether or not it was promoted; None where the run
    ended before there was one. A fusion weight is dense search's share, 0 to 1.
    """

    started: datetime
    finished: datetime
    seconds: float
    sides: Sides
    seed: int
    state: State
    reason: str
    model_before: str
    model_after: str | None
    fusion_weight_before: float
    fusion_weight_after: float | None
    triplets: int
    questions: int
    voters: int
    waiting: int
    """Questions that were not learnt from: they wait for a second voice."""


@dataclass(frozen=True)
class Measure:
    """A mean over questions, each 0 to 1 and higher being better, by the model before and by the candidate.

    `low` and `high` bound the change by 95 %. `passed` says whether a guard holds; None where it is no guard.
    """

    name: str
    explanation: str
    before: float
    after: float
    change: float
    low: float
    high: float
    questions: int
    passed: bool | None = None


@dataclass(frozen=True)
class SpaceMeasure:
    """A figure of the embedding space itself, in its own unit: alignment or uniformity by one of their definitions."""

    name: str
    explanation: str
    before: float
    after: float
    better: Literal["higher", "lower"]


@dataclass(frozen=True)
class LossPoint:
    """The loss at a step of a training."""

    step: int
    loss: float


@dataclass(frozen=True)
class Training:
    """One training's curve, by step; a run that is cross-fitted has one for each fold and one of all votes."""

    name: str
    points: tuple[LossPoint, ...]


@dataclass(frozen=True)
class ReportedPassage:
    """A passage as it was found. `heading` is its headings' path, `right` whether its document answers the question."""

    title: str
    url: str
    heading: str
    text: str
    score: float
    right: bool


@dataclass(frozen=True)
class ReportedQuestion:
    """A held-out question, and what the model before and the candidate find for it, best first.

    A rank is that of the first right document, from 1; None where none is among those looked at.
    """

    text: str
    right_documents: tuple[str, ...]
    rank_before: int | None
    rank_after: int | None
    passages_before: tuple[ReportedPassage, ...]
    passages_after: tuple[ReportedPassage, ...]


@dataclass(frozen=True)
class ChunkPoint:
    """A chunk's place on the map."""

    x: float
    y: float
    source: str
    title: str
    text: str


@dataclass(frozen=True)
class QuestionPoint:
    """A question's places on the map, (x, y), and its cosines with the nearest chunk of its right document.

    The cosines, -1 to 1, are those of the whole vectors, not of the map; None where the document has no chunk.
    """

    before: tuple[float, float]
    after: tuple[float, float]
    text: str
    right_document: str
    cosine_before: float | None
    cosine_after: float | None


@dataclass(frozen=True)
class KnowledgeMap:
    """The knowledge base in two dimensions; `all_chunks` and `all_questions` say how many the drawn ones stand for."""

    chunks: tuple[ChunkPoint, ...]
    questions: tuple[QuestionPoint, ...]
    all_chunks: int
    all_questions: int


@dataclass(frozen=True)
class Report:
    """A learning run told whole.

    `gain` is the measure on which the gate decides, None where the run ended before it; `measures` are all others,
    guards among them. `questions` are all held-out questions, those that did not change too: the page counts them.
    """

    run: Run
    gain: Measure | None
    measures: tuple[Measure, ...] = ()
    space: tuple[SpaceMeasure, ...] = ()
    trainings: tuple[Training, ...] = ()
    questions: tuple[ReportedQuestion, ...] = ()
    knowledge_map: KnowledgeMap | None = None
