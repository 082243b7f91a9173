"""What a reply says of a conflict: both sentences with their dates, the newer first, and what is recorded of it."""

from collections.abc import Sequence
from dataclasses import replace

from bot.answering.age import day
from bot.answering.claims import Claim
from bot.answering.conflicts import Conflict, Side
from bot.answering.evidence import Evidence
from bot.answering.sentences import label
from bot.answering.statement import Statement
from bot.answering.words import content_words
from storage.conflicts import About, Said
from storage.knowledge import Passage

_APART = "The documents disagree on this."
_ONE = "The document contradicts itself on this."


def told(conflict: Conflict) -> list[Statement]:
    """That the documents disagree, and both sentences, each with its citation."""
    sides = (conflict.newer, conflict.older)
    documents = {(side.passage.document.source, side.passage.document.id) for side in sides}
    lead = _ONE if len(documents) == 1 else f"{_APART} The newer comes first." if conflict.is_dated else _APART
    dates = [_date(side) if len(documents) > 1 else "" for side in sides]
    texts = [f"- {date}{_quoted(side.claim)}" for date, side in zip(dates, sides, strict=True)]
    return [
        Statement(f"**{lead}**\n{texts[0]}", (sides[0].passage,), "\n\n"),
        Statement(texts[1], (sides[1].passage,), "\n"),
    ]


def without(evidence: Sequence[Evidence], conflict: Conflict) -> list[Evidence]:
    """The sentences that the conflict does not tell already."""
    said = {side.claim.sentence.plain for side in (conflict.newer, conflict.older)}
    return [one for one in evidence if one.sentence.plain not in said]


def with_cited(passages: Sequence[Passage], conflict: Conflict) -> tuple[Passage, ...]:
    """The passages of the answer, with those that the conflict cites beyond them at the end."""
    known = {passage.chunk_id for passage in passages}
    more = [side.passage for side in (conflict.newer, conflict.older) if side.passage.chunk_id not in known]
    return (*passages, *(replace(one, rank=rank) for rank, one in enumerate(more, start=len(passages) + 1)))


def record_of(conflict: Conflict) -> tuple[About, Said, Said]:
    """The conflict as it is noted for whoever keeps the documents."""
    return (conflict.about, _said(conflict.newer), _said(conflict.older))


def _said(side: Side) -> Said:
    claim, passage = side.claim, side.passage
    sentence = f"{claim.above}: {claim.text}" if _needs_what_is_above(claim) else claim.text
    document = passage.document
    return Said(document.source, document.id, passage.chunk_id, " ".join(sentence.split()), passage.anchor)


def _date(side: Side) -> str:
    changed_at = side.passage.document.changed_at
    return "" if changed_at is None else f"{day(changed_at)}: "


def _quoted(claim: Claim) -> str:
    """The sentence as it stands, below its heading where that is part of what it says."""
    sentence = claim.sentence
    parts = [sentence.lead] if sentence.lead else []
    if _needs_what_is_above(claim) and not sentence.lead and claim.heading:
        parts.append(label(claim.heading))
    return " ".join([*parts, sentence.text])


def _needs_what_is_above(claim: Claim) -> bool:
    return not set(content_words(claim.above)) <= set(content_words(claim.text))
