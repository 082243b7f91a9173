"""Where passages disagree: sentences about the same thing that differ in a number, a date, or yes and no.

A conflict that is none costs more trust than one that is missed, so that each rule only takes away. What the rules find
on known questions is in docs/decisions/conflicts.md.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from bot.answering.claims import Claim, claims
from bot.answering.evidence import Evidence
from bot.answering.quantities import Quantity, agree, quantities
from bot.answering.sentences import Sentence
from bot.answering.words import content_words, stem
from storage.conflicts import About
from storage.embedder import Embedder
from storage.knowledge import Passage

ALIKE = 0.74
"""The cosine of two sentences from which on they are about the same, where they differ in a number or a date."""

ALIKE_BUT_FOR_NO = 0.62
"""The same where one says yes and the other no, which itself makes their vectors differ."""

NEAR_BEST = 2.0
"""How far below the best sentence's score one may be that answers the question, and that another can contradict."""

NEAR_ENOUGH = 10.0
"""The same for the sentence that contradicts it, which may be worded in another way than the question."""

_FEWEST_IN_COMMON = 3
"""Words that a question and both of two limits must have in common to be about the same."""

_MOST_IN_ONE = 2
"""Quantities of a unit in sentences of one document: more are an account of how things go together."""

_UNITS = frozenset(
    map(stem, "second minute hour day week month year percent people person participant calendar business".split())
)

FEWEST_SHARED = 1 / 3
"""The share of the words of the shorter sentence that the other one has too, without which they are not embedded."""

MOST_COMPARED = 4
"""Pairs of sentences that are embedded for one question, at most: those with most words in common."""

MOST = 1
"""Conflicts that one answer tells of."""

_ASKS_TIME = re.compile(
    r"\bhow (?:long|soon|early|late|quickly|fast|often|far ahead)\b|"
    r"\bhow (?:many|much) (?:\w+ )?(?:second|minute|hour|day|week|month|year|time)s?\b|"
    r"\b(?:when|deadline|notice|by what time|turnaround|period)\b|\bin how many\b",
    re.IGNORECASE,
)
_ASKS_MONEY = re.compile(
    r"\bhow much\b|\b(?:cost|price|pay|salary|bonus|fee|spend|budget|allowance|limit|rate|reimburse\w*)\b",
    re.IGNORECASE,
)
_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|big|large|high|old|few)\b|"
    r"\b(?:limit|max|maximum|min|minimum|size|number|amount|percent\w*|most|least|fewest|threshold|above|below|over|under)\b",
    re.IGNORECASE,
)
_ASKS_MOMENT = re.compile(r"\b(?:when|what (?:time|day|date)|which (?:day|date)|by when|deadline|until|payday)\b", re.I)
_ASKS_WHETHER = re.compile(
    r"(?:^|[.,;:!?]\s*)(?:hi |hello |so |and |but )?(?:can|may|must|should|do|does|did|is|are|am|was|will|would|could|"
    r"has|have|shall)\b|\b(?:whether|allowed|permitted|possible|available|provided|required|mandatory|necessary)\b",
    re.IGNORECASE,
)


Found = Sequence[tuple[Passage, Sentence]]


@dataclass(frozen=True)
class Side:
    """A claim, and the passage that makes it."""

    passage: Passage
    claim: Claim


@dataclass(frozen=True)
class Conflict:
    """Two sentences that cannot both be so, the one of the document that was changed later first."""

    about: About
    newer: Side
    older: Side

    @property
    def is_dated(self) -> bool:
        """Whether it is known that one is newer."""
        one, other = (side.passage.document.changed_at for side in (self.newer, self.older))
        return one is not None and other is not None and one.date() != other.date()


class Reader(Protocol):
    """What reads all that a search found."""

    def quotable(self) -> Found:
        """Every sentence of what was found."""
        ...

    def scores(self, found: Found) -> list[float]:
        """How likely each of these answers the question, as the score of `Evidence` is."""
        ...


def find_conflicts(question: str, evidence: Sequence[Evidence], reader: Reader, embedder: Embedder) -> list[Conflict]:
    """The conflicts between what answers the question and what else was found, the likeliest answer's first.

    `evidence` are the sentences that may answer it, best first. Most questions cost a look at their words: the rest is
    read only where one of them says what another could contradict, and weighed only where another does.
    """
    asked = Asked.of(question)
    if not evidence or not asked.anything:
        return []
    best = evidence[0].score
    answering = asked.sides((one.passage, one.sentence) for one in evidence if one.score >= best - NEAR_BEST)
    if not answering:
        return []
    others = asked.sides(reader.quotable())
    suspects = [
        suspect
        for at, one in enumerate(answering)
        for other in others
        if other not in answering[:at]  # they were compared the other way round
        and _may_be_compared(one, other)
        and (suspect := _suspect(asked, one, other)) is not None
    ]
    near = _answering_too(suspects, reader, best - NEAR_ENOUGH)
    return _confirmed(sorted(near, key=lambda suspect: answering.index(suspect.one)), embedder)


