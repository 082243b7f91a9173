"""What a sentence claims that another can deny: quantities, dates, and whether something is or may be done."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from bot.answering.quantities import Quantity, quantities
from bot.answering.sentences import Sentence, split_sentences
from bot.answering.words import content_words, stem, tokens

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" if month != "may" else "may" for month in _MONTHS)
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})|(?P<month2>{_MONTH})\.? (?P<day2>\d{{1,2}})"
    rf"(?:st|nd|rd|th)?)\b(?:,? (?P<year>(?:19|20)\d\d))?",
    re.IGNORECASE,
)
_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b")
_WEEKDAY = re.compile(r"\b(mon|tues|wednes|thurs|fri|satur|sun)days?\b", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d\d))?\s?([ap])\.?m\b\.?|\b(\d{1,2})[:.](\d\d)\b", re.IGNORECASE)

_NEGATION = re.compile(
    r"\b(?:(?:do|does|did|is|are|was|were|can|may|will|must|should|has|have|would|could|need)(?:n['’]t| not)|cannot|"
    r"can['’]t|won['’]t|never|no longer|not|prohibited from|forbidden to|unable to)\b",
    re.IGNORECASE,
)
_NOT_ONLY = re.compile(r"\bnot (?:only|just|necessarily|limited|sure|yet)\b", re.IGNORECASE)
_NO = re.compile(r"\b(?:no|none|nobody|nothing|neither|nor)\b", re.IGNORECASE)
_SAYS_LITTLE = frozenset(
    "also always be been being currently ever generally yet normally usually able have to the a an any".split()
)
_OPPOSITE = {
    **dict.fromkeys(("optional", "voluntary"), ("requir", -1)),
    **dict.fromkeys(("mandatory", "compulsory", "obligatory", "required", "requires"), ("requir", 1)),
    **dict.fromkeys(("prohibited", "forbidden", "banned", "disallowed"), ("allow", -1)),
    **dict.fromkeys(("allowed", "permitted", "allows", "permits"), ("allow", 1)),
}
_CONDITION = re.compile(
    r"\b(?:if|unless|except|only|when|whenever|until|without|otherwise|provided that|in case|depending|instead|after|"
    r"before|during|while|outside|inside|within|beyond|another|other than)\b",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"\b(?:for example|e\.g\.|for instance|example)\b|\bex:", re.IGNORECASE)
_CALENDAR = frozenset(_MONTHS) | {
    f"{day}{s}" for day in "monday tuesday wednesday thursday friday saturday sunday".split() for s in ("", "s")
}
_ACRONYM = re.compile(r"((?:[A-Z][\w-]+ ){2,5})\(([A-Z]{2,6})\)")
_NAME = re.compile(r"[^\W\d_][\w’'&-]*")

CLAIMS_REMEMBERED = 10_000


@dataclass(frozen=True)
class Claim:
    """A sentence below the nearest `heading`. `text` is it, where `sentence`, an item of a list, may have several."""

    heading: str
    sentence: Sentence
    text: str

    @property
    def above(self) -> str:
        """What stands above it and is part of what it says: the nearest heading, and the line that leads in to it."""
        return f"{self.heading} {self.sentence.lead}".strip()

    @cached_property
    def whole(self) -> str:
        """The sentence below what stands above it."""
        return f"{self.above} {self.text}".strip()

    @cached_property
    def quantities(self) -> list[Quantity]:
        return quantities(self.text)

    @cached_property
    def units(self) -> frozenset[str]:
        """What its quantities are quantities of."""
        return frozenset(quantity.unit for quantity in self.quantities)

    @cached_property
    def moments(self) -> dict[str, list[str]]:
        """The dates, weekdays and times of day that it names, each written one way."""
        found = {"date": _dates(self.text), "weekday": [day.lower() for day in _WEEKDAY.findall(self.text)]}
        found["time of day"] = [_clock(match) for match in _CLOCK.finditer(self.text)]
        return {kind: moments for kind, moments in found.items() if moments}

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of its words, and of those above it; no numbers."""
        return frozenset(word for word in content_words(self.whole) if not word[0].isdigit())

    @cached_property
    def names(self) -> frozenset[str]:
        """The words that are written as names inside it: with a capital, or in capitals."""
        found = set()
        for match in _NAME.finditer(self.text):
            word, before = match[0], self.text[: match.start()].rstrip(" \"'“‘(*_`-")
            is_inside = bool(before) and before[-1] not in ".!?:,"
            if word.lower() in _CALENDAR:
                continue
            if (word.isupper() and len(word) > 1) or (is_inside and word[0].isupper() and content_words(word)):
                found.add(stem(re.sub(r"['’]s$", "", word).lower()))
        return frozenset(found)

    @cached_property
    def denied(self) -> frozenset[str]:
        """The stems of what it says is not so, or may not be done; of its own words, not of those above it."""
        found = set()
        text = _NOT_ONLY.sub(" ", self.text)
        for match in _NEGATION.finditer(text):
            after = [word for word in tokens(text[match.end() : match.end() + 60]) if word not in _SAYS_LITTLE]
            if after:
                found.add(_canonical(after[0])[0])
        for word in tokens(self.text):
            if word in _OPPOSITE and _OPPOSITE[word][1] < 0:
                found.add(_OPPOSITE[word][0])
        return frozenset(found)

    @cached_property
    def affirmed(self) -> frozenset[str]:
        """The stems of all else that it says."""
        said = {_canonical(word)[0] for word in tokens(self.text) if _canonical(word)[1] > 0}
        return frozenset(said) - self.denied

    @cached_property
    def is_negative(self) -> bool:
        """Whether it, or what stands above it, says no."""
        text = _NOT_ONLY.sub(" ", self.whole)
        return bool(_NEGATION.search(text) or _NO.search(text) or any(_canonical(w)[1] < 0 for w in tokens(self.text)))

    @cached_property
    def conditions(self) -> frozenset[str]:
        """The words by which it holds for some cases alone."""
        return frozenset(word.lower() for word in _CONDITION.findall(self.text))

    def acronyms_of(self, question: str) -> frozenset[str]:
        """The stems of the acronyms that it gives for names which the question writes out."""
        asked = question.lower()
        given = _ACRONYM.findall(self.whole)
        return frozenset(stem(acronym.lower()) for name, acronym in given if name.strip().lower() in asked)

    @cached_property
    def told_apart_by(self) -> dict[str, str]:
        """The word before each of its words, where both carry meaning: "adoptive" of "adoptive parents"."""
        found: dict[str, str] = {}
        for before, word in pairwise(tokens(self.text)):
            first, second = content_words(before), content_words(word)
            if first and second and not first[-1][0].isdigit() and not second[0][0].isdigit():
                found.setdefault(second[0], first[-1])
        return found

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table."""
        return self.sentence.kind == "row"

    @cached_property
    def is_example(self) -> bool:
        """Whether it tells of a case, and states no rule."""
        return bool(_EXAMPLE.search(self.whole))


@lru_cache(maxsize=CLAIMS_REMEMBERED)
def claims(heading: str, sentence: Sentence) -> tuple[Claim, ...]:
    """What a list item or a sentence claims, sentence by sentence. Remembered, as passages are met again."""
    text = sentence.plain
    return tuple(Claim(heading, sentence, text[start:end]) for start, end in split_sentences(text))


def _canonical(word: str) -> tuple[str, int]:
    return _OPPOSITE.get(word, (stem(word), 1))


def _dates(text: str) -> list[str]:
    found = [f"{int(month)}-{int(day)}" for _, month, day in _ISO.findall(text)]
    for match in _DATE.finditer(text):
        month = (match["month"] or match["month2"]).lower()
        if month == "may" and not (match["month"] or match["month2"])[0].isupper():
            continue
        number = next(n for n, name in enumerate(_MONTHS, start=1) if name.startswith(month[:3]))
        found.append(f"{number}-{int(match['day'] or match['day2'])}")
    return found


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1] or match[4]), int(match[2] or match[5] or 0)
    if match[3]:
        hour = hour % 12 + (12 if match[3].lower() == "p" else 0)
    return f"{hour}:{minute:02}"
