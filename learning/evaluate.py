"""Retrieval measured on questions whose relevant documents are known, in BEIR's format."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from learning.metrics import ndcg, recall, reciprocal_rank

Search = Callable[[str], Sequence[str]]
"""A question -> ids of documents, best first, each once: at least the first ten."""


class EvaluationError(Exception):
    """The folder cannot be evaluated; the message says what it lacks."""


@dataclass(frozen=True)
class Judgements:
    """Questions and the documents that answer them: id -> text, and id -> {document's id: grade}."""

    questions: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class RetrievalFigures:
    """Means over all questions, 0 to 1."""

    ndcg_at_10: float
    recall_at_10: float
    mrr_at_10: float
    queries: int


def read_judgements(folder: Path, split: str = "test") -> Judgements:
    """The judged questions of a BEIR folder: queries.jsonl and qrels/<split>.tsv. Raises EvaluationError."""
    queries, qrels = folder / "queries.jsonl", folder / "qrels" / f"{split}.tsv"
    for file in (folder / "corpus.jsonl", queries, qrels):
        if not file.is_file():
            raise EvaluationError(
                f"{folder} is no folder in BEIR's format: it lacks {file.relative_to(folder)}. It needs corpus.jsonl, "
                f"queries.jsonl and qrels/{split}.tsv."
            )
    relevant: dict[str, dict[str, int]] = {}
    try:
        with qrels.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if (grade := int(row["score"])) > 0:
                    relevant.setdefault(row["query-id"], {})[row["corpus-id"]] = grade
        with queries.open(encoding="utf-8") as lines:
            every = (json.loads(line) for line in lines if line.strip())
            asked = {str(query["_id"]): str(query["text"]) for query in every}
    except OSError as error:
        raise EvaluationError(f"{folder} cannot be read: {error}.") from error
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise EvaluationError(f"{folder} is not in BEIR's format: {type(error).__name__}: {error}.") from error
    if missing := sorted(relevant.keys() - asked.keys()):
        raise EvaluationError(f"{queries} lacks the question {missing[0]}, which {qrels.name} judges.")
    if not relevant:
        raise EvaluationError(f"{qrels} judges no document relevant; there is nothing to measure.")
    return Judgements({id: asked[id] for id in relevant}, relevant)


def evaluate_retrieval(search: Search, judgements: Judgements) -> RetrievalFigures:
    """Ask every question and compare what is found with what is relevant."""
    rankings = {id: search(text) for id, text in judgements.questions.items()}
    pairs = [(rankings[id], judgements.relevant[id]) for id in rankings]
    return RetrievalFigures(
        ndcg_at_10=fmean(ndcg(*pair) for pair in pairs),
        recall_at_10=fmean(recall(*pair) for pair in pairs),
        mrr_at_10=fmean(reciprocal_rank(*pair) for pair in pairs),
        queries=len(pairs),
    )
