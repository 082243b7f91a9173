"""Scores what `lore search` and `lore ask` print against questions whose pages and answers are known.

    python -c 'import json, sys; [print(json.loads(line)["question"]) for line in sys.stdin]' \
      < tests/data/handbook_questions.jsonl > questions.txt
    lore search --file questions.txt -n 50 --json > found.jsonl
    lore ask --file questions.txt --llm none --json > answers.jsonl
    python docs/decisions/score_questions.py tests/data/handbook_questions.jsonl found.jsonl answers.jsonl
"""

import json
import re
import sys
from pathlib import Path
from statistics import fmean, median
from typing import Any

Json = dict[str, Any]


def main(questions: str, found: str, answers: str) -> None:
    asked, passages, replies = (_objects(file) for file in (questions, found, answers))
    ranks = [_rank(hit, one["pages"]) for one, hit in zip(asked, passages, strict=True) if one["pages"]]
    print(f"page MRR@10 {fmean(1 / rank if rank <= 10 else 0 for rank in ranks):.3f}")
    print(f"page among the first five {fmean(rank <= 5 for rank in ranks):.1%} of {len(ranks)}")
    pairs = list(zip(asked, replies, strict=True))
    answerable = [(one, reply) for one, reply in pairs if one["pages"]]
    given = [(one, reply) for one, reply in answerable if reply["kind"] == "answered"]
    refused = [reply["kind"] == "abstained" for one, reply in pairs if not one["pages"]]
    holding = [any(_plain(words) in _plain(reply["text"]) for words in one["answers"]) for one, reply in given]
    print(f"answerable questions answered {len(given) / len(answerable):.1%}")
    print(f"unanswerable questions abstained from {fmean(refused):.1%} of {len(refused)}")
    print(f"answers that hold the expected words {fmean(holding):.1%} of {len(holding)}")
    print(f"words in an answer, median {median(len(reply['text'].split()) for _, reply in given):g}")


def _objects(file: str) -> list[Json]:
    return [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()]


def _rank(hit: Json, pages: list[str]) -> float:
    documents = list(dict.fromkeys(passage["document"]["id"] for passage in hit["passages"]))
    return next((rank for rank, id in enumerate(documents, start=1) if id in pages), float("inf"))


def _plain(text: str) -> str:
    straight = text.translate(str.maketrans("’‘“”", "''\"\""))
    return re.sub(r"[*_`\\]", "", straight).lower()


if __name__ == "__main__":
    main(*sys.argv[1:])
