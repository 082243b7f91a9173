"""What of a drafted sentence a passage's does not bear out: names, figures, conditions, stance, words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from bot.answering.amounts import Amount, amounts, units, without_dates
from bot.answering.sentences import split_sentences
from bot.answering.stance import Stance, contradiction, stance
from bot.answering.stance_words import DIRECTIVE
from bot.answering.words import content_words, stem, tokens

LEAST = 0.4
"""The share of a sentence's words in what bears it out, below which no model is asked what it means."""

LEAST_BELOW = 0.6
"""The share of its words that must stand in one sentence of the passage, and not only in the headings above."""

WHOLE = 0.85
"""The share of an item's words that a list's item without a full stop must have: less is cut off."""

EMPTY = frozenset(
    stem(word)
    for word in """
    employee employees staff person people individual organization company provide provides provided following
    information document passage section text question answer
    need needs required require requires allowed permitted able can
    """.split()
)
"""Words that say little, or are judged as modality."""

_NAME = re.compile(r"(?<!\w)[^\W\d_]+(?:['’&.-][^\W\d_]+)*(?![\d_])")
_IDENTIFIER = re.compile(r"\b(?=[\w-]*\d)[A-Za-z]+-?\d[\w-]*\b|\b\d+[A-Za-z-]*[A-Z]\w*\b|\b\d+\([a-z]\)")
CONDITION = re.compile(r"\b(?:if|unless|provided|as long as|except|only when|only after|subject to)\b", re.IGNORECASE)
_WHO = re.compile(r"(?<=\w )who\b", re.IGNORECASE)
_CONDITION_ENDS = r"[,;:.)\n]|\b(?:must|may|should|can|cannot|will|shall|are not|is not)\b"
_USUALLY = re.compile(r"\b(?:typically|usually|generally|normally|often|sometimes|most|many|some|few)\b", re.IGNORECASE)
_ASIDE = re.compile(r"\([A-Z/ ]+\)")
_TITLE = re.compile(r"\b(?:mr|mrs|ms|dr|prof|st)\.$", re.IGNORECASE)
_HALVES = ("AM", "PM", "A.M", "P.M")
ADDRESS = re.compile(r"https?://[^\s<>()\]]+|[\w.+-]+@[\w-]+\.[\w.-]+|(?<![\w/])[#@][\w-]*[A-Za-z][\w-]*")


class Read:
    """A text as it is compared; each part is read when it is first asked for."""

    def __init__(self, text: str, lead: str = "") -> None:
        self.text = f"{lead}\n{text}" if lead else text
        self.own = text

    @cached_property
    def words(self) -> list[str]:
        """All words and signs of money, in order, without what leads in to them."""
        return [*tokens(self.own), *re.findall(r"[$£€¥%]", self.own)]

    @cached_property
    def stems(self) -> frozenset[str]:
        """Of the words that carry meaning, but for figures."""
        return frozenset(word for word in content_words(without_dates(self.text)) if not word[0].isdigit())

    @cached_property
    def amounts(self) -> tuple[Amount, ...]:
        return tuple(amounts(self.text))

    @cached_property
    def stance(self) -> Stance:
        return stance(self.text)

    @cached_property
    def all_words(self) -> frozenset[str]:
        """The stems of all words and of their parts."""
        return frozenset(
            stem(part) for word in tokens(self.text) for part in (word, *re.split(r"[-/.&:']", word)) if part
        )

    @cached_property
    def values(self) -> frozenset[str]:
        return frozenset(amount.value for amount in self.amounts)


@dataclass(frozen=True)
class Told:
    """A sentence of a passage that a drafted one is compared with, and what stands above it."""

    part: Read
    above: Read

    @cached_property
    def stems(self) -> frozenset[str]:
        return self.part.stems | self.part.all_words | self.above.stems | self.above.all_words


def share(said: Read, told: Told) -> float:
    """The share of the words that carry meaning which stand in what bears it out, or above it."""
    words = said.stems - EMPTY
    return 1 - len(words - told.stems) / len(words) if words else 1.0


