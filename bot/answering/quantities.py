"""The quantities that a sentence states: how many of what, exactly or as a limit, and whether two of them agree."""

import re
from dataclasses import dataclass
from typing import Literal

from bot.answering.words import stem

Bound = Literal["exactly", "at_most", "at_least"]
Days = Literal["", "business", "calendar"]

NUMBER_WORDS = {
    word: float(n)
    for n, word in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen twenty"
        ).split()
    )
    if n
} | {"thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "ninety": 90.0, "hundred": 100.0}

_SECONDS = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3_600.0,
    "day": 86_400.0,
    "week": 604_800.0,
    "month": 2_630_000.0,
    "quarter": 7_890_000.0,
    "year": 31_557_600.0,
}
_WEEK_OF_BUSINESS_DAYS = 7 / 5
_PEOPLE = frozenset(
    map(
        stem,
        "people persons person participants employees users individuals members guests visitors attendees staff "
        "respondents teammates colleagues humans".split(),
    )
)
_SIZES = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12}
_SAME_TIME = 0.05
"""Two lengths of time that differ by less are one: a month is 30 days."""

_NUMBER = rf"\d+(?:,\d{{3}})*(?:\.\d+)?|\b(?:{'|'.join(NUMBER_WORDS)})\b"
_MONEY = r"[$£€¥]\s?(?=\d)"
_UNIT = (
    r"(?:\s*(?P<percent>%|percent\b|per cent\b)"
    r"|[\s\u00a0-]*(?:or (?P<after>more|fewer|less)[\s-]+)?"
    r"(?P<kind>business|working|work|calendar|full|consecutive|additional|paid|unpaid|different|other|external)?"
    r"[\s\u00a0-]*(?P<unit>[^\W\d_]{2,})(?: or (?P<last>more|fewer|less)\b)?)?"
)
_QUANTITY = re.compile(
    rf"(?P<money>{_MONEY})?(?P<low>{_NUMBER})(?:\s?(?:-|–|—|to|and)\s?(?P<money2>{_MONEY})?(?P<high>{_NUMBER}))?{_UNIT}",
    re.IGNORECASE,
)
_BEFORE: tuple[tuple[re.Pattern[str], Bound, bool], ...] = (
    (re.compile(r"\b(?:more than|over|exceed(?:s|ing)?|above|greater than)\s+\W*$", re.I), "at_least", True),
    (re.compile(r"\b(?:fewer than|less than|under|below)\s+\W*$", re.I), "at_most", True),
    (
        re.compile(r"\b(?:at least|minimum(?: of)?|not less than|no less than|no fewer than)\s+\W*$", re.I),
        "at_least",
        False,
    ),
    (
        re.compile(
            r"\b(?:(?<!add )(?<!adds )up to|at most|maximum(?: of)?|within|not more than|no more than|"
            r"not (?:to )?exceed|limit(?:ed)? (?:of|to|is)|"
            r"no later than|cap(?:ped)? (?:of|at))\s+\W*$",
            re.I,
        ),
        "at_most",
        False,
    ),
)
_NOT_EXCEED = re.compile(r"\b(?:not(?: to)?|never|cannot|can't|may not|must not) exceed(?:ing)?\s+\W*$", re.I)
_NAMES_ONE = re.compile(
    r"(?:\b(?:step|section|form|chapter|page|version|part|figure|table|phase|tier|level|grade|room|floor|gs|sf|suite|box|"
    r"week|day|month|year|number|no|option|appendix|title|article|item|exhibit|windows|python|ipv|h|rev|release)\b[\s.-]?|#|§)\s*$",
    re.I,
)
"""Before a number that counts nothing."""


@dataclass(frozen=True)
class Quantity:
    """`low` to `high` of `unit`: seconds of time, people, a currency, percent, bytes, or the stem of what is counted.

    `bound` says whether it is a limit; `beyond`, that the limit itself is on its other side ("more than 10").
    `days` says which days are counted, where that is said. `at` is where it stands in its text.
    """

    low: float
    high: float
    unit: str
    bound: Bound
    beyond: bool
    days: Days
    at: int

    @property
    def is_counted(self) -> bool:
        """Whether only whole numbers of it make sense."""
        return self.unit not in ("time", "percent", "bytes") and not self.unit.startswith("money")

    @property
    def boundary(self) -> tuple[float, float]:
        """Between which values the limit lies: "more than 10" and "10 or fewer" part at 10 and a half, of people."""
        if self.bound == "exactly" or not self.is_counted:
            return self.low, self.high
        upward = (self.bound == "at_least") == self.beyond
        shift = 0.5 if upward else -0.5
        return self.low + shift, self.high + shift


