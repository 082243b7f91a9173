"""Measures how follow-ups are made to stand alone, and what that does to whole new questions in a thread.

    python docs/decisions/follow_ups.py samples samples
    python docs/decisions/follow_ups.py ../shared/data/handbook-18f/pages handbook

The folder is read into a knowledge base below HOME (a third argument; a folder of its own if left out), once. The
follow-ups are tests/data/NAME_follow_ups.jsonl. For new questions, each answerable one of NAME_questions.jsonl is asked
after another one, drawn at random, whose pages are others.
"""

import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from fit_answering import _plain, filled

from bot.answering.answer import Answerer
from bot.answering.stand_alone import leans, stand_alone
from storage.document import PUBLIC

DATA = Path(__file__).parents[2] / "tests" / "data"
WAYS: dict[str, Callable[[str, Sequence[str]], str]] = {
    "as they were asked": lambda question, _: question,
    "always joined": lambda question, before: f"{question} {before[0]}",
    "joined where they lean": stand_alone,
}


def main(folder: str, name: str, home: str | None = None) -> None:
    knowledge = filled(Path(home or tempfile.mkdtemp(prefix="lore-follow-ups-")), Path(folder).resolve())
    answerer = Answerer(knowledge, None)
    sets = {"follow-ups": _read(f"{name}_follow_ups.jsonl"), "new questions": _after_others(name)}
    for said, asked in sets.items():
        print(f"{len(asked)} {said}, {fmean(leans(one['question']) for one in asked):.1%} of them taken to lean")
        for way, searched in WAYS.items():
            figures: list[tuple[float, bool, bool]] = []
            for one in asked:
                text = searched(one["question"], one["before"])
                pages = list(dict.fromkeys(p.document.id for p in knowledge.search(text, PUBLIC, 50).passages))
                rank = next((at for at, page in enumerate(pages[:10], start=1) if page in one["pages"]), None)
                answer = answerer.answer(text, PUBLIC)
                right = answer.kind == "answered" and any(_plain(a) in _plain(answer.text) for a in one["answers"])
                figures.append((1 / rank if rank else 0.0, rank is not None and rank <= 3, right))
            mrr, third, right_share = (fmean(map(float, values)) for values in zip(*figures, strict=True))
            print(f"  {way}: page MRR@10 {mrr:.3f}, in the first 3 {third:.1%}, answered rightly {right_share:.1%}")


def _read(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / file).read_text(encoding="utf-8").splitlines()]


def _after_others(name: str) -> list[dict[str, Any]]:
    draw = random.Random(7)
    questions = [one for one in _read(f"{name}_questions.jsonl") if one["pages"]]
    return [
        one | {"before": [draw.choice([q for q in questions if not {*q["pages"]} & {*one["pages"]}])["question"]]}
        for one in questions
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