def fault_of(said: Read, told: Told) -> str:
    """What of it the sentence does not say, but for its meaning as a whole."""
    words = said.stems - EMPTY
    below = 1 - len(words - told.part.stems - told.part.all_words) / len(words) if words else 1.0
    if share(said, told) < LEAST or below < LEAST_BELOW:
        return "words"
    return (
        _untold_name(said, told)
        or _untold_unit(said, told)
        or _untold_amount(said, told)
        or _without_its_condition(said, told)
        or contradiction(said.stance, told.part.stance)
    )


def _without_its_condition(said: Read, told: Told) -> str:
    """What the source says it with that is left out here: a condition, a reservation, the rest of an item."""
    if said.amounts and _USUALLY.search(told.part.text) and not _USUALLY.search(said.text):
        return "reservation"
    if not re.search(r"[.!?)\"]\W*$", said.text):
        there = Read(_ASIDE.sub(" ", told.part.own)).stems
        return "cut off" if len(there & said.stems) < WHOLE * len(there) else ""
    nearest = _nearest_sentence(said, told.part)
    for found in (*CONDITION.finditer(nearest), *_WHO.finditer(nearest)):
        condition = Read(re.split(_CONDITION_ENDS, nearest[found.end() :])[0]).stems
        if len(condition & said.stems) < len(condition) / 2:
            return "condition"
    for found in CONDITION.finditer(said.text):
        condition = Read(re.split(_CONDITION_ENDS, said.text[found.end() :])[0]).stems - EMPTY
        if len(condition & (told.part.stems | told.part.all_words)) < WHOLE * len(condition):
            return "condition"
    return ""


def _nearest_sentence(said: Read, part: Read) -> str:
    """The part, or of a list's item of several sentences the one that shares most with what is said; and its lead."""
    bounds = split_sentences(part.own)
    if len(bounds) < 2:
        return part.text
    nearest = max(bounds, key=lambda bound: len(said.stems & Read(part.own[bound[0] : bound[1]]).stems))
    return part.text.removesuffix(part.own) + part.own[nearest[0] : nearest[1]]


def _untold_name(said: Read, told: Told) -> str:
    if any(stem(name.lower()) not in told.stems for name in _names(without_dates(ADDRESS.sub(" ", said.text)))):
        return "name"
    if not told.stems.issuperset(map(stem, tokens(_first_name(said.text)))):
        return "name"
    lower = f"{told.above.text}\n{told.part.text}".lower()
    return "name" if any(one.lower() not in lower for one in _IDENTIFIER.findall(said.text)) else ""


def _untold_unit(said: Read, told: Told) -> str:
    return "unit" if units(said.all_words) - units(told.stems) else ""


def _untold_amount(said: Read, told: Told) -> str:
    for amount in said.amounts:
        if not amount.claimed:
            continue
        if not any(amount.is_told_by(one) for one in told.part.amounts):
            return "figure"
        if amount.near - EMPTY - told.stems or _belongs_to_another(amount, told.part.amounts):
            return "figure of something else"
    return ""


def _belongs_to_another(said: Amount, there: Iterable[Amount]) -> bool:
    """Whether a word of the figure's clause stands with other figures alone: 27 days of leave are not sick days."""
    ours: set[str] = set()
    others: set[str] = set()
    for one in there:
        (ours if said.same_value(one) else others).update(one.about)
    return bool(said.about & (others - ours))


def _first_name(sentence: str) -> str:
    """The first word where nothing but a name is likely: no verb that tells what to do, and without an ending."""
    found = re.match(r"\W*([A-Z][a-z]+)\b", sentence)
    if not found or not content_words(found[1]) or stem(found[1].lower()) in DIRECTIVE:
        return ""
    return "" if re.search(r"(?:s|ing|ly|ed|ion|al|ity)$", found[1]) else found[1]


def _names(sentence: str) -> list[str]:
    """The words that are written as names: with a capital inside a sentence, or in capitals anywhere."""
    found = []
    for match in _NAME.finditer(sentence):
        word = match[0]
        before = sentence[: match.start()].strip(" \t\"'“‘(*_`-")
        inside = bool(before) and (before[-1] not in ".!?:" or _TITLE.search(before) is not None)
        capitals = word.isupper() and len(word) > 1
        if (
            (capitals or (inside and word[0].isupper() and word not in ("I", "I'm", "I’m")))
            and content_words(word)
            and word not in _HALVES
        ):
            found.append(re.sub(r"['’]s$", "", word))
    return found
