"""The general set is well formed, and neither too easy nor too hard for the model as it is published."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from learning.general_set import read_general
from learning.metrics import reciprocal_rank
from storage.embedder import Vectors
from tests.embedders import real_embedder

FOLDER = Path(__file__).parents[2] / "learning" / "general"


def words(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def test_each_question_has_its_passage_and_nothing_is_there_twice() -> None:
    general = read_general()
    assert (len(general.questions), len(general.passages), len(general.right)) == (120, 240, 120)
    assert len({words(question) for question in general.questions}) == 120
    assert len({words(passage) for passage in general.passages}) == 240
    assert len(set(general.right)) == 120


def test_the_files_name_each_passage_once_and_a_related_one_for_each_that_answers() -> None:
    passages = [json.loads(line) for line in (FOLDER / "passages.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [json.loads(line) for line in (FOLDER / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(set(passage) == {"id", "text"} for passage in passages)
    assert all(set(question) == {"question", "passage"} for question in asked)
    answering = {question["passage"] for question in asked}
    assert Counter(passage["id"] for passage in passages) == Counter(
        id for answer in answering for id in (answer, f"{answer}-related")
    )


def test_passages_have_the_length_of_a_paragraph() -> None:
    assert [passage for passage in read_general().passages if not 30 <= len(passage.split()) <= 80] == []


@pytest.fixture(scope="module")
def vectors() -> tuple[Vectors, Vectors]:
    """Of the passages and of the questions, by the real model."""
    general, embedder = read_general(), real_embedder()
    return embedder.embed(general.passages), np.stack([embedder.embed_question(text) for text in general.questions])


def test_the_published_model_is_good_at_it_and_not_perfect(vectors: tuple[Vectors, Vectors]) -> None:
    """And its figures are those that learning/general_set.py names."""
    general, (passages, questions) = read_general(), vectors
    rankings = np.argsort(-(questions @ passages.T), axis=1)
    mrr = np.mean(
        [
            reciprocal_rank([str(row) for row in ranking[:10]], {str(right): 1})
            for ranking, right in zip(rankings, general.right, strict=True)
        ]
    )
    assert mrr == pytest.approx(0.877, abs=0.005)
    assert general.ndcg_at_10(passages, questions).mean() == pytest.approx(0.908, abs=0.005)


def test_a_model_that_lost_its_way_is_seen(vectors: tuple[Vectors, Vectors]) -> None:
    passages, questions = vectors
    drifted = questions + 0.9 * questions[0]
    drifted /= np.linalg.norm(drifted, axis=1, keepdims=True)
    change = read_general().ndcg_at_10(passages, drifted) - read_general().ndcg_at_10(passages, questions)
    assert change.mean() < -0.05


def test_ndcg_of_each_question_by_its_rank() -> None:
    general = read_general()
    passages = np.eye(240, dtype=np.float32)
    found = np.eye(240, dtype=np.float32)[list(general.right)]
    assert general.ndcg_at_10(passages, found).tolist() == [1] * 120
    # The first question likes the passage after its own better: rank 2, 1 / log2(3). The second finds nothing at all.
    found[0, general.right[0] + 1] = 2
    found[1] = -found[1]
    assert general.ndcg_at_10(passages, found)[:3].tolist() == pytest.approx([0.6309, 0, 1], abs=1e-4)


def test_vectors_of_something_else_are_refused() -> None:
    with pytest.raises(ValueError, match="240 passages and 120 questions; there are vectors of 120 and 240"):
        read_general().ndcg_at_10(np.eye(120, 240, dtype=np.float32), np.eye(240, dtype=np.float32))
