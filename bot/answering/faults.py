"""What of a drafted sentence a passage's does not bear out: names, figures, what it leaves out, stance, words."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from bot.answering.amounts import Amount, units, without_dates
from bot.answering.compared import EMPTY, NO_NEWS, Read, Told, regular
from bot.answering.omissions import omission
from bot.answering.stance import contradiction
from bot.answering.stance_words import DIRECTIVE
from bot.answering.words import content_words, stem, tokens

LEAST = 0.4
"""The share of a sentence's words in what bears it out, below which no model is asked what it means."""

LEAST_BELOW = 0.6
"""The share of its words that must stand in one sentence of the passage, and not only in the headings above."""

_NAME = re.compile(r"(?<!\w)[^\W\d_]+(?:['’&.-][^\W\d_]+)*(?![\d_])")
_IDENTIFIER = re.compile(r"\b(?=[\w-]*\d)[A-Za-z]+-?\d[\w-]*\b|\b\d+[A-Za-z-]*[A-Z]\w*\b|\b\d+\([a-z]\)")
_TITLE = re.compile(r"\b(?:mr|mrs|ms|dr|prof|st)\.$", re.IGNORECASE)
_HALVES = ("AM", "PM", "A.M", "P.M")
ADDRESS = re.compile(r"https?://[^\s<>()\]]+|[\w.+-]+@[\w-]+\.[\w.-]+|(?<![\w/])[#@][\w-]*[A-Za-z][\w-]*")


def share(said: Read, told: Told) -> float:
    """The share of the words that carry meaning which stand in what bears it out, or above it."""
    words = said.stems - NO_NEWS
    return 1 - len(words - told.stems) / len(words) if words else 1.0


def in_order(said: Read, told: Told) -> float:
    """The share of its words that carry meaning which follow each other as they do in what bears it out, whatever is
    between them."""
    here, there = content_words(said.text), content_words(told.part.text)
    blocks = SequenceMatcher(None, there, here, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / max(1, len(here))


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
        or omission(said, told)
        or contradiction(said.stance, told.part.stance)
    )


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
        if regular(amount.near) - EMPTY - told.stems or _belongs_to_another(amount, told.part.amounts):
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