@dataclass(frozen=True)
class _Suspect:
    """Two sentences that disagree if they are about the same: if their cosine is `least` or more."""

    about: About
    one: Side
    other: Side
    least: float

    @property
    def shared(self) -> float:
        """The share (0 to 1) of the words of the one with fewer that both have."""
        ours, theirs = self.one.claim.words, self.other.claim.words
        return len(ours & theirs) / max(1, min(len(ours), len(theirs)))


def _answering_too(suspects: Sequence[_Suspect], reader: Reader, least: float) -> list[_Suspect]:
    """Those whose other sentence may answer the question too, the likeliest first."""
    if not suspects:
        return []
    scores = reader.scores([(suspect.other.passage, suspect.other.claim.sentence) for suspect in suspects])
    near = [(score, suspect) for score, suspect in zip(scores, suspects, strict=True) if score >= least]
    return [suspect for _, suspect in sorted(near, key=lambda each: -each[0])]


def _confirmed(suspects: Sequence[_Suspect], embedder: Embedder) -> list[Conflict]:
    """The first MOST that are about the same. Of many, only those are embedded that have most words in common."""
    certain = [suspect for suspect in suspects if suspect.least <= 0.0]
    likely = [suspect for suspect in suspects if suspect.least > 0.0 and suspect.shared >= FEWEST_SHARED]
    likely = sorted(likely, key=lambda suspect: -suspect.shared)[:MOST_COMPARED]
    found = certain or _about_the_same(likely, embedder)
    return [_dated(suspect.about, suspect.one, suspect.other) for suspect in found[:MOST]]


def _about_the_same(suspects: Sequence[_Suspect], embedder: Embedder) -> list[_Suspect]:
    texts = list(dict.fromkeys(side.claim.whole for suspect in suspects for side in (suspect.one, suspect.other)))
    vectors = dict(zip(texts, embedder.embed_sentences(texts), strict=True))
    return [
        suspect
        for suspect in suspects
        if float(vectors[suspect.one.claim.whole] @ vectors[suspect.other.claim.whole]) >= suspect.least
    ]


@dataclass(frozen=True)
class Asked:
    """What a question asks for that sentences can disagree on."""

    question: str
    words: frozenset[str]
    units: frozenset[str]
    time: bool
    money: bool
    number: bool
    moment: bool
    whether: bool

    @classmethod
    def of(cls, question: str) -> Self:
        return cls(
            question,
            frozenset(content_words(question)),
            frozenset(quantity.unit for quantity in quantities(question)),
            *(bool(pattern.search(question)) for pattern in (_ASKS_TIME, _ASKS_MONEY, _ASKS_NUMBER)),
            *(bool(pattern.search(question)) for pattern in (_ASKS_MOMENT, _ASKS_WHETHER)),
        )

    @property
    def anything(self) -> bool:
        return self.time or self.money or self.number or self.moment or self.whether or bool(self.units)

    def wants(self, unit: str) -> bool:
        """Whether it asks for a quantity of this unit, or whether one is enough."""
        if unit == "time":
            return self.time
        if unit.startswith("money"):
            return self.money
        return self.number or unit in self.units

    def sides(self, found: Iterable[tuple[Passage, Sentence]]) -> list[Side]:
        """What of these sentences another could contradict, as far as that is quick to tell: no example, nor code."""
        return [
            Side(passage, claim)
            for passage, sentence in found
            if sentence.kind != "code" and not sentence.is_link
            for claim in claims(passage.heading[-1] if passage.heading else "", sentence)
            if self._may_be_answered_by(claim)
        ]

    def _may_be_answered_by(self, claim: Claim) -> bool:
        says = self.whether or bool(claim.quantities) or (self.moment and bool(claim.moments))
        return says and not claim.is_example


def _may_be_compared(one: Side, other: Side) -> bool:
    """Whether they stand apart."""
    a, b = one.passage, other.passage
    if one.claim.text == other.claim.text or (a.chunk_id == b.chunk_id and not _below_two_headings(one, other)):
        return False
    if (a.document.source, a.document.id) != (b.document.source, b.document.id):
        return True
    is_one_section = a.heading == b.heading and a.chunk_id != b.chunk_id
    return not (is_one_section or one.claim.is_row or other.claim.is_row)


def _below_two_headings(one: Side, other: Side) -> bool:
    """Whether they stand below two lines that lead in to them, in one passage: that of a short document."""
    leads = (one.claim.sentence.lead, other.claim.sentence.lead)
    return all(leads) and leads[0] != leads[1]


