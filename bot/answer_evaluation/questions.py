"""A file of questions whose answers are known: JSON Lines with question, pages and answers."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from learning.evaluate import EvaluationError

_FORM = (
    'Each line is a JSON object such as {"question": "How many days of leave do I get?", "pages": ["people/leave.md"], '
    '"answers": ["27 days"]}; a question that the documents do not answer has neither pages nor answers.'
)


@dataclass(frozen=True)
class KnownQuestion:
    """A question, the ids of all documents that answer it, and short strings of which a right answer contains one.

    All are empty for a question that the documents do not answer.
    """

    text: str
    pages: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the documents hold its answer."""
        return bool(self.pages)


def read_questions(file: Path) -> list[KnownQuestion]:
    """The questions, in order. Raises EvaluationError, naming the line that is wrong."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"The questions in {file} cannot be read: {error}.") from error
    questions = [_question(file, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not questions:
        raise EvaluationError(f"{file} has no question. {_FORM}")
    return questions


def digest(questions: Sequence[KnownQuestion]) -> str:
    """The SHA-256 of what is asked and known: figures of two runs are compared only where it is the same."""
    content = json.dumps([[one.text, one.pages, one.answers] for one in questions])
    return hashlib.sha256(content.encode()).hexdigest()


def _question(file: Path, number: int, line: str) -> KnownQuestion:
    def wrong(what: str) -> EvaluationError:
        return EvaluationError(f"Line {number} of {file} {what}. {_FORM}")

    try:
        value: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise wrong(f"is no JSON: {error.msg}") from error
    if not isinstance(value, dict) or not isinstance(value.get("question"), str) or not value["question"].strip():
        raise wrong("has no question")
    pages, answers = value.get("pages") or [], value.get("answers") or []
    for name, held in (("pages", pages), ("answers", answers)):
        if not isinstance(held, list) or not all(isinstance(one, str) and one.strip() for one in held):
            raise wrong(f"has {name} that are no list of strings")
    if answers and not pages:
        raise wrong("has answers without the pages that hold them")
    return KnownQuestion(value["question"], tuple(pages), tuple(answers))
