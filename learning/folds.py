"""Splits voted questions into folds for cross-fitting: paraphrases together, and some documents held out on purpose.

What is learnt from the votes of all folds but one is judged on that one. Two things would flatter it: a paraphrase of
a question that was learnt, and a document that was learnt as the answer of another question. The first never happens.
The second is what people will see of learning, and hides what it costs elsewhere. So it is made to happen for about
half of the questions, and never for the others: `unvoted` says which is which.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from learning.votes import DocumentKey
from storage.embedder import Vectors

Folds = NDArray[np.int64]
"""(n,): the fold of each question, 0 to folds - 1."""

PARAPHRASE = 0.9
"""The cosine from which on two questions count as paraphrases, by all-MiniLM-L6-v2 as it is published.

Measured on the 1,109 claims of SciFact and the 203 questions of tests/data/handbook_questions.jsonl. Of the pairs of
claims from 0.9 on, nearly all (314 of 315) name the same document, and most turn one word around, such as "decreases"
for "increases". From 0.75 to 0.9 nine in ten do (180 of 197), but ask for something else in it: such a question is what
learning is for. Of the handbook's questions, no two of which ask the same, none lies so near. A lower cosine finds few
everyday paraphrases either (twenty lie between 0.39 and 0.82). One that is missed names the same document, so
`unvoted` knows it.
"""

_ROWS_AT_ONCE = 512
"""Of the table of all cosines: 512 rows of 20,000 questions are 40 MB."""

Members = NDArray[np.int64]


def assign_folds(
    texts: Sequence[str],
    vectors: Vectors,
    documents: Sequence[frozenset[DocumentKey]],
    folds: int,
    seed: int,
) -> Folds:
    """The fold of each question: of its text, its vector (n, d) of unit length, and the documents that answer it.

    Questions that a chain of PARAPHRASE links are a group, and never parted; the vectors are those of the model as it
    is published, so that no training moves the groups. Groups that a chain of documents links are a component. One of
    one group is whole whatever is done. Of the others, drawn with `seed`, as many are kept whole in one fold as make it
    half of all questions, and the groups of the rest are spread over the folds. One of more than 1 / folds of all
    questions, such as all that a popular page answers, is always spread.

    Folds are about equal in size, as far as the groups allow, and empty only where there are fewer groups than folds.
    The same questions and seed give the same folds, in whatever order the questions come.

    Raises ValueError for fewer than 2 folds and where texts, vectors and documents are not of one length.
    """
    if folds < 2:
        raise ValueError(f"Cross-fitting needs 2 folds at least, not {folds}.")
    if vectors.ndim != 2 or not len(texts) == len(vectors) == len(documents):
        raise ValueError(
            f"Each question needs a text, a vector and its documents: there are {len(texts)} texts, vectors of shape "
            f"{vectors.shape} and {len(documents)} sets of documents."
        )
    order = _order(texts, vectors, documents)
    ordered = vectors[order]
    group = _joined(len(order), _paraphrases(ordered))
    component = _joined(len(order), [*_alike(group), *_sharing([documents[row] for row in order])])
    assigned = np.empty(len(order), dtype=np.int64)
    assigned[order] = _balanced(group, component, folds, np.random.default_rng(seed))
    return assigned


def unvoted(assigned: Folds, documents: Sequence[frozenset[DocumentKey]]) -> NDArray[np.bool_]:
    """(n,): whether none of a question's documents is named by a question of another fold.

    These are the questions that, held out, ask for what no vote of the training folds named. A question without
    documents is one of them.
    """
    named: dict[DocumentKey, set[int]] = {}
    for fold, keys in zip(assigned.tolist(), documents, strict=True):
        for key in keys:
            named.setdefault(key, set()).add(fold)
    return np.array([all(len(named[key]) == 1 for key in keys) for keys in documents], dtype=np.bool_)


def components(documents: Sequence[frozenset[DocumentKey]]) -> Members:
    """(n,): a label for each question, the same for those that a chain of shared documents links."""
    return _joined(len(documents), _sharing(documents))


def _order(texts: Sequence[str], vectors: Vectors, documents: Sequence[frozenset[DocumentKey]]) -> Members:
    """An order of the questions that does not depend on theirs."""
    rows = range(len(texts))
    ordered = sorted(rows, key=lambda row: (texts[row], sorted(documents[row]), vectors[row].tobytes()))
    return np.array(ordered, dtype=np.int64)


def _paraphrases(vectors: Vectors) -> Iterator[Members]:
    """Each row with the later rows that are its paraphrases, where there are any."""
    for begin in range(0, len(vectors), _ROWS_AT_ONCE):
        near = vectors[begin : begin + _ROWS_AT_ONCE] @ vectors[begin:].T >= PARAPHRASE
        np.fill_diagonal(near, True)  # of a row of zeros too, which has no cosine with itself
        for row in np.flatnonzero(near.sum(axis=1) > 1):
            yield begin + row + np.flatnonzero(near[row, row:])


def _sharing(documents: Sequence[frozenset[DocumentKey]]) -> Iterator[Members]:
    """The questions of each document."""
    named: dict[DocumentKey, list[int]] = {}
    for row, keys in enumerate(documents):
        for key in keys:
            named.setdefault(key, []).append(row)
    for rows in named.values():
        yield np.array(rows, dtype=np.int64)


def _joined(count: int, together: Iterable[Members]) -> Members:
    """(count,): a label for each row, the same where a chain of sets of rows links them."""
    labels = np.arange(count)
    for rows in together:
        met = np.unique(labels[rows])
        if len(met) > 1:
            labels[np.isin(labels, met)] = met[0]
    return labels


def _alike(labels: Members) -> list[Members]:
    """The rows of each label, by their first row."""
    by_label = np.argsort(labels, kind="stable")
    return np.split(by_label, np.flatnonzero(np.diff(labels[by_label])) + 1) if len(labels) else []


def _balanced(group: Members, component: Members, folds: int, random: np.random.Generator) -> Folds:
    """(n,): folds for rows in their own order, by the labels of their groups and components.

    Largest first, each to the fold that has the least of its component, then the least of all. An empty fold has the
    least of both, so none stays empty while there is something to place.
    """
    whole = _held_out(group, component, folds, random)
    units = _alike(np.where(whole, component, group))
    units = [units[place] for place in random.permutation(len(units))]
    of_component: dict[int, NDArray[np.int64]] = {}
    of_all = np.zeros(folds, dtype=np.int64)
    assigned = np.empty(len(group), dtype=np.int64)
    for rows in sorted(units, key=len, reverse=True):
        here = of_component.setdefault(int(component[rows[0]]), np.zeros(folds, dtype=np.int64))
        fold = min(random.permutation(folds).tolist(), key=lambda fold: (here[fold], of_all[fold]))
        assigned[rows] = fold
        here[fold] += len(rows)
        of_all[fold] += len(rows)
    return assigned


def _held_out(group: Members, component: Members, folds: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """(n,): the rows of components that are kept whole.

    As many as make half of all questions together with those that are whole by nature.
    """
    groups_of = {int(rows[0]): len(np.unique(group[rows])) for rows in _alike(component)}
    candidates = [rows for rows in _alike(component) if groups_of[int(rows[0])] > 1 and len(rows) * folds <= len(group)]
    wanted = len(group) / 2 - sum(len(rows) for rows in _alike(component) if groups_of[int(rows[0])] == 1)
    units = sum(groups_of.values())
    whole = np.zeros(len(group), dtype=np.bool_)
    for place in random.permutation(len(candidates)):
        rows = candidates[place]
        left = units - groups_of[int(rows[0])] + 1
        # What takes the sum nearer to what is wanted is kept whole, unless too little were left to fill the folds with.
        if whole.sum() + len(rows) / 2 < wanted and left >= folds:
            whole[rows] = True
            units = left
    return whole
