"""`lore eval learning`: what simulated people's votes on a folder's training questions do for its test questions."""

import os
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from bot.app import Lore, migrate, open_lore
from bot.contract import Json
from bot.evaluation import SOURCE, documents_found, evaluation_settings, sync_corpus
from bot.settings import Settings
from bot.simulated_votes import TEAM, Behaviour, SimulatedVote, Voted, cast, honest_votes, record_answer
from ingestion.sync import Progress
from learning.bootstrap import Interval, mean_change
from learning.evaluate import Judgements, read_judgements
from learning.figures import ranking
from learning.judging import Judged, Values, value
from learning.metrics import cosine_alignment, cosine_uniformity
from learning.training import OnProgress, TrainingProgress
from storage.document import PUBLIC
from storage.embedder import Vectors
from storage.storable import storable
from storage.tables import AnswerRow, ChunkRow, DocumentRow, QuestionRow
from storage.versions import Sides

OnSync = Callable[[Progress], None]


@dataclass(frozen=True)
class Plan:
    """A simulation: how many of the training questions are voted on (all where None), how, and how it is learnt."""

    votes: int | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    sides: Sides = "question"
    seed: int = 0


def evaluate_learning(settings: Settings, folder: Path, plan: Plan, on_sync: OnSync, on_progress: OnProgress) -> Json:
    """Ask the training questions, vote, learn, and compare the test questions before and after: docs/json.md.

    All through the production path, but that a vote is not felt at once: what is measured is what was learnt. The
    answers are kept under LORE_HOME/eval, so that a second run asks nothing. Raises EvaluationError and LearningError.
    """
    begun = time.monotonic()
    folder = folder.resolve()
    train, test = read_judgements(folder, "train"), read_judgements(folder, "test")
    own = evaluation_settings(settings, folder, None)
    migrate(own)
    with open_lore(own, "lore eval learning") as lore:
        sync_corpus(lore, folder, None, on_sync)
        ask_all(lore, train, on_progress)
    with copied_home(own) as copy, open_lore(copy, "lore eval learning") as lore:
        answers = voted_answers(lore, train)
        some = random.Random(plan.seed).sample(sorted(answers), min(plan.votes or len(answers), len(answers)))
        chosen = [answers[id] for id in some]
        votes = honest_votes(chosen, document_ids(lore), plan.behaviour, plan.seed)
        named = {id for voted, vote in zip(chosen, votes, strict=True) for id in named_documents(voted, vote)}
        return {**learn_and_compare(lore, votes, named, test, plan, on_progress), "seconds": _since(begun)}


def learn_and_compare(
    lore: Lore,
    votes: Sequence[SimulatedVote],
    named: set[str],
    test: Judgements,
    plan: Plan,
    on_progress: OnProgress,
) -> Json:
    """Cast the votes, learn, and ask the test questions before and after; `named` are the documents voted on."""
    cast(lore.database, votes)
    before = _test(lore, test)
    outcome = lore.learner.learn(plan.sides, plan.seed, on_progress=on_progress)
    after = _test(lore, test) if outcome.state == "promoted" else before
    unvoted = np.array([not named.intersection(relevant) for relevant in test.relevant.values()], dtype=bool)
    values_before, values_after = before.values(), after.values()
    change = values_after - values_before
    gain, gain_unvoted = (
        mean_change(some, range(len(some)), np.ones(len(some)), plan.seed) for some in (change, change[unvoted])
    )
    return {
        "votes": len(votes),
        "triplets": outcome.triplets,
        "before": before.figures(),
        "after": after.figures(),
        "before_unvoted": before.figures(unvoted),
        "after_unvoted": after.figures(unvoted),
        "gain": round(gain.mean, 4),
        "gain_ci95": _interval(gain),
        "gain_unvoted": round(gain_unvoted.mean, 4),
        "gain_unvoted_ci95": _interval(gain_unvoted),
        "promoted": outcome.state == "promoted",
        "reason": outcome.reason,
        "fusion_weight": lore.knowledge.dense_weight,
        "learn_seconds": round(outcome.seconds, 1),
        "peak_rss_mb": _peak_megabytes(),
        "gate": outcome.figures,
    }


def ask_all(lore: Lore, judgements: Judgements, on_progress: OnProgress) -> None:
    """Answer, by quoting, each question that has no answer yet, and keep the answers as those from Slack are kept."""
    asked = _asked(lore)
    fresh = [text for text in dict.fromkeys(judgements.questions.values()) if storable(text) not in asked]
    for number, text in enumerate(fresh, start=len(asked)):
        record_answer(lore.questions, number, text, lore.quoting.answer(text, PUBLIC))
        on_progress(TrainingProgress("asking the training questions", number + 1, len(asked) + len(fresh)))


