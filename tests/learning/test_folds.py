"""Folds keep paraphrases together, hold some documents out, and are about equal in size."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.folds import PARAPHRASE, DocumentKey, Folds, assign_folds, unvoted
from storage.embedder import Vectors
from tests.embedders import real_embedder


@dataclass(frozen=True)
class Voted:
    """Questions as assign_folds takes them."""

    texts: list[str]
    vectors: Vectors
    documents: list[frozenset[DocumentKey]]

    def folds(self, folds: int, seed: int = 0) -> Folds:
        return assign_folds(self.texts, self.vectors, self.documents, folds, seed)

    def groups(self) -> list[set[int]]:
        return chains(
            len(self.texts), [set(np.flatnonzero(row)) for row in self.vectors @ self.vectors.T >= PARAPHRASE]
        )

    def components(self) -> list[set[int]]:
        named = [
            {row for row, keys in enumerate(self.documents) if key in keys}
            for key in frozenset().union(*self.documents)
        ]
        return chains(len(self.texts), [*self.groups(), *named])


def chains(count: int, together: Iterable[set[int]]) -> list[set[int]]:
    """The sets of rows that chains of these sets link, found one by one."""
    parts = [{row} for row in range(count)]
    for rows in together:
        met = [part for part in parts if part & rows]
        parts = [part for part in parts if not part & rows] + ([set().union(*met)] if met else [])
    return parts


def page(name: int | str) -> frozenset[DocumentKey]:
    return frozenset({("handbook", f"{name}.md")})


def apart(documents: Sequence[frozenset[DocumentKey]]) -> Voted:
    """A question for each of these, no two of them alike."""
    return Voted(
        [f"question {row}" for row in range(len(documents))], np.eye(len(documents), dtype=np.float32), [*documents]
    )


@st.composite
def questions(draw: st.DrawFn) -> Voted:
    """Up to 40 questions in a space of three dimensions, so that chains of paraphrases come up, on up to 12 pages."""
    directions = st.tuples(*[st.integers(-3, 3)] * 3).filter(any)
    asked = draw(st.lists(st.tuples(directions, st.frozensets(st.integers(0, 11), max_size=2)), max_size=40))
    vectors = np.array([direction for direction, _ in asked], dtype=np.float32).reshape(-1, 3)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    documents = [frozenset(("handbook", str(name)) for name in names) for _, names in asked]
    return Voted([f"{direction}" for direction, _ in asked], vectors, documents)


@given(questions(), st.integers(2, 6), st.integers(0, 3))
def test_paraphrases_are_never_parted(voted: Voted, folds: int, seed: int) -> None:
    assigned = voted.folds(folds, seed)
    assert all(0 <= fold < folds for fold in assigned)
    for group in voted.groups():
        assert len({assigned[row] for row in group}) == 1


@given(questions(), st.integers(2, 6), st.integers(0, 3))
def test_no_fold_is_empty_where_there_are_groups_for_all(voted: Voted, folds: int, seed: int) -> None:
    assert len(set(voted.folds(folds, seed).tolist())) == min(folds, len(voted.groups()))


@given(questions(), st.integers(2, 6), st.integers(0, 3))
def test_some_documents_are_held_out_where_there_are_components_for_it(voted: Voted, folds: int, seed: int) -> None:
    small = [part for part in voted.components() if len(part) * folds <= len(voted.texts)]
    assigned = voted.folds(folds, seed)
    if len(small) >= 2 and len(voted.components()) >= folds:
        assert unvoted(assigned, voted.documents).any()


@given(questions(), st.integers(2, 6), st.randoms(use_true_random=False))
def test_the_order_in_which_questions_come_changes_nothing(voted: Voted, folds: int, shuffle: random.Random) -> None:
    rows = list(range(len(voted.texts)))
    shuffle.shuffle(rows)
    shuffled = Voted([voted.texts[row] for row in rows], voted.vectors[rows], [voted.documents[row] for row in rows])
    assert shuffled.folds(folds).tolist() == voted.folds(folds)[rows].tolist()


@given(questions(), st.integers(2, 6))
def test_a_question_is_unvoted_when_no_other_fold_names_its_documents(voted: Voted, folds: int) -> None:
    assigned = voted.folds(folds)
    for row, answer in enumerate(unvoted(assigned, voted.documents)):
        others = [keys for fold, keys in zip(assigned, voted.documents, strict=True) if fold != assigned[row]]
        assert answer == (not voted.documents[row] & frozenset().union(*others))


def test_about_half_of_the_shared_documents_are_held_out_and_the_others_are_not() -> None:
    voted = apart([page(row // 4) for row in range(200)])
    for seed in range(5):
        assigned = voted.folds(5, seed)
        assert np.ptp(np.bincount(assigned)) <= 2
        assert unvoted(assigned, voted.documents).mean() == pytest.approx(0.5, abs=0.02)


def test_another_seed_holds_other_documents_out() -> None:
    voted = apart([page(row // 4) for row in range(40)])
    held_out = {tuple(unvoted(voted.folds(5, seed), voted.documents)) for seed in range(5)}
    assert len(held_out) > 1
    assert voted.folds(5, 1).tolist() == voted.folds(5, 1).tolist()


def test_a_page_that_most_questions_ask_for_is_spread_over_all_folds() -> None:
    voted = apart([page("popular")] * 60 + [page(row) for row in range(40)])
    assigned = voted.folds(5)
    assert np.bincount(assigned).tolist() == [20] * 5
    assert np.bincount(assigned[:60]).tolist() == [12] * 5
    assert unvoted(assigned, voted.documents).tolist() == [False] * 60 + [True] * 40


def test_one_page_asked_for_in_one_way_stays_in_one_fold() -> None:
    """Whatever its size: to part it would be to learn the answers that are asked for."""
    same = np.eye(12, dtype=np.float32)[[0] * 20 + list(range(1, 12))]
    assigned = Voted(["where is the canteen"] * 31, same, [page("canteen")] * 31).folds(3)
    assert len(set(assigned[:20])) == 1
    assert set(assigned[20:]) == {0, 1, 2} - {int(assigned[0])}


def test_paraphrases_are_found_across_the_blocks_of_the_table() -> None:
    vectors = np.eye(700, dtype=np.float32)[[*range(700), *range(700)]]
    voted = Voted([f"{row % 700:03} {row}" for row in range(1400)], vectors, [page(row) for row in range(1400)])
    assigned = voted.folds(4)
    assert assigned[:700].tolist() == assigned[700:].tolist()
    assert np.bincount(assigned).tolist() == [350] * 4


def test_the_real_model_puts_a_question_and_its_paraphrase_in_one_fold() -> None:
    texts = [
        "what is the notice period",
        "how long is the notice period",
        "how do I reset my password",
        "how can I reset my password?",
        "when do we get paid",
        "can I expense a taxi",
    ]
    vectors = np.stack([real_embedder().embed_question(text) for text in texts])
    assigned = assign_folds(texts, vectors, [page(row) for row in range(6)], 2, seed=0)
    assert assigned[0] == assigned[1]
    assert assigned[2] == assigned[3]
    assert set(assigned) == {0, 1}


def test_what_cannot_be_split_is_refused_with_a_sentence() -> None:
    voted = apart([page(0), page(1)])
    with pytest.raises(ValueError, match="2 folds at least, not 1"):
        voted.folds(1)
    with pytest.raises(ValueError, match="there are 2 texts"):
        assign_folds(voted.texts, voted.vectors, [page(0)], 2, seed=0)
    assert assign_folds([], np.empty((0, 3), dtype=np.float32), [], 2, seed=0).tolist() == []
