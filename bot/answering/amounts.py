"""The figures of a text: numbers, sums, dates and times, each with its unit, its bound and the words it belongs to."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.answering.bounds import bound, side
from bot.answering.words import content_words, stem, tokens

_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
            ("july", "jul"), ("august", "aug"), ("september", "sept", "sep"), ("october", "oct"),
            ("november", "nov"), ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\b(?!:)"
_DATE = re.compile(
    "|".join(
        pattern.replace("?P<", f"?P<{letter}_")
        for letter, pattern in zip(
            "abcdef",
            (
                rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}(?:\s*,)?(?:\s+(?P<year>[12]\d{{3}})\b)?",
                rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<year>[12]\d{{3}})\b)?",
                rf"\b{_MONTH},?\s+(?P<year>[12]\d{{3}})\b",
                r"\b(?P<year>[12]\d{3})-(?P<month>\d{2})-(?P<day>\d{2})\b",
                r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>[12]\d{3}|\d{2})\b",
                r"\b(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>[12]\d{3})\b",
            ),
            strict=True,
        )
    ),
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\d.:$£€])(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?\s*(?P<half>[ap])\.?\s?m\b\.?"
    r"|(?<![\d.:])(?P<hour24>\d{1,2}):(?P<minute24>\d\d)(?![\d:])"
    r"|\b(?P<word>noon|midnight)\b",
    re.IGNORECASE,
)
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_WORDS = {word: n for n, word in enumerate(_ONES)} | _TENS | {"once": 1, "twice": 2, "half": 0.5, "dozen": 12}
_ORDINALS = {
    word: n
    for n, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=1
    )
}
_WORD_NUMBER = rf"(?:{'|'.join(_TENS)})[-\s](?:{'|'.join(_ONES[1:10])})|{'|'.join(_WORDS)}"
_NUMBER = re.compile(
    r"(?P<sign>[$£€¥]|\b(?:usd|gbp|eur|us\$)\s?)?\s?(?<![\w.])(?P<figure>\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:[.:]\d+)*)"
    r"(?![.:]?\d)(?!(?!(?:k|[kmgt]b|km|ft|hrs?|min|st|nd|rd|th)\b)[A-Za-z])"
    r"(?P<ordinal>st\b|nd\b|rd\b|th\b)?(?P<thousand>k\b)?(?P<plus>\+)?"
    rf"|\b(?P<word>{_WORD_NUMBER})\b|\b(?P<ordinal_word>{'|'.join(_ORDINALS)})\b|\b(?P<article>an?)\b(?=\s+[a-z])",
    re.IGNORECASE,
)
_SCALE = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_UNITS = {
    stem(name): unit
    for unit, names in {
        "second": "second seconds sec secs",
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs",
        "day": "day days",
        "night": "night nights",
        "week": "week weeks wk wks",
        "month": "month months mo mos",
        "quarter": "quarter quarters",
        "year": "year years yr yrs",
        "period": "period periods",
        "percent": "percent percentage pct",
        "$": "dollar dollars usd bucks",
        "£": "pound pounds gbp",
        "€": "euro euros eur",
        "¢": "cent cents",
        "mile": "mile miles",
        "km": "kilometre kilometer kilometres kilometers km",
        "metre": "metre meter metres meters",
        "foot": "foot feet ft",
        "inch": "inch inches",
        "kb": "kb kilobyte kilobytes",
        "mb": "mb megabyte megabytes",
        "gb": "gb gigabyte gigabytes",
        "tb": "tb terabyte terabytes",
        "person": "person people persons",
        "employee": "employee employees",
        "time": "times",
    }.items()
    for name in names.split()
}
_SIGNS = {"$": "$", "us$": "$", "usd": "$", "£": "£", "gbp": "£", "€": "€", "eur": "€", "¥": "¥"}
_MONEY = frozenset(_SIGNS.values())
_AMBIGUOUS = frozenset("second foot time person employee $ £ € ¢".split())
_UNIT_WITHIN = 4
"""Words after a number among which its unit stands: "3 full business days"."""

_NEAR = 4
"""Words after a number that say what is counted."""

_BREAK = re.compile(
    r"[,;:()\n•|·]|[.!?](?=\s|$)|\s[-–—]+\s|\b(?:and|or|but|while|whereas|if|unless|when|because|although|then|than)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Amount:
    """A figure. `value` is in one form ("27", "16:00", "2024-01-05"; a date without a year, "-01-05").

    `unit` is a kind of time, size or money, "time" or "date" of a moment, "#" of an ordinal, or "". `bound` is one of
    >=, <=, >, <, "range" and "". `side` is "before" or "after" of what the time is counted from, or "". `near` are the
    stems of what is counted, `about` those of its clause; `claimed` is False for "a day", which nobody counts
    unless it is at least a day.
    """

    value: str
    unit: str
    bound: str
    side: str
    near: frozenset[str]
    about: frozenset[str]
    claimed: bool = True

    @property
    def is_money(self) -> bool:
        return self.unit in _MONEY

    def is_told_by(self, told: "Amount") -> bool:
        """Whether `told` is the same figure, of the same things and with the same bound."""
        return (
            self.same_value(told)
            and self._same_unit(told)
            and self.bound == told.bound
            and (self.side == told.side or self.unit in ("date", "time"))
        )

    def same_value(self, told: "Amount") -> bool:
        """Whether the figures are the same; a date may say less than what is told of it."""
        if self.unit != "date" or told.unit != "date":
            return self.value == told.value and (self.unit == "#") == (told.unit == "#")
        said, there = self.value.split("-"), told.value.split("-")
        return all(not one or one == other for one, other in zip(said, there, strict=True))

    def _same_unit(self, told: "Amount") -> bool:
        if self.unit == told.unit or not self.unit:
            return True
        return not told.unit and not self.is_money and self.unit in units(told.about)


def units(stems: Iterable[str]) -> set[str]:
    """The units of time, distance, size and share among these stems, which stand for nothing else."""
    return {_UNITS[word] for word in stems if word in _UNITS} - _AMBIGUOUS


def without_dates(text: str) -> str:
    """The text without its dates, the names of months and days of which are no names of their own."""
    return _DATE.sub(" ", text)


def amounts(text: str) -> list[Amount]:
    """The figures of a text, in order."""
    text = text.replace("’", "'").replace("\u00a0", " ").replace("*", "").replace("`", "").replace("_", " ")
    text = re.sub(r"(?<=\d)%", " percent", text)
    return list(_Reader(text).read())


class _Reader:
    """Reads dates, times and numbers one after the other, each blotted out for the next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.left = text
        self.breaks = [0, *(match.end() for match in _BREAK.finditer(text)), len(text)]

    def read(self) -> Iterator[Amount]:
        for match in _DATE.finditer(self.left):
            if value := _date(match):
                yield self._amount(match, value, "date")
                self._blot(match)
        for match in _TIME.finditer(self.left):
            yield self._amount(match, _time(match), "time")
            self._blot(match)
        for match in _NUMBER.finditer(self.left):
            if amount := self._number(match):
                yield amount

    def _blot(self, match: re.Match[str]) -> None:
        self.left = self.left[: match.start()] + "·" * (match.end() - match.start()) + self.left[match.end() :]

    def _number(self, match: re.Match[str]) -> Amount | None:
        if match["figure"] and re.search(r"[A-Za-z]-?$", self.left[: match.start("figure")]):
            return None  # of a name, such as SF-71
        after = self.left[match.end() :]
        words = tokens(_words_of(after))[: _UNIT_WITHIN + 1]
        unit, claimed = "", True
        if match["ordinal"] or match["ordinal_word"]:
            unit = "#"
            value = float(match["figure"] or _ORDINALS[match["ordinal_word"].lower()])
        elif match["article"]:
            value, claimed = 1.0, False
        elif match["word"]:
            value = _worth(match["word"].lower())
        else:
            figure = match["figure"].replace(",", "")
            if figure.count(".") > 1 or ":" in figure:
                return self._amount(match, figure, "")
            value = float(figure) * (1_000 if match["thousand"] else 1)
        if words and words[0] in _SCALE and unit != "#":
            value, words = value * _SCALE[words[0]], words[1:]
        if match["sign"]:
            unit = _SIGNS[match["sign"].strip().lower()]
        elif unit != "#":
            unit = next((_UNITS[stem(word)] for word in _parts(words[:_UNIT_WITHIN]) if stem(word) in _UNITS), "")
        if not unit and (match["article"] or (match["word"] or "").lower() in ("one", "half", "once")):
            return None
        if match["article"] and stem(words[0].split("-")[0]) not in _UNITS:
            return None
        return self._amount(match, f"{value:.10g}", unit, claimed=claimed)

    def _amount(self, match: re.Match[str], value: str, unit: str, *, claimed: bool = True) -> Amount:
        before, after = self.text[max(0, match.start() - 60) : match.start()], self.text[match.end() :][:60]
        begin = max(at for at in self.breaks if at <= match.start())
        if not self.text[begin : match.start()].strip() and self.text[:begin].rstrip().endswith(":"):
            begin = max((at for at in self.breaks if at < begin), default=0)  # "Paid days: 3"
        end = min((at for at in self.breaks if at > match.end()), default=len(self.text))
        rest = self.text[match.end() : end]
        limit = ">=" if match.groupdict().get("plus") else bound(before, after, moment=unit in ("date", "time"))
        return Amount(
            value,
            unit,
            limit,
            side(_clause(after)),
            _words(" ".join(rest.split()[:_NEAR])) - {"percent"},
            _words(self.text[begin:end]),
            claimed or limit != "",
        )


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in content_words(text) if not word[0].isdigit())


