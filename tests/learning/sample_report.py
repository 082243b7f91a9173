"""A report as a learning run of a middling company would write it; all of its values are made up, by a seed."""

import random
from datetime import UTC, datetime, timedelta

import numpy as np

from learning.report.contents import (
    KnowledgeMap,
    LossPoint,
    Measure,
    Report,
    ReportedPassage,
    ReportedQuestion,
    Run,
    SpaceMeasure,
    State,
    Training,
)
from learning.report.knowledge_map import knowledge_map
from storage.embedder import Vectors

TOPICS = {
    "People handbook": ["Parental leave", "Sick leave", "Travel expenses", "Working from abroad", "Pension"],
    "Engineering wiki": ["On-call", "Deploying", "Incident reviews", "Access to production"],
    "Sales playbook": ["Discounts", "Handover to success", "Contract terms"],
    "Support articles": ["Cancelling a subscription", "Refunds", "Exporting data", "Single sign-on", "Invoices"],
    "Office": ["Parking", "Visitors", "Meeting rooms"],
}
ASKED = [
    "How long before the birth do I have to hand in the form?",
    "Who signs off a flight to a customer?",
    "can I work from Spain in August",
    "What do I do when the pager goes off and I have no laptop with me?",
    "Is there a discount for schools?",
    "how does a customer get their money back after the trial",
    "Where do guests park?",
    "Do I need a doctor's note on the first day?",
]
GAIN = Measure(
    "Held-out questions",
    "nDCG@10 on questions that people voted on and that the model was not trained on. The gate decides by it.",
    *(0.701, 0.742, 0.041, 0.023, 0.059, 120),
)
GUARDS = (
    Measure(
        "Sources that nobody voted on",
        "Questions whose documents lie in sources that no vote named: where training does harm first.",
        *(0.688, 0.691, 0.003, -0.006, 0.012, 96, True),
    ),
    Measure(
        "Other answered questions",
        "Questions that were answered without a vote; their answers' documents should still be found.",
        *(0.902, 0.899, -0.003, -0.009, 0.003, 240, True),
    ),
    Measure(
        "The documents' own headings",
        "A heading, asked as a question, should find the text below it.",
        *(0.811, 0.825, 0.014, 0.004, 0.024, 300, True),
    ),
    Measure(
        "General questions",
        "A fixed set from outside the company, so that the model does not lose its general sense.",
        *(0.645, 0.643, -0.002, -0.007, 0.003, 300, True),
    ),
)
RECALL = Measure(
    "Found among the first ten",
    "Recall@10 on the same held-out questions.",
    *(0.842, 0.871, 0.029, 0.008, 0.05, 120),
)
SPACE = (
    SpaceMeasure(
        "Alignment, mean cosine", "Of questions with the passages that answer them.", 0.5124, 0.6033, "higher"
    ),
    SpaceMeasure("Alignment, Wang & Isola", "Mean squared distance of the same pairs.", 0.9752, 0.7934, "lower"),
    SpaceMeasure("Uniformity, mean cosine", "Of all pairs of questions.", 0.1187, 0.1302, "lower"),
    SpaceMeasure("Uniformity, Wang & Isola", "Logarithm of the mean Gaussian potential.", -3.4121, -3.3487, "lower"),
)
TEXT = (
    "Hand in the form eight weeks before the first day, with the expected date. People Operations answers within three "
    "working days and tells payroll. If the date moves, write to them again: nothing else has to be filled in anew, "
    "and the days that were already agreed stay yours."
)


def sample_run(state: State = "promoted", reason: str = "") -> Run:
    started = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    return Run(
        started=started,
        finished=started + timedelta(seconds=192),
        seconds=192.4,
        sides="question",
        seed=7,
        state=state,
        reason=reason
        or "The gain on held-out questions is significant (paired bootstrap, 95 %), and no guard lost significantly.",
        model_before="all-MiniLM-L6-v2",
        model_after="all-MiniLM-L6-v2+20261124-0200",
        fusion_weight_before=0.5,
        fusion_weight_after=0.62,
        triplets=812,
        questions=403,
        voters=37,
        waiting=12,
    )


def sample_report(state: State = "promoted", chunks: int = 1_500, questions: int = 120) -> Report:
    dice = random.Random(7)
    return Report(
        run=sample_run(state),
        gain=GAIN,
        measures=(RECALL, *GUARDS),
        space=SPACE,
        trainings=tuple(_training(dice, name) for name in ("Fold 1", "Fold 2", "Fold 3", "All votes")),
        questions=tuple(_question(dice, at) for at in range(questions)),
        knowledge_map=sample_map(chunks, questions),
    )


def sample_map(chunks: int, questions: int, seed: int = 7) -> KnowledgeMap:
    """Chunks around the point of their topic, and questions that come nearer to theirs."""
    numbers = np.random.default_rng(seed)
    topics = [(source, title) for source, titles in TOPICS.items() for title in titles]
    centres = numbers.normal(size=(len(topics), 384))
    of_chunk = numbers.choice(len(topics), size=chunks, p=np.linspace(2, 1, len(topics)) / (1.5 * len(topics)))
    of_question = numbers.integers(0, len(topics), questions)
    off = 1.8 * numbers.normal(size=(questions, 384))
    return knowledge_map(
        vectors=unit(centres[of_chunk] + 2.0 * numbers.normal(size=(chunks, 384))),
        sources=[topics[at][0] for at in of_chunk],
        titles=[topics[at][1] for at in of_chunk],
        texts=[TEXT] * chunks,
        questions=[ASKED[at % len(ASKED)] for at in range(questions)],
        right_documents=[topics[at][1] for at in of_question],
        questions_before=unit(centres[of_question] + off),
        questions_after=unit(centres[of_question] + 0.7 * off + 1.2 * numbers.normal(size=(questions, 384))),
        seed=seed,
    )


def unit(rows: np.ndarray) -> Vectors:  # type: ignore[type-arg]
    """The rows at unit length, as an embedder gives them."""
    vectors: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return vectors


def _training(dice: random.Random, name: str) -> Training:
    return Training(
        name,
        tuple(LossPoint(step, 0.9 + 2.1 * 0.985**step + dice.gauss(0, 0.06)) for step in range(0, 300, 3)),
    )


def _question(dice: random.Random, at: int) -> ReportedQuestion:
    before = dice.choice([1, 1, 1, 1, 1, 2, 2, 3, 5, 8, None])
    after = dice.choice([before, before, before, 1, 1, 2, 4] if before != 1 else [1] * 9 + [2])
    source = dice.choice(list(TOPICS))
    right = dice.choice(TOPICS[source])
    return ReportedQuestion(
        ASKED[at % len(ASKED)], (right,), before, after, _found(dice, right, before), _found(dice, right, after)
    )


def _found(dice: random.Random, right: str, rank: int | None) -> tuple[ReportedPassage, ...]:
    others = [title for titles in TOPICS.values() for title in titles if title != right]
    titles = dice.sample(others, 5)
    if rank is not None and rank <= len(titles):
        titles[rank - 1] = right
    return tuple(
        ReportedPassage(
            title=title,
            url=f"https://handbook.example/{title.lower().replace(' ', '-')}",
            heading=f"{title} › Before you begin",
            text=TEXT,
            score=0.84 - 0.07 * place + dice.random() * 0.05,
            right=title == right,
        )
        for place, title in enumerate(titles)
    )
