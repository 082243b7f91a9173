"""An answer in the documents' own words: the sentences that best answer the question, whole and in their order."""

import math
import re
from collections.abc import Sequence
from itertools import combinations

from bot.answering.evidence import Evidence
from bot.answering.statement import Statement
from bot.answering.words import content_words, count_words
from storage.knowledge import Passage

MOST_SENTENCES = 3
MOST_WORDS = 88
"""Lines that lead in and headings included."""

_PRICE_OF_A_WORD = 0.0025
"""The likelihood of holding the answer that a sentence must add for each of its words (docs/decisions/quoting.md)."""

_ALIKE = 0.8


def quote(evidence: Sequence[Evidence]) -> list[Statement]:
    """One to three sentences, the best passage's first, each passage's in its order; none where none is short enough.

    `evidence` is ranked, best first.
    """
    chosen = choose(evidence)
    statements: list[Statement] = []
    for passage in dict.fromkeys(one.passage for one in chosen):
        statements.extend(_of_one_passage(passage, [one for one in chosen if one.passage is passage]))
    return statements


def choose(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences that together most likely hold the answer for the words they take, in the order to be shown."""
    different = _without_repetition(evidence)
    if not different:
        return []
    likelihood = [math.exp(one.score - evidence[0].score) for one in different]
    total = sum(likelihood)
    best: tuple[int, ...] = ()
    most = 0.0
    for count in range(1, MOST_SENTENCES + 1):
        for some in combinations(range(len(different)), count):
            words = _words([different[at] for at in some])
            worth = sum(likelihood[at] for at in some) / total - _PRICE_OF_A_WORD * words
            if words <= MOST_WORDS and (worth > most or not best):
                best, most = some, worth
    first: dict[str, int] = {}
    for at in best:
        first.setdefault(different[at].passage.chunk_id, at)
    chosen = [different[at] for at in best]
    return sorted(chosen, key=lambda one: (first[one.passage.chunk_id], one.sentence.at))


def _without_repetition(evidence: Sequence[Evidence]) -> list[Evidence]:
    kept: list[tuple[Evidence, frozenset[str]]] = []
    for one in evidence:
        words = frozenset(content_words(one.sentence.plain))
        if not any(len(words & other) >= _ALIKE * min(len(words), len(other)) for _, other in kept):
            kept.append((one, words))
    return [one for one, _ in kept]


def _words(chosen: Sequence[Evidence]) -> int:
    """How many words the sentences take on the page, with what leads in to them, bullets and markers."""
    leads = {(one.passage.chunk_id, one.sentence.lead) for one in chosen}
    headings = {one.passage.chunk_id: _heading(one.passage) for one in chosen}
    return (
        sum(count_words(one.sentence.text) + 2 for one in chosen)
        + sum(count_words(lead) for _, lead in leads)
        + sum(count_words(heading) for heading in headings.values())
    )


def _of_one_passage(passage: Passage, chosen: Sequence[Evidence]) -> list[Statement]:
    statements: list[Statement] = []
    previous: Evidence | None = None
    for one in chosen:
        sentence = one.sentence
        listed = sentence.kind in ("item", "row")
        goes_on = previous is not None and listed and previous.sentence.lead == sentence.lead
        parts = []
        if previous is None and (heading := _heading_to_show(passage, chosen)):
            parts.append(heading)
        if sentence.lead and not goes_on:
            parts.append(sentence.lead)
        text = f"- {sentence.text}" if listed else sentence.text
        before = " ".join(parts)
        own_line = listed or sentence.kind == "code"
        statements.append(
            Statement(
                f"{before}{chr(10) if own_line else ' '}{text}" if before else text,
                (passage,),
                _glue(previous, one, before),
            )
        )
        previous = one
    return statements


def _glue(previous: Evidence | None, one: Evidence, before: str) -> str:
    if previous is None or before:
        return "\n\n"
    listed = [evidence.sentence.kind in ("item", "row") for evidence in (previous, one)]
    if all(listed):
        return "\n"
    return "\n\n" if any(listed) or one.sentence.kind == "code" else " "


def _heading(passage: Passage) -> str:
    return passage.heading[-1] if passage.heading else passage.document.title


def _heading_to_show(passage: Passage, chosen: Sequence[Evidence]) -> str:
    """The passage's heading in bold, where it says what its sentences do not."""
    heading = " ".join(_heading(passage).split())
    said = {word for one in chosen for word in content_words(f"{one.sentence.lead} {one.sentence.plain}")}
    if set(content_words(heading)) <= said:
        return ""
    heading = re.sub(r"([\\*_`\[\]<>~])", r"\\\1", re.sub(r"^\d+[.)]\s+", "", heading))
    return f"**{heading}**" if heading.endswith((".", "!", "?", ":")) else f"**{heading}:**"