def _clause(after: str) -> str:
    """What follows, to the end of its clause."""
    found = _BREAK.search(after)
    return after[: found.start()] if found else after


def _words_of(after: str) -> str:
    """What follows, to where no unit of a number before it can stand."""
    found = re.search(r"[,;:()\n•|·]|[.!?](?=\s|$)|\s[-–—]+\s|\b(?:and|or|but|of|in|on|for|from|per)\b|\d", after)
    return after[: found.start()] if found else after


def _parts(words: list[str]) -> Iterator[str]:
    for word in words:
        yield from word.split("-")


def _worth(word: str) -> float:
    if word in _WORDS:
        return float(_WORDS[word])
    ten, one = re.split(r"[-\s]", word)
    return float(_TENS[ten] + _ONES.index(one))


def _date(match: re.Match[str]) -> str:
    named = {name[2:]: value for name, value in match.groupdict().items() if value}
    month = _MONTHS.get(named["month"].lower().rstrip("."), 0) or (
        int(named["month"]) if named["month"].isdigit() else 0
    )
    day = int(named.get("day", 0))
    if not 1 <= month <= 12 or day > 31:
        return ""
    year = named.get("year", "")
    year = f"20{year}" if len(year) == 2 else year
    return f"{year}-{month:02}-{f'{day:02}' if day else ''}"


def _time(match: re.Match[str]) -> str:
    if match["word"]:
        return "12:00" if match["word"].lower() == "noon" else "00:00"
    if match["hour24"]:
        return f"{int(match['hour24']):02}:{match['minute24']}"
    hour = int(match["hour"]) % 12 + (12 if match["half"].lower() == "p" else 0)
    return f"{hour:02}:{match['minute'] or '00'}"
