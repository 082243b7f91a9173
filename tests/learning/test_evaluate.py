"""Retrieval measured on a folder in BEIR's format, and what is said of a folder that is in no such format."""

import json
import os
from pathlib import Path

import pytest

from learning.evaluate import EvaluationError, Judgements, evaluate_retrieval, read_judgements

QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t2\nq2\td3\t1\nq2\td1\t0\n"


def beir(folder: Path, qrels: str = QRELS, queries: str | None = None) -> Path:
    asked = [
        {"_id": "q1", "text": "How many days?"},
        {"_id": "q2", "text": "Who pays?"},
        {"_id": "q9", "text": "Unjudged"},
    ]
    (folder / "corpus.jsonl").write_text('{"_id": "d1", "text": "25 days."}\n')
    (folder / "queries.jsonl").write_text(queries if queries is not None else "\n".join(map(json.dumps, asked)))
    (folder / "qrels").mkdir(exist_ok=True)
    (folder / "qrels" / "test.tsv").write_text(qrels)
    return folder


def test_the_judged_questions_are_read_with_their_relevant_documents(tmp_path: Path) -> None:
    assert read_judgements(beir(tmp_path)) == Judgements(
        {"q1": "How many days?", "q2": "Who pays?"}, {"q1": {"d1": 1, "d2": 2}, "q2": {"d3": 1}}
    )


def test_another_split_can_be_read(tmp_path: Path) -> None:
    (beir(tmp_path) / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq9\td1\t1\n")
    assert read_judgements(tmp_path, "dev").questions == {"q9": "Unjudged"}


def test_empty_lines_and_quotes_are_no_trouble(tmp_path: Path) -> None:
    folder = beir(
        tmp_path,
        'query-id\tcorpus-id\tscore\n\n"q1\t"d1"\t1\n\n',
        '{"_id": "\\"q1", "text": "Who?"}\n\n',
    )
    assert read_judgements(folder) == Judgements({'"q1': "Who?"}, {'"q1': {'"d1"': 1}})


def test_the_figures_are_means_over_the_questions(tmp_path: Path) -> None:
    found = {"How many days?": ["d1", "d2"], "Who pays?": ["d8", "d9", "d3"]}
    figures = evaluate_retrieval(found.__getitem__, read_judgements(beir(tmp_path)))
    # q1: DCG = 1 + 2 / log2(3) = 2.2619, ideal = 2 + 1 / log2(3) = 2.6309: 0.8597.  q2: 1 / log2(4) = 0.5
    assert figures.ndcg_at_10 == pytest.approx((0.8597 + 0.5) / 2, abs=1e-4)
    assert figures.recall_at_10 == 1
    assert figures.mrr_at_10 == pytest.approx((1 + 1 / 3) / 2)
    assert figures.queries == 2


def test_a_search_that_finds_nothing_scores_0(tmp_path: Path) -> None:
    figures = evaluate_retrieval(lambda question: [], read_judgements(beir(tmp_path)))
    assert (figures.ndcg_at_10, figures.recall_at_10, figures.mrr_at_10, figures.queries) == (0, 0, 0, 2)


@pytest.mark.parametrize("missing", ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"])
def test_a_folder_that_lacks_a_file_is_told_which(tmp_path: Path, missing: str) -> None:
    (beir(tmp_path) / missing).unlink()
    with pytest.raises(EvaluationError, match=f"it lacks {missing}. It needs corpus.jsonl"):
        read_judgements(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="nowhere is no folder in BEIR's format"):
        read_judgements(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "qrels",
    [
        "q1\td1\t1\nq2\td3\t1\n",
        "query-id\tcorpus-id\tscore\nq1\td1\n",
        "query-id\tcorpus-id\tscore\nq1\td1\tgood\n",
        "query-id\tcorpus-id\tscore\nq1\td1\t1" + "1" * 200_000,
    ],
)
def test_judgements_in_another_format_are_refused(tmp_path: Path, qrels: str) -> None:
    with pytest.raises(EvaluationError, match="is not in BEIR's format"):
        read_judgements(beir(tmp_path, qrels))


@pytest.mark.parametrize("queries", ["{", "7", '{"_id": "q1"}', '{"text": "Who?"}'])
def test_questions_in_another_format_are_refused(tmp_path: Path, queries: str) -> None:
    with pytest.raises(EvaluationError, match="is not in BEIR's format"):
        read_judgements(beir(tmp_path, queries=queries))


def test_a_judged_question_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"lacks the question q2, which test\.tsv judges"):
        read_judgements(beir(tmp_path, queries='{"_id": "q1", "text": "How many days?"}\n'))


def test_judgements_without_a_relevant_document_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="judges no document relevant"):
        read_judgements(beir(tmp_path, "query-id\tcorpus-id\tscore\nq1\td1\t0\n"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (beir(tmp_path) / "queries.jsonl").chmod(0)
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_judgements(tmp_path)
