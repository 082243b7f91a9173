"""Passages into a draft by a language model, and what Lore asks of such a model."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Literal, Protocol, TypedDict

from storage.knowledge import Passage

PROMPT = "answer-1"
"""The prompt's file under prompts/; a changed prompt is a new file with the next number."""

NOT_IN_DOCUMENTS = "NOT_IN_DOCUMENTS"
"""What the model writes, by its prompt, where the passages do not hold the answer."""

_TAG = re.compile(r"<(?=/?passage)", re.IGNORECASE)


class LanguageModelError(Exception):
    """The model gave no whole text; the message says what happened, and what to check."""


class Message(TypedDict):
    """A turn of a chat, as OpenAI-compatible endpoints take it."""

    role: Literal["system", "user", "assistant"]
    content: str


class LanguageModel(Protocol):
    """Messages into text that comes piece by piece."""

    @property
    def name(self) -> str: ...

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The text, in pieces, as it is written. Raises LanguageModelError, at the start or midway."""
        ...


def draft(llm: LanguageModel, question: str, passages: Sequence[Passage]) -> Iterator[str]:
    """The model's answer from the passages, in pieces; passages are cited by their place, from 1."""
    return llm.stream(messages(question, passages))


def messages(question: str, passages: Sequence[Passage]) -> list[Message]:
    """What the model is told: the rules, then the numbered passages as data, then the question."""
    numbered = "\n\n".join(_numbered(n, passage) for n, passage in enumerate(passages, start=1))
    return [
        {"role": "system", "content": _rules(PROMPT)},
        {"role": "user", "content": f"{numbered}\n\nQuestion: {_as_data(question)}"},
    ]


def _numbered(n: int, passage: Passage) -> str:
    heading = _as_data(" > ".join((passage.document.title, *passage.heading)))
    return f"<passage>\n[{n}] {heading}\n{_as_data(passage.text)}\n</passage>"


def _as_data(text: str) -> str:
    """The text without anything that could end the passage it stands in."""
    return _TAG.sub("‹", text)


@cache
def _rules(prompt: str) -> str:
    return resources.files("bot.answering").joinpath(f"prompts/{prompt}.md").read_text(encoding="utf-8")
