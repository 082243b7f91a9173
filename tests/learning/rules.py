"""Thirty rules whose vectors mean nothing, questions about them without a word in common, and who knows the answers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from learning.assess import Candidate
from learning.general_set import General
from learning.judging import PASSAGES, Rank, Ranked, ReadQuestions
from learning.material import Material, gather_material
from learning.training_job import SHARES, Trained
from learning.ways import cross_fitted
from storage.database import Database
from storage.embedder import Vectors
from storage.knowledge import KnowledgeBase
from storage.versions import Version
from tests.embedders import HashEmbedder
from tests.learning.made import lesson, snapshot
from tests.memory_folder import memory_folder
from tests.storage.version_bases import add_source, document, edge_base

RULES = 30
GENERAL = General(
    tuple(f"Why number{n}?" for n in range(24)), tuple(f"Because of number{n}." for n in range(24)), tuple(range(24))
)


def rule(number: int) -> str:
    return f"Rule {number}."


def question(number: int) -> str:
    return f"What about thing{number}?"


ANSWERS = {question(number): rule(number) for number in range(RULES)}
GENERAL_ANSWERS = dict(zip(GENERAL.questions, GENERAL.passages, strict=True))


class Knowing(HashEmbedder):
    """Reads some questions as the texts that answer them."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        super().__init__()
        self._answers = answers

    def embed_question(self, text: str) -> Vectors:
        return super().embed_question(self._answers.get(text, text))

    def questions(self, texts: Sequence[str]) -> Vectors:
        """(n, 8)."""
        return np.stack([self.embed_question(text) for text in texts]) if texts else np.empty((0, 8), np.float32)


def everywhere(vectors: Vectors) -> ReadQuestions:
    """Vectors of questions for each of which all that was learnt holds."""
    return ReadQuestions(vectors, np.ones(len(vectors), dtype=np.float32))


@dataclass(frozen=True)
class Rules:
    """A knowledge base of the rules, and a lesson for each of them."""

    knowledge: KnowledgeBase
    material: Material

    def current(self, knows: Mapping[str, str], learnt: Mapping[str, str] | None = None) -> Version:
        """A version that knows this much untrained, and, where it was trained, what it learnt instead."""
        untrained = Knowing(knows)
        questions = untrained if learnt is None else Knowing(learnt)
        return replace(self.knowledge.serving, document_embedder=untrained, questions=questions)

    def trained(self, knows: Mapping[str, str], probes: Mapping[str, str] | None = None) -> Trained:
        """What a training came to that makes a model know this much; nothing of it is left where less is kept."""
        model = Knowing(knows)
        lessons = model.questions([one.question for one in self.material.lessons])
        nothing = HashEmbedder().embed([f"nothing {n}" for n in range(len(lessons))])
        held_out = {share: everywhere(lessons if share == 1 else nothing) for share in SHARES}
        asked = everywhere(Knowing(knows if probes is None else probes).questions(self.material.probes))
        return Trained(held_out, dict.fromkeys(SHARES, asked), dict.fromkeys(SHARES, b""), {})

    def untrained(self, current: Version) -> Material:
        """The material, its questions as this version's documents' model reads them."""
        texts = [one.question for one in self.material.lessons]
        vectors = np.stack([current.document_embedder.embed_question(text) for text in texts])
        return replace(self.material, untrained=vectors)

    def candidate(self, trained: Trained, current: Version) -> Candidate:
        """What the training came to, to be judged."""
        return cross_fitted(self.material, trained, current, self.rank)

    @property
    def rank(self) -> Rank:
        """The production path."""
        everyone = self.knowledge.everyone_known()

        def rank(question: str, vector: Vectors, dense_weight: float) -> list[Ranked]:
            found = self.knowledge.search_by_vector(question, vector, everyone, PASSAGES, dense_weight)
            return [Ranked((one.document.source, one.document.id), one.scores.dense, one.scores.bm25) for one in found]

        return rank


@contextmanager
def opened(database: Database, folder: Path) -> Iterator[Rules]:
    with memory_folder(folder) as index_folder:
        knowledge, index = edge_base(database, index_folder)
        knowledge.write(add_source(database), [document(rule(n), id=f"{n}.md") for n in range(RULES)])
        lessons = [lesson(question(n), [snapshot(rule(n), f"{n}.md", "an old id")]) for n in range(RULES)]
        yield Rules(knowledge, gather_material(database, knowledge, lessons, GENERAL, 3, 0))
        index.close()
