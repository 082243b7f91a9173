"""An answer in the documents' own words: the sentences that best answer the question, whole and in their order."""

from collections.abc import Sequence

from bot.answering.evidence import Evidence
from bot.answering.statement import Statement
from bot.answering.words import content_words, count_words
from storage.knowledge import Passage

MOST_SENTENCES = 3
ENOUGH_WORDS = 60
"""A sentence that would bring the answer above this is left out, unless it is the first."""

_WORTH = 0.75
"""A sentence is added if its score is at least this share of the best one's."""


def quote(question: str, evidence: Sequence[Evidence]) -> list[Statement]:
    """One to three sentences, best passage first and in the document's order, of at most 90 words; none if none fit.

    `evidence` is ranked, best first.
    """
    chosen = choose(evidence)
    statements: list[Statement] = []
    for passage in dict.fromkeys(one.passage for one in chosen):
        statements.extend(_of_one_passage(question, passage, [one for one in chosen if one.passage is passage]))
    return statements


def choose(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences to quote, best passage first, in the passage's order."""
    chosen: list[Evidence] = []
    words = 0
    for one in evidence:
        if len(chosen) == MOST_SENTENCES or (chosen and one.score < _WORTH * chosen[0].score):
            break
        cost = one.sentence.words + count_words(one.sentence.lead)
        if chosen and (words + cost > ENOUGH_WORDS or any(_says_the_same(one, other) for other in chosen)):
            continue
        chosen.append(one)
        words += cost
    first: dict[str, int] = {}
    for at, one in enumerate(chosen):
        first.setdefault(one.passage.chunk_id, at)
    return sorted(chosen, key=lambda one: (first[one.passage.chunk_id], one.sentence.at))


def _says_the_same(one: Evidence, other: Evidence) -> bool:
    words, others = frozenset(content_words(one.sentence.plain)), frozenset(content_words(other.sentence.plain))
    return len(words & others) >= 0.8 * min(len(words), len(others))


def _of_one_passage(question: str, passage: Passage, chosen: Sequence[Evidence]) -> list[Statement]:
    statements: list[Statement] = []
    previous: Evidence | None = None
    for one in chosen:
        sentence = one.sentence
        listed = sentence.kind in ("item", "row")
        text = f"- {sentence.text}" if listed else sentence.text
        same_list = previous is not None and listed and previous.sentence.lead == sentence.lead and sentence.lead
        if sentence.lead and not same_list:
            text = f"{sentence.lead}\n\n{text}" if not listed else f"{sentence.lead}\n{text}"
        if previous is None:
            glue = "\n\n"
        elif same_list:
            glue = "\n"
        elif listed or sentence.lead or previous.sentence.block != sentence.block:
            glue = "\n\n"
        else:
            glue = " "
        statements.append(Statement(text, (passage,), glue))
        previous = one
    return statements
