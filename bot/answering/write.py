"""Passages into a draft by a language model, and what Lore asks of such a model."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Literal, Protocol, TypedDict

from bot.answering.languages import language_name
from storage.knowledge import Passage

PROMPT = "answer-2"
"""The prompt's file under prompts/; a changed prompt is a new file with the next number."""

NOT_IN_DOCUMENTS = "NOT_IN_DOCUMENTS"
"""What the model writes, by its prompt, where the passages do not hold the answer."""

REPLY_TOKENS = 512
"""What is left of a model's window for its reply: four short sentences and a list have a third of that."""

_TAG = re.compile(
    r"<(?=/?(?:passage|thread|system|s>|start_of_turn|end_of_turn|tool_call)|<?/?SYS>|\|)|\[(?=/?INST\])", re.IGNORECASE
)
"""What begins a tag of Lore's prompts, or one by which chat templates tell who speaks: endpoints read those as such."""


class LanguageModelError(Exception):
    """The model gave no whole text; the message says what happened, and what to check."""


class Message(TypedDict):
    """A turn of a chat, as OpenAI-compatible endpoints take it."""

    role: Literal["system", "user", "assistant"]
    content: str


class LanguageModel(Protocol):
    """Messages into text that comes piece by piece. `window`, `count_tokens` and `stream` raise LanguageModelError."""

    @property
    def name(self) -> str: ...

    @property
    def window(self) -> int:
        """The most tokens that prompt and reply may have together."""
        ...

    @property
    def reply_tokens(self) -> int:
        """Of the window, what is left for a reply."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has, or a little more where that cannot be known."""
        ...

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The text, in pieces, as it is written. Raises LanguageModelError, at the start or midway."""
        ...


def draft(llm: LanguageModel, question: str, passages: Sequence[Passage], language: str | None = None) -> Iterator[str]:
    """The model's answer from the passages, in pieces; passages are cited by their place, from 1.

    It is in the language of this tag ("de"), or in the question's.
    """
    return llm.stream(messages(question, passages, language))


def messages(question: str, passages: Sequence[Passage], language: str | None = None) -> list[Message]:
    """What the model is told: the rules, then the numbered passages as data, then the question."""
    told = f"Write in {language_name(language)}." if language else "Write in the language of the question."
    shown = "\n\n".join(numbered(n, passage) for n, passage in enumerate(passages, start=1))
    return [
        {"role": "system", "content": rules(PROMPT).replace("{language}", told)},
        {"role": "user", "content": f"{shown}\n\nQuestion: {as_data(question)}"},
    ]


def numbered(n: int, passage: Passage) -> str:
    """A passage as the model is shown it, as data."""
    heading = as_data(" > ".join((passage.document.title, *passage.heading)))
    return f"<passage>\n[{n}] {heading}\n{as_data(passage.text)}\n</passage>"


def as_data(text: str) -> str:
    """The text without anything that could end the passage, the thread or the message that it stands in."""
    return _TAG.sub("‹", text)


@cache
def rules(prompt: str) -> str:
    """The text of a prompt's file."""
    return resources.files("bot.answering").joinpath(f"prompts/{prompt}.md").read_text(encoding="utf-8")
