"""Measures of a ranking against judgements, and of an embedding space on pairs and triplets.

The measures of a ranking are defined as in trec_eval, which published BEIR figures use. Those of an embedding space
take vectors of unit length, as an Embedder gives them, and raise ValueError where there is nothing to take a mean of.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from storage.embedder import Vectors

Id = TypeVar("Id", bound=Hashable)
"""What names a document in a ranking and in the judgements on it."""

_ROWS_AT_ONCE = 1024
"""Of the table of all pairs: 1,024 rows of 20,000 pairs are 160 MB."""


def ndcg(ranking: Sequence[Id], judged: Mapping[Id, int], k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first `k`, 0 to 1.

    `ranking` holds documents' ids, best first and each once; `judged` maps relevant ones to their grade (1 and up).
    DCG = sum of grade / log2(rank + 1), as in trec_eval's ndcg_cut (Järvelin & Kekäläinen 2002, linear gain).
    """
    best = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:k]
    ideal = _dcg(best)
    return _dcg([max(judged.get(id, 0), 0) for id in ranking[:k]]) / ideal if ideal else 0.0


def recall(ranking: Sequence[Id], judged: Mapping[Id, int], k: int = 10) -> float:
    """The share of the relevant documents that are among the first `k`, 0 to 1."""
    relevant = {id for id, grade in judged.items() if grade > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[Id], judged: Mapping[Id, int], k: int = 10) -> float:
    """1 / the rank of the first relevant document among the first `k`, else 0. Its mean over questions is MRR@k."""
    return next((1 / rank for rank, id in enumerate(ranking[:k], start=1) if judged.get(id, 0) > 0), 0.0)


def _dcg(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def triplet_accuracy(anchors: Vectors, positives: Vectors, negatives: Vectors) -> float:
    """The share of triplets whose anchor has the greater cosine with its positive, 0 to 1. A tie counts as wrong.

    Each (n, d), row i of each being triplet i.
    """
    return float(np.mean(_cosines(anchors, positives) > _cosines(anchors, negatives)))


def cosine_alignment(left: Vectors, right: Vectors) -> float:
    """The mean cosine of positive pairs, -1 to 1, higher is better: alignment as the common tutorial has it.

    Each (n, d); row i of both is a pair.
    """
    return float(np.mean(_cosines(left, right)))


def cosine_uniformity(vectors: Vectors) -> float:
    """The mean cosine of all pairs of different rows of (n, d), -1 to 1: uniformity as in the tutorial.

    Lower is better. A vector's cosine with itself, always 1, is no pair.
    """
    rows = _rows(vectors)
    # The sum over all ordered pairs is |sum of the rows|²; what each row has with itself is taken off.
    total = float(np.square(rows.sum(axis=0)).sum() - np.square(rows).sum())
    return total / (len(rows) * (len(rows) - 1))


def alignment(left: Vectors, right: Vectors, alpha: float = 2) -> float:
    """E ||f(x) - f(y)||^alpha over positive pairs (x, y): 0 to 2^alpha, lower is better.

    Wang & Isola 2020, arXiv:2005.10242, section 4.1, with their alpha. Each (n, d); row i of both is a pair.
    """
    _refuse_no_pairs(left, right)
    return float(np.mean(np.linalg.norm(left.astype(np.float64) - right, axis=1) ** alpha))


def uniformity(vectors: Vectors, t: float = 2) -> float:
    """log E exp(-t ||f(x) - f(y)||²) over all pairs of different rows of (n, d): -4t to 0, lower is better.

    Wang & Isola 2020, arXiv:2005.10242, section 4.1, with their t; it takes n² steps and little memory.
    """
    rows = _rows(vectors)
    lengths = np.square(rows).sum(axis=1)
    total = 0.0
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        some = slice(begin, begin + _ROWS_AT_ONCE)
        squares = np.maximum(lengths[some, None] + lengths - 2 * rows[some] @ rows.T, 0)
        # A row is no pair with itself: infinitely far, it adds exp(-inf) = 0.
        squares[np.arange(len(squares)), np.arange(begin, begin + len(squares))] = np.inf
        total += float(np.exp(-t * squares).sum())
    return math.log(total / (len(rows) * (len(rows) - 1)))


def _cosines(left: Vectors, right: Vectors) -> NDArray[np.float64]:
    _refuse_no_pairs(left, right)
    cosines: NDArray[np.float64] = np.einsum("nd,nd->n", left.astype(np.float64), right.astype(np.float64))
    return cosines


def _refuse_no_pairs(left: Vectors, right: Vectors) -> None:
    if left.ndim != 2 or left.shape != right.shape or not len(left):
        raise ValueError(f"Pairs are rows of two arrays of one shape (n, d), not of {left.shape} and {right.shape}.")


def _rows(vectors: Vectors) -> NDArray[np.float64]:
    if vectors.ndim != 2 or len(vectors) < 2:
        raise ValueError(f"Pairs of different rows need an array (n, d) of two rows at least, not {vectors.shape}.")
    return vectors.astype(np.float64)
