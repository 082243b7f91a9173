"""The map of the knowledge base: what is drawn of it, and where."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from learning.report.contents import KnowledgeMap
from learning.report.knowledge_map import MOST_CHUNKS, MOST_QUESTIONS, knowledge_map
from learning.report.sampling import stratified
from storage.embedder import Vectors
from tests.learning.sample_report import sample_map, unit


def drawn(chunks: Vectors, questions: Vectors, after: Vectors | None = None, sources: int = 1) -> KnowledgeMap:
    return knowledge_map(
        chunks,
        [f"source {at % sources}" for at in range(len(chunks))],
        [f"document {at}" for at in range(len(chunks))],
        ["text"] * len(chunks),
        ["question"] * len(questions),
        ["document 0"] * len(questions),
        questions,
        questions if after is None else after,
        seed=1,
    )


def rows(count: int, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(max(count, 1), 16)))[:count]


def test_topics_lie_apart_and_questions_beside_theirs() -> None:
    shown = sample_map(chunks=300, questions=40)
    of_title: dict[str, list[tuple[float, float]]] = {}
    for chunk in shown.chunks:
        of_title.setdefault(chunk.title, []).append((chunk.x, chunk.y))
    centres = {title: np.mean(places, axis=0) for title, places in of_title.items()}

    def nearest(place: tuple[float, float]) -> str:
        return min(centres, key=lambda title: float(np.linalg.norm(centres[title] - place)))

    assert np.mean([nearest((chunk.x, chunk.y)) == chunk.title for chunk in shown.chunks]) > 0.95
    assert np.mean([nearest(one.before) == one.right_document for one in shown.questions]) > 0.8
    assert max(abs(value) for chunk in shown.chunks for value in (chunk.x, chunk.y)) <= 100


def test_a_question_moves_to_what_it_is_nearest_to_now() -> None:
    """Though it is nearer to itself as it was before than to any chunk."""
    numbers = np.random.default_rng(5)
    one, other = np.eye(64)[:2]
    chunks = unit(np.repeat([one, other], 30, axis=0) + 0.03 * numbers.normal(size=(60, 64)))
    apart = 2 * np.eye(64)[2]
    before, after = unit((apart + 0.6 * one + 0.4 * other)[None]), unit((apart + 0.4 * one + 0.6 * other)[None])
    assert (before @ after.T).item() > 0.98
    shown = drawn(chunks, before, after)
    places = np.array([(chunk.x, chunk.y) for chunk in shown.chunks])
    (question,) = shown.questions
    for place, near, far in ((question.before, places[:30], places[30:]), (question.after, places[30:], places[:30])):
        assert np.linalg.norm(near - place, axis=1).mean() < np.linalg.norm(far - place, axis=1).mean() / 2


def test_a_question_says_how_near_its_document_is() -> None:
    chunks = unit(np.array([[1.0, 0.0], [0.0, 1.0]]))
    shown = drawn(chunks, unit(np.array([[1.0, 1.0]])), after=unit(np.array([[1.0, 0.0]])))
    (question,) = shown.questions
    assert question.cosine_before == pytest.approx(math.sqrt(0.5))
    assert question.cosine_after == pytest.approx(1)


def test_a_question_whose_document_has_no_chunk_is_drawn_without_it() -> None:
    vectors = rows(3)
    shown = knowledge_map(vectors, ["s"] * 3, ["t"] * 3, ["x"] * 3, ["q"], ["gone"], vectors[:1], vectors[1:2], 1)
    assert shown.questions[0].cosine_before is None


def test_the_same_seed_draws_the_same_map() -> None:
    assert sample_map(chunks=60, questions=10) == sample_map(chunks=60, questions=10)


@pytest.mark.parametrize("chunks", [0, 1, 2, 3, 9, 10, 30])
@pytest.mark.parametrize("questions", [0, 1, 5])
def test_however_little_there_is_it_has_a_place(chunks: int, questions: int) -> None:
    shown = drawn(rows(chunks), rows(questions, seed=2), after=rows(questions, seed=3))
    assert (len(shown.chunks), len(shown.questions)) == (chunks, questions)
    places = [(chunk.x, chunk.y) for chunk in shown.chunks]
    places += [place for one in shown.questions for place in (one.before, one.after)]
    assert all(math.isfinite(value) for place in places for value in place)


def test_chunks_that_are_all_the_same_have_a_place() -> None:
    shown = drawn(np.repeat(rows(1), 40, axis=0), rows(0))
    assert {(chunk.x, chunk.y) for chunk in shown.chunks} == {(0.0, 0.0)}


def test_a_large_knowledge_base_is_sampled_and_counted() -> None:
    shown = drawn(np.tile(rows(5), (400, 1)), np.tile(rows(2), (100, 1)), sources=3)
    assert (len(shown.chunks), len(shown.questions)) == (MOST_CHUNKS, MOST_QUESTIONS)
    assert (shown.all_chunks, shown.all_questions) == (2_000, 200)
    assert "document 0" in {chunk.title for chunk in shown.chunks}, "the right document of the questions"


def test_each_source_gives_its_share_and_a_small_one_is_seen() -> None:
    sources = ["large"] * 9_000 + ["middling"] * 900 + ["small"] * 30 + ["tiny"] * 3
    places = stratified(sources, 1_000, seed=4)
    counts = Counter(sources[at] for at in places)
    assert len(places) == 1_000
    assert counts["tiny"] == 3
    assert 20 <= counts["small"] <= 30
    assert 8 < counts["large"] / counts["middling"] < 10
    assert all(before < after for before, after in pairwise(places))


def test_what_is_always_drawn_is_drawn() -> None:
    sources = [f"source {at}" for at in range(3_000)]
    places = stratified(sources, 100, seed=4, always={7, 2_999})
    assert len(places) == 100
    assert {7, 2_999} <= set(places)


def test_counts_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="not 3 vectors, 2 sources"):
        knowledge_map(rows(3), ["s"] * 2, ["t"] * 3, ["x"] * 3, [], [], rows(0), rows(0), 1)
    with pytest.raises(ValueError, match="not 1 texts"):
        knowledge_map(rows(3), ["s"] * 3, ["t"] * 3, ["x"] * 3, ["q"], [], rows(0), rows(0), 1)
