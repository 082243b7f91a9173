"""The chunks around a chunk in its document, whose words say what it is about (docs/decisions/retrieval.md)."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

NEAR = 2
"""Chunks before and after that count as around one."""

Item = TypeVar("Item")


def around(items: Sequence[Item]) -> Iterator[tuple[Item, ...]]:
    """For each of a document's chunks, in their order, those around it, itself left out."""
    for at in range(len(items)):
        yield (*items[max(0, at - NEAR) : at], *items[at + 1 : at + 1 + NEAR])


def with_others_around(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """The ids of the chunks of a document that stand in both orders, and have others around them than before."""
    were = dict(zip(before, around(before), strict=True))
    return [id for id, others in zip(now, around(now), strict=True) if id in were and were[id] != others]
