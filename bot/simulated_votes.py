"""People who ask, read the answer and vote by what is known to be right: for measuring what learning makes of votes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from learning.votes import WRONG_SOURCE
from storage.database import Database
from storage.questions import Answer, Asked, QuestionLog
from storage.tables import FeedbackRow, utc_now

VOTERS = 25
"""Simulated people, who ask and vote in turn."""

TEAM = "TSIMULATED"


@dataclass(frozen=True)
class Behaviour:
    """How the simulated people vote.

    `corrections` (0 to 1) of the 👎 name a right document. `noise` (0 to 1) of the votes are wrong: 👎, and a document
    drawn at random as the right one.
    """

    corrections: float = 1.0
    noise: float = 0.0


@dataclass(frozen=True)
class SimulatedVote:
    """One vote: `correction` is the document that a 👎 names as the right one, if it names one."""

    answer_id: int
    user: str
    vote: int
    correction: str | None = None


@dataclass(frozen=True)
class Voted:
    """An answer that can be voted on: the documents that it cites, and those that are right."""

    answer_id: int
    cited: frozenset[str]
    right: tuple[str, ...]


def record_answer(log: QuestionLog, number: int, question: str, answer: Answer) -> int:
    """Keep a simulated question and its answer, as those from Slack are kept; returns the answer's id."""
    asked = Asked("mention", TEAM, "CSIMULATED", f"{number}.000000", _user(number), question)
    question_id = log.accept(asked)
    if question_id is None:
        raise ValueError(f"Question {number} was asked before.")
    answer_id = log.record(question_id, answer)
    log.delivered(question_id)
    return answer_id


def honest_votes(
    answers: Sequence[Voted], documents: Sequence[str], behaviour: Behaviour, seed: int
) -> list[SimulatedVote]:
    """👍 where a cited document is right, else 👎, with a right document or without; some wrong, by `behaviour`."""
    drawn = random.Random(seed)
    votes = []
    for number, answer in enumerate(answers):
        wrong, names_it = drawn.random() < behaviour.noise, drawn.random() < behaviour.corrections
        other, right = drawn.choice(documents), drawn.choice(answer.right)
        if wrong:
            votes.append(SimulatedVote(answer.answer_id, _user(number), -1, other))
        elif answer.cited.intersection(answer.right):
            votes.append(SimulatedVote(answer.answer_id, _user(number), 1))
        else:
            votes.append(SimulatedVote(answer.answer_id, _user(number), -1, right if names_it else None))
    return votes


def cast(database: Database, votes: Sequence[SimulatedVote]) -> None:
    """Write the votes down, one after the other: what is learnt from them depends on their order."""
    begun = utc_now()
    with database.session() as session:
        session.add_all(
            FeedbackRow(
                answer_id=each.answer_id,
                user=each.user,
                vote=each.vote,
                reason=None if each.vote > 0 else WRONG_SOURCE,
                correction=each.correction,
                updated_at=begun + timedelta(microseconds=place),
            )
            for place, each in enumerate(votes)
        )


def _user(number: int) -> str:
    return f"USIMULATED{number % VOTERS}"