def quantities(text: str) -> list[Quantity]:
    """The quantities in a text, in order. Years, clock times, and numbers that only name something are none."""
    found = []
    for match in _QUANTITY.finditer(text):
        one = _quantity(text, match)
        if one is not None:
            found.append(one)
    return found


def agree(one: Quantity, other: Quantity) -> bool:
    """Whether both can be said of one thing. They are of one unit."""
    if one.unit == "time":
        if {one.days, other.days} == {"business", "calendar"}:
            return False
        spans = [(q.low * f, q.high * f) for q, f in zip((one, other), _day_factors(one, other), strict=True)]
        (low, high), (other_low, other_high) = spans
        return low <= other_high * (1 + _SAME_TIME) and other_low <= high * (1 + _SAME_TIME)
    slack = 0.5 if one.is_counted and "exactly" in (one.bound, other.bound) and one.bound != other.bound else 0.0
    low, high = one.boundary
    other_low, other_high = other.boundary
    return low <= other_high + slack and other_low <= high + slack


def _day_factors(one: Quantity, other: Quantity) -> tuple[float, float]:
    """What makes business days comparable with weeks; a day that is called neither may be either."""
    if one.days == other.days or "" not in (one.days, other.days):
        return 1.0, 1.0
    week = _SECONDS["week"]
    return (
        _WEEK_OF_BUSINESS_DAYS if one.days == "business" and other.low >= week else 1.0,
        _WEEK_OF_BUSINESS_DAYS if other.days == "business" and one.low >= week else 1.0,
    )


def _quantity(text: str, match: re.Match[str]) -> Quantity | None:
    before, after = text[: match.start()], text[match.end("high") if match["high"] else match.end("low") :]
    if (re.search(r"[\w/.#@:-]$", before) and not before.endswith((" -", " –"))) or re.match(
        r"[:/.]\d|[-/]\d|\d", after
    ):
        return None
    low, high = _value(match["low"]), _value(match["high"] or match["low"])
    unit, factor = _unit(match)
    if unit is None or _NAMES_ONE.search(before) or high < low:
        return None
    kind = (match["kind"] or "").lower()
    days: Days = "" if unit != "time" else "business" if kind in ("business", "working", "work") else ""
    if unit == "time" and kind == "calendar":
        days = "calendar"
    bound, beyond = _bound(before, match["after"] or match["last"])
    return Quantity(low * factor, high * factor, unit, bound, beyond, days, match.start())


def _unit(match: re.Match[str]) -> tuple[str | None, float]:
    if match["money"]:
        return f"money {match['money'].strip()}", 1.0
    if match["percent"]:
        return "percent", 1.0
    word = (match["unit"] or "").lower()
    if not word or word in _NO_UNIT:
        return None, 1.0
    singular = word.removesuffix("s")
    if singular in _SECONDS:
        return "time", _SECONDS[singular]
    if word in _SIZES:
        return "bytes", _SIZES[word]
    if stem(word) in _PEOPLE:
        return "people", 1.0
    return (stem(word), 1.0) if word.endswith("s") or match["low"] in ("1", "one") else (None, 1.0)


def _bound(before: str, after: str | None) -> tuple[Bound, bool]:
    if after:
        return ("at_least", False) if after.lower() == "more" else ("at_most", False)
    if _NOT_EXCEED.search(before):
        return "at_most", False
    return next(((bound, beyond) for pattern, bound, beyond in _BEFORE if pattern.search(before)), ("exactly", False))


def _value(written: str) -> float:
    return NUMBER_WORDS.get(written.lower()) or float(written.replace(",", "") or 0)


_NO_UNIT = frozenset(
    "of or and to in on at by for from the a an if is are was were per as with until after before more less fewer am "
    "pm january february march april may june july august september october november december st nd rd th plus this "
    "that these those your our their his her its other others but".split()
)