def voted_answers(lore: Lore, judgements: Judgements) -> dict[str, Voted]:
    """The answers to the judged questions, by the questions' ids, each with what it cites and what is right."""
    asked = _asked(lore)
    with lore.database.session() as session:
        rows = {row.id: row for row in session.scalars(select(AnswerRow).options(selectinload(AnswerRow.passages)))}
        return {
            id: Voted(
                asked[storable(text)],
                frozenset(one.document for one in rows[asked[storable(text)]].passages if one.citation is not None),
                tuple(sorted(judgements.relevant[id])),
            )
            for id, text in judgements.questions.items()
        }


def document_ids(lore: Lore) -> list[str]:
    """The ids of all documents."""
    with lore.database.session() as session:
        return list(session.scalars(select(DocumentRow.external_id).order_by(DocumentRow.id)))


@dataclass(frozen=True)
class _Tested:
    """The test questions, as they are found now: documents, and (n, d) both questions' and right chunks' vectors."""

    judged: tuple[Judged, ...]
    found: tuple[tuple[tuple[str, str], ...], ...]
    questions: Vectors
    right: Vectors

    def values(self) -> Values:
        """nDCG@10 of each question, (n,)."""
        return np.array([value(each, found) for each, found in zip(self.judged, self.found, strict=True)])

    def figures(self, rows: NDArray[np.bool_] | None = None) -> Json:
        """{"ndcg@10", "recall@10", "mrr@10", "alignment", "uniformity", "queries"}, of some of the questions."""
        kept = range(len(self.judged)) if rows is None else np.flatnonzero(rows).tolist()
        if len(kept) < 2:
            return {"queries": len(kept)}
        found = ranking([self.judged[at] for at in kept], [self.found[at] for at in kept])
        space = {
            "alignment": cosine_alignment(self.questions[kept], self.right[kept]),
            "uniformity": cosine_uniformity(self.questions[kept]),
        }
        return {**{name: round(number, 4) for name, number in {**found, **space}.items()}, "queries": len(kept)}


def _test(lore: Lore, test: Judgements) -> _Tested:
    chunks = _chunks_of(lore, {id for relevant in test.relevant.values() for id in relevant})
    vectors = lore.knowledge.serving.index.vectors([id for ids in chunks.values() for id in ids])
    judged, found, questions, right = [], [], [], []
    for id, text in test.questions.items():
        question = lore.knowledge.embedder.embed_question(text)
        question = question / np.linalg.norm(question)  # a trained version's is as long as its cosines are scaled
        of_right = [vectors[chunk] for document in test.relevant[id] for chunk in chunks.get(document, ())]
        judged.append(Judged(text, frozenset((SOURCE, document) for document in test.relevant[id])))
        found.append(tuple((SOURCE, document) for document in documents_found(lore.knowledge, text)))
        questions.append(question)
        right.append(max(of_right, key=lambda vector: float(vector @ question), default=np.zeros_like(question)))
    return _Tested(tuple(judged), tuple(found), np.stack(questions), np.stack(right))


def _chunks_of(lore: Lore, documents: set[str]) -> dict[str, list[str]]:
    query = select(DocumentRow.external_id, ChunkRow.id).join(DocumentRow, ChunkRow.document_id == DocumentRow.id)
    chunks: dict[str, list[str]] = {}
    with lore.database.session() as session:
        for document, chunk in session.execute(query):
            if document in documents:
                chunks.setdefault(document, []).append(chunk)
    return chunks


def _asked(lore: Lore) -> dict[str, int]:
    """The simulated questions that were asked, and the ids of their answers."""
    query = select(QuestionRow.text, AnswerRow.id).join(AnswerRow).where(QuestionRow.team == TEAM)
    with lore.database.session() as session:
        return dict(session.execute(query).all())


def named_documents(voted: Voted, vote: SimulatedVote) -> frozenset[str]:
    """The documents that a vote says something about."""
    return voted.cited | (frozenset() if vote.correction is None else {vote.correction})


@contextmanager
def copied_home(settings: Settings) -> Iterator[Settings]:
    """A copy of the home, so that what is voted and learnt leaves no trace in it."""
    home = settings.home.with_name(f"{settings.home.name}-learning-{os.getpid()}")
    try:
        shutil.copytree(settings.home, home)
        yield settings.model_copy(update={"home": home})
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _interval(change: Interval) -> list[float] | None:
    """Its ends; None where there are too few questions to tell."""
    return [round(change.low, 4), round(change.high, 4)] if np.isfinite(change.low) else None


def _since(begun: float) -> float:
    return round(time.monotonic() - begun, 1)


def _peak_megabytes() -> int:
    """The most memory that this process and its largest child had, one after the other: 0 where that is not told."""
    unit = 1 if sys.platform == "darwin" else 1024
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(sum(peaks) * unit / 2**20)
