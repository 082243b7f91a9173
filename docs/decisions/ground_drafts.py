"""What a language model's drafts come to once they are grounded: the shares shown, doubted, answered, quoted.

    LORE_HOME=HOME python docs/decisions/ground_drafts.py QUESTIONS.jsonl DRAFTS.jsonl [SAMPLE]

HOME has the documents, and names the language model. Its drafts are kept in DRAFTS.jsonl by what the model was told,
so that grounding can be judged again without drafting again. Of the sentences that the model wrote and that were shown,
those that the independent check doubts are printed, and SAMPLE others (100 if left out), each with its passage, to be
read by a person.
"""

import hashlib
import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bot.answer_evaluation.evaluate import ask_all
from bot.answer_evaluation.outcome import AnswerOutcome
from bot.answer_evaluation.questions import read_questions
from bot.answering.answer import Answerer
from bot.answering.write import LanguageModel, Message
from bot.app import language_model, open_lore
from bot.settings import load_settings
from storage.document import PUBLIC

WROTE = re.compile(r" wrote it; (?:(\d+) of its sentences)?")


class RememberedDrafts:
    """A language model whose texts are kept in a file, and read from there when it is told the same again."""

    def __init__(self, model: LanguageModel, file: Path) -> None:
        self._model = model
        self._file = file
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        self._kept = {row["told"]: row["draft"] for row in map(json.loads, lines)}

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def window(self) -> int:
        return self._model.window

    @property
    def reply_tokens(self) -> int:
        return self._model.reply_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._model.count_tokens(texts)

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        told = hashlib.sha256(json.dumps(messages).encode()).hexdigest()
        if told not in self._kept:
            self._kept[told] = "".join(self._model.stream(messages))
            with self._file.open("a", encoding="utf-8") as file:
                print(json.dumps({"told": told, "draft": self._kept[told]}), file=file)
        yield from re.split(r"(?<=\s)", self._kept[told])


def main(questions: Path, drafts: Path, sample: int) -> None:
    settings = load_settings()
    llm = language_model(settings)
    if llm is None:
        raise SystemExit("HOME names no language model: set LLM_MODEL.")
    with open_lore(settings, "the grounding of drafts") as lore:
        model = RememberedDrafts(llm, drafts)
        writing = Answerer(lore.knowledge, model, lore.confidence)
        service = replace(lore, answerer=writing).service
        outcomes = ask_all(service, read_questions(questions), PUBLIC, "settings", lambda done: None)
    answerable = [one for one in outcomes if one.known.answerable]
    answered = [one for one in answerable if one.answered]
    written = [one for one in outcomes if one.answered and WROTE.search(one.answer["reason"])]
    shown = [(one, sentence) for one in written for sentence in one.sentences]
    doubted = [(one, sentence) for one, sentence in shown if sentence.fault]
    dropped = sum(int(found[1] or 0) for one in written if (found := WROTE.search(one.answer["reason"])))
    print(f"{len(answered)} of {len(answerable)} answerable questions answered: {len(answered) / len(answerable):.1%}")
    quoted = [one for one in answered if one not in written]
    print(f"  by the model {len(answered) - len(quoted)}, quoted {len(quoted)}")
    print(f"  the reply contains a known answer: written {_holding(written)}, quoted {_holding(quoted)}")
    print(f"{len(shown)} sentences of the model shown, {dropped} dropped beside them")
    print(f"{len(doubted)} doubted by the independent check: {len(doubted) / max(1, len(shown)):.1%}")
    milliseconds = [one.answer["timings_ms"]["ground"] for one in written]
    if milliseconds:
        median, p95 = np.quantile(milliseconds, (0.5, 0.95))
        print(f"grounding took {median:.1f} ms an answer (median), {p95:.1f} (p95)")
    for one, sentence in doubted:
        print("\nDOUBTED:", sentence.fault)
        _print(one, sentence.text)
    rest = [pair for pair in shown if pair not in doubted]
    for one, sentence in random.Random(7).sample(rest, min(sample, len(rest))):
        print()
        _print(one, sentence.text)


def _holding(outcomes: Sequence[AnswerOutcome]) -> str:
    known = [one for one in outcomes if one.known.answers]
    return f"{sum(one.holds for one in known)} of {len(known)}"


def _print(one: AnswerOutcome, sentence: str) -> None:
    print("question:", one.known.text)
    print("sentence:", sentence)
    after: str = one.answer["text"].partition(sentence)[2]
    numbers = {int(n) for n in re.findall(r"\d+", re.match(r"(?:\s*\[\d+\])*", after)[0])}  # type: ignore[index]
    for citation in one.answer["citations"]:
        if citation["n"] in numbers:
            print("cited:   ", " ".join(_citation(citation).split()))


def _citation(citation: dict[str, Any]) -> str:
    return f"{citation['document']['title']} | {citation['text']}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 100)