def _suspect(asked: Asked, one: Side, other: Side) -> _Suspect | None:
    """What they disagree on, if they are about the same thing."""
    ours, theirs, are_apart = one.claim, other.claim, _are_apart(one, other)
    shared_units = ours.units & theirs.units
    numbers = [unit for unit in sorted(shared_units) if _counts_differ(unit, ours, theirs, are_apart=are_apart)]
    moments = asked.moment and are_apart and _moments_differ(ours, theirs)
    no = asked.whether and are_apart and _deny_each_other(ours, theirs)
    if not (numbers or moments or no) or _speak_of_two_things(ours, theirs):
        return None
    if any(_is_one_limit(asked, unit, ours, theirs) for unit in numbers):
        return _Suspect("number", one, other, 0.0)
    if any(asked.wants(unit) for unit in numbers):
        return _Suspect("number", one, other, ALIKE)
    if moments:
        return _Suspect("date", one, other, ALIKE)
    return _Suspect("yes or no", one, other, ALIKE_BUT_FOR_NO) if no else None


def _speak_of_two_things(one: Claim, other: Claim) -> bool:
    """Whether each names something that the other does not, or tells the same thing apart by another word."""
    if one.names - other.words - other.names and other.names - one.words - one.names:
        return True
    return _are_told_apart(one, other)


def _counts_differ(unit: str, one: Claim, other: Claim, *, are_apart: bool) -> bool:
    """Whether they give as many quantities of the unit, and one differs: one alone, or beside others that agree."""
    ours, theirs = ([q for q in claim.quantities if q.unit == unit] for claim in (one, other))
    if not ours or len(ours) != len(theirs):
        return False
    agreeing = [agree(a, b) for a, b in zip(ours, theirs, strict=True)]
    if all(agreeing) or (len(agreeing) > 1 and not any(agreeing)):
        return False
    differing = [(a, b) for a, b, same in zip(ours, theirs, agreeing, strict=True) if not same]
    if not are_apart and (
        len(ours) > _MOST_IN_ONE or any(a.bound != b.bound or a.bound == "exactly" for a, b in differing)
    ):
        return False  # a document's sections are about different cases, but for limits, which are rules
    return all(_same_way(a, b, one, other) for a, b in differing)


def _same_way(ours: Quantity, theirs: Quantity, one: Claim, other: Claim) -> bool:
    """Whether two limits are limits to the same side: at least 5 and at most 10 go together."""
    if "exactly" in (ours.bound, theirs.bound):
        return ours.bound == theirs.bound or one.is_negative == other.is_negative
    return (ours.bound == theirs.bound) == (one.is_negative == other.is_negative)


def _is_one_limit(asked: Asked, unit: str, one: Claim, other: Claim) -> bool:
    """Whether one says above, the other below how many something is needed, and both name what the question names.

    Such sentences ("more than 10 need approval", "you need none with 9 or fewer") have little else in common.
    """
    if unit == "time" or unit.startswith("money") or one.is_negative == other.is_negative:
        return False
    if any(q.bound == "exactly" for claim in (one, other) for q in claim.quantities if q.unit == unit):
        return False
    words = asked.words | one.acronyms_of(asked.question) | other.acronyms_of(asked.question)
    both = one.words & other.words & words
    return bool(both & (one.names | other.names)) or len(both - {unit}) >= _FEWEST_IN_COMMON


def _are_told_apart(one: Claim, other: Claim) -> bool:
    """Whether both have the same word and each another one before it: adoptive parents, and birth parents."""
    ours, theirs = one.told_apart_by, other.told_apart_by
    return any(
        ours[word] not in other.words and theirs[word] not in one.words
        for word in (ours.keys() & theirs.keys()) - _UNITS
    )


def _moments_differ(one: Claim, other: Claim) -> bool:
    kinds = one.moments.keys() & other.moments.keys()
    return any(
        len(one.moments[kind]) == len(other.moments[kind]) and not set(one.moments[kind]) & set(other.moments[kind])
        for kind in kinds
    )


def _are_apart(one: Side, other: Side) -> bool:
    """Whether they are of two documents: within one, what its sections say differently is mostly about two cases."""
    a, b = one.passage.document, other.passage.document
    return (a.source, a.id) != (b.source, b.id)


def _deny_each_other(one: Claim, other: Claim) -> bool:
    """Whether one denies what the other says, in all cases or under the same conditions."""
    if one.conditions != other.conditions or one.moments != other.moments or one.is_negative == other.is_negative:
        return False
    return bool((one.denied & other.affirmed) or (other.denied & one.affirmed))


def _dated(about: About, one: Side, other: Side) -> Conflict:
    ours, theirs = one.passage.document.changed_at, other.passage.document.changed_at
    is_older = theirs is not None and (ours is None or ours < theirs)
    return Conflict(about, other, one) if is_older else Conflict(about, one, other)
