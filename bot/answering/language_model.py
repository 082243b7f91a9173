"""LanguageModel: what Lore asks of a model that writes, and the error that says what went wrong with it."""

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, TypedDict


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
