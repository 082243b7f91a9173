"""Measures of a ranking against judgements. Definitions as in trec_eval, which published BEIR figures use."""

import math
from collections.abc import Mapping, Sequence


def ndcg(ranking: Sequence[str], judged: Mapping[str, int], k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first `k`, 0 to 1.

    `ranking` holds documents' ids, best first and each once; `judged` maps relevant ones to their grade (1 and up).
    DCG = sum of grade / log2(rank + 1), as in trec_eval's ndcg_cut (Järvelin & Kekäläinen 2002, linear gain).
    """
    best = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:k]
    ideal = _dcg(best)
    return _dcg([max(judged.get(id, 0), 0) for id in ranking[:k]]) / ideal if ideal else 0.0


def recall(ranking: Sequence[str], judged: Mapping[str, int], k: int = 10) -> float:
    """The share of the relevant documents that are among the first `k`, 0 to 1."""
    relevant = {id for id, grade in judged.items() if grade > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], judged: Mapping[str, int], k: int = 10) -> float:
    """1 / the rank of the first relevant document among the first `k`, else 0. Its mean over questions is MRR@k."""
    return next((1 / rank for rank, id in enumerate(ranking[:k], start=1) if judged.get(id, 0) > 0), 0.0)


def _dcg(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))
