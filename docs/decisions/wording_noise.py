"""How much a document's score depends on the words of a question that means the same: what SoftNDCG's noise stands on.

On a LORE_HOME whose knowledge base is the handbook:

    python docs/decisions/wording_noise.py tests/data/handbook_questions.jsonl tests/data/handbook_paraphrases.jsonl

For each question and its paraphrases, the fused score of each right page. Prints the standard deviation between the
wordings of one question (pooled), and the same of the lead that the right page has over the best other one.
"""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.app import open_knowledge
from bot.settings import load_settings
from storage.document import PUBLIC
from storage.knowledge import KnowledgeBase

PASSAGES = 50


def main(questions_file: str, paraphrases_file: str) -> None:
    pages = {one["question"]: one["pages"] for one in _lines(questions_file)}
    scores, leads = [], []
    settings = load_settings().model_copy(update={"votes_at_once": False})
    with open_knowledge(settings, "wording noise") as (_, knowledge):
        for one in _lines(paraphrases_file):
            found = [fused(knowledge, wording) for wording in (one["question"], *one["paraphrases"])]
            for page in pages[one["question"]]:
                best_other = [max(score for id, score in each.items() if id != page) for each in found]
                scores.append([each[page] for each in found if page in each])
                leads.append(
                    [each[page] - other for each, other in zip(found, best_other, strict=True) if page in each]
                )
    print(f"{sum(map(len, scores))} scores of {len(scores)} questions and pages")
    print(f"standard deviation between wordings: score {pooled(scores):.3f}, lead {pooled(leads):.3f}")


def fused(knowledge: KnowledgeBase, question: str) -> dict[str, float]:
    """Each document's best fused score."""
    best: dict[str, float] = {}
    for passage in knowledge.search(question, PUBLIC, PASSAGES).passages:
        best.setdefault(passage.document.id, passage.scores.fused)
    return best


def pooled(groups: Sequence[Sequence[float]]) -> float:
    """The standard deviation within groups."""
    squares = sum(float(np.square(np.array(group) - np.mean(group)).sum()) for group in groups if len(group) > 1)
    return math.sqrt(squares / sum(len(group) - 1 for group in groups if len(group) > 1))


def _lines(file: str) -> list[dict[str, list[str]]]:
    return [json.loads(line) for line in Path(file).read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main(*sys.argv[1:])
