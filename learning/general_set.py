"""The general set, which comes with Lore: questions of everyday and general knowledge that no training may unlearn.

It was written for Lore and is about no company's documents: leave, expenses, IT, security, science, geography, cooking,
law, sport, health, history, software, finance. What a company votes on says nothing of it, so that a model which does
worse here has lost something of language, and not learnt something of the company. For each question one passage
answers it and another, `<id>-related`, is about the same matter and does not. all-MiniLM-L6-v2 by cosine alone has an
MRR@10 of 0.877 and an nDCG@10 of 0.908: room to fall, and some to rise.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from learning.metrics import ndcg
from storage.embedder import Vectors


@dataclass(frozen=True)
class General:
    """120 questions and 240 passages; `right[i]` is the row of the passage that answers question i."""

    questions: tuple[str, ...]
    passages: tuple[str, ...]
    right: tuple[int, ...]

    def ndcg_at_10(self, passages: Vectors, questions: Vectors) -> NDArray[np.float64]:
        """(120,): each question's nDCG@10 by cosine alone, 0 to 1.

        `passages` (240, d) are vectors of unit length by whatever embeds documents, `questions` (120, d) by whatever
        embeds questions, both in the order of this set. Passages of one cosine keep their order. Raises ValueError
        for other shapes.
        """
        if len(passages) != len(self.passages) or len(questions) != len(self.questions):
            raise ValueError(
                f"The general set has {len(self.passages)} passages and {len(self.questions)} questions; there are "
                f"vectors of {len(passages)} and {len(questions)}."
            )
        ranked = np.argsort(-(questions @ passages.T), axis=1, kind="stable")[:, :10]
        return np.array(
            [ndcg([str(row) for row in rows], {str(right): 1}) for rows, right in zip(ranked, self.right, strict=True)]
        )


def read_general() -> General:
    """The set as it is installed."""
    passages = {str(passage["id"]): str(passage["text"]) for passage in _lines("passages.jsonl")}
    rows = {id: row for row, id in enumerate(passages)}
    asked = list(_lines("questions.jsonl"))
    return General(
        questions=tuple(question["question"] for question in asked),
        passages=tuple(passages.values()),
        right=tuple(rows[question["passage"]] for question in asked),
    )


def _lines(file: str) -> Iterator[dict[str, str]]:
    text = (files("learning") / "general" / file).read_text(encoding="utf-8")
    return (json.loads(line) for line in text.splitlines())
