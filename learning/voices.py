"""What votes on one question say of passages or documents: each person's voice, and what is left when they cancel."""

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from learning.votes import WRONG_SOURCE, CastVote, Snapshot

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Said:
    """What one vote says of one passage: 1 for it, -1 against it."""

    cast: CastVote
    passage: Snapshot
    value: Literal[1, -1]
    why: Literal["cited", "correction", "wrong_source"]


def by_question(votes: Sequence[CastVote]) -> list[list[CastVote]]:
    """The votes (oldest first) of each question: questions of the same words are one; those without words are none."""
    questions: dict[tuple[str, ...], list[CastVote]] = {}
    for cast in votes:
        if said := tuple(words(cast.question)):
            questions.setdefault(said, []).append(cast)
    return list(questions.values())


def says(cast: CastVote, corrected: Sequence[Snapshot], key: Callable[[Snapshot], Hashable]) -> Iterator[Said]:
    """What a vote says of the passages that it is about, once of each.

    `corrected` are those that its correction stands for; `key` tells which passages are one. 👍 speaks for the cited
    passages, 👎 for a wrong source against them, a correction for what it names, whatever the vote; a document that it
    names has nothing said against it. Other reasons, and 👎 without one, say nothing about passages.
    """
    named = {key(passage): passage for passage in corrected}
    cited: dict[Hashable, Snapshot] = {}
    for passage in cast.cited:
        cited.setdefault(key(passage), passage)
    for passage in named.values():
        yield Said(cast, passage, 1, "correction")
    if cast.vote.vote > 0:
        yield from (Said(cast, passage, 1, "cited") for one, passage in cited.items() if one not in named)
    elif cast.vote.reason == WRONG_SOURCE:
        right = documents(cast.correction)
        for passage in cited.values():
            if (passage.source, passage.document) not in right:
                yield Said(cast, passage, -1, "wrong_source")


def standing(said: Sequence[Said]) -> list[Said]:
    """What is left of the voices on one passage when those for and against it have cancelled one another.

    A person has one voice, however often they voted: for it, against it, or, having voted both ways as often, none.
    Voices cancel one by one, oldest first.
    """
    people: dict[str, list[Said]] = {}
    for one in said:
        people.setdefault(one.cast.vote.user, []).append(one)
    voices: dict[int, list[Said]] = {1: [], -1: []}
    for ones in people.values():
        balance = sum(one.value for one in ones)
        if balance:
            voice = 1 if balance > 0 else -1
            voices[voice].append([one for one in ones if one.value == voice][-1])
    cancelled = min(len(voices[1]), len(voices[-1]))
    return [voice for side in voices.values() for voice in side[cancelled:]]


def documents(passages: Sequence[Snapshot]) -> set[tuple[str, str]]:
    """The documents (source, id) that the passages are of."""
    return {(passage.source, passage.document) for passage in passages if passage.document}


def words(text: str) -> list[str]:
    """The words of a text, in order; case and punctuation are ignored."""
    return _WORD.findall(text.casefold())
