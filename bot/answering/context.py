"""What a question stands in: what was said before it in its thread, where to search, the language to answer in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storage.index import ALL_SOURCES

THREAD_TOKENS = 1_500
"""Of a thread's messages, by the embedding model's count: a language model's counts are about the same."""


@dataclass(frozen=True)
class Turn:
    """A message of a thread, as a person would read it; untrusted, whoever wrote it."""

    text: str
    by_lore: bool = False


@dataclass(frozen=True)
class Context:
    """`turns` came before the question, oldest first; `is_part` says that there were more, older ones.

    `sources` are those to search, `language` is a tag such as "de", None for the question's own. None of it lets
    anybody see more.
    """

    turns: tuple[Turn, ...] = ()
    is_part: bool = False
    sources: frozenset[str] = ALL_SOURCES
    language: str | None = None


ALONE = Context()
"""A question that nothing came before."""


def newest(turns: Sequence[Turn], count_tokens: Callable[[Sequence[str]], list[int]], most: int) -> tuple[Turn, ...]:
    """As many of the newest turns as have at most `most` tokens together, oldest first; the newest in any case."""
    counts = count_tokens([turn.text for turn in turns]) if turns else []
    kept, left = 0, most
    for count in reversed(counts):
        left -= count
        if left < 0 and kept:
            break
        kept += 1
    return tuple(turns[len(turns) - kept :])
