"""An answer in the documents' own words: the sentences that best answer the question, whole and in their order."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from bot.answering.evidence import Evidence
from bot.answering.sentences import label
from bot.answering.statement import Statement
from bot.answering.words import content_words, count_words
from storage.knowledge import Passage

MOST_SENTENCES = 4
MOST_WORDS = 88
"""Lines that lead in and headings included."""

_PRICE_OF_A_WORD = 0.0034
"""The likelihood of holding the answer that a sentence must add for each of its words (docs/decisions/quoting.md)."""

_LEAST_LIKELY = 0.03
"""A sentence less likely than this to be the answer is not worth reading."""

_ALIKE = 0.8
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def quote(evidence: Sequence[Evidence]) -> list[Statement]:
    """One to four sentences, the best passage's first, each passage's in its order; none where none is short enough.

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
    different = [one for one, share in zip(different, likelihood, strict=True) if share >= _LEAST_LIKELY * total]
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
    chosen = _with_stressed([different[at] for at in best])
    return sorted(chosen, key=lambda one: (first[one.passage.chunk_id], one.sentence.at))


def _with_stressed(chosen: list[Evidence]) -> list[Evidence]:
    """The sentences with what the author of the best one's paragraph stressed; the least likely ones make room for it.

    “**Call the security line at once.** Do not wait: we can lock a device”: the question has words in common with the
    reason, and is answered by the instruction.
    """
    best = max(chosen, key=lambda one: one.score)
    if best.stressed is None or any(one.sentence.plain == best.stressed.plain for one in chosen):
        return chosen
    stressed = replace(best, sentence=best.stressed)
    others = sorted(chosen, key=lambda one: -one.score)
    while others[1:] and (len(others) >= MOST_SENTENCES or _words([*others, stressed]) > MOST_WORDS):
        others.pop()
    return [*others, stressed] if _words([*others, stressed]) <= MOST_WORDS else chosen


def _without_repetition(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences without those whose words a better one has; one with a number of its own says something else."""
    kept: list[tuple[Evidence, frozenset[str], frozenset[str]]] = []
    for one in evidence:
        words = frozenset(content_words(one.sentence.plain))
        numbers = frozenset(_NUMBER.findall(one.sentence.plain))
        if not any(
            len(words & other) >= _ALIKE * min(len(words), len(other)) and numbers <= others_numbers
            for _, other, others_numbers in kept
        ):
            kept.append((one, words, numbers))
    return [one for one, _, _ in kept]


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
        lead = one.sentence.lead
        if previous is not None and previous.sentence.lead == lead:
            lead = ""
        elif previous is None and not lead.startswith("**"):
            lead = " ".join(part for part in (_heading_to_show(passage, chosen), lead) if part)
        statements.append(Statement(_with_lead(lead, one), (passage,), _glue(previous, one, lead)))
        previous = one
    return statements


def _with_lead(lead: str, one: Evidence) -> str:
    text = f"- {one.sentence.text}" if _is_listed(one) else one.sentence.text
    if not lead:
        return text
    return f"{lead}\n{text}" if _is_listed(one) or text.startswith("```") else f"{lead} {text}"


def _glue(previous: Evidence | None, one: Evidence, lead: str) -> str:
    if previous is None or lead:
        return "\n\n"
    if _is_listed(previous) and _is_listed(one):
        return "\n"
    apart = _is_listed(previous) or _is_listed(one) or one.sentence.kind == "code"
    return "\n\n" if apart else " "


def _is_listed(one: Evidence) -> bool:
    return one.sentence.kind in ("item", "row")


def _heading(passage: Passage) -> str:
    return passage.heading[-1] if passage.heading else passage.document.title


def _heading_to_show(passage: Passage, chosen: Sequence[Evidence]) -> str:
    """The passage's heading, where it says what its sentences do not."""
    said = {word for one in chosen for word in content_words(f"{one.sentence.lead} {one.sentence.plain}")}
    heading = _heading(passage)
    return "" if set(content_words(heading)) <= said else label(heading)
