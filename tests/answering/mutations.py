"""Plants one error in a sentence: another number, date, unit, name, bound, negation or modality, or what it says only
for some time, on a condition or up to a limit without that.

Knows nothing of how support is judged, so that it can test each judge.
"""

import random
import re
from collections.abc import Callable, Iterator

_MONTHS = "January February March April June July August September October November December".split()
_NUMBERS = "two three four five six seven eight nine ten twelve fifteen twenty thirty".split()
_UNITS = "minute hour day week month year".split()
_NAMES = "Concord Bristol Zurich Miller Kaspar Ottawa Trello Velma Argus Pelican".split()

Plant = Callable[[str, random.Random], str | None]


def mutants(sentence: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """(kind, sentence with one error planted) for each kind of error that the sentence has a place for."""
    for kind, plant in _PLANTS.items():
        mutant = plant(sentence, chance)
        if mutant and mutant != sentence:
            yield kind, mutant


def _number(sentence: str, chance: random.Random) -> str | None:
    found = [
        match
        for match in re.finditer(r"(?<![\w.,:/-])\d[\d,]*(?:\.\d+)?(?![\w:/-]*\w*[-/:]\w|\w)", sentence)
        if not re.search(rf"(?:{'|'.join(_MONTHS)}|May) $", sentence[: match.start()])
    ]
    if found:
        match = chance.choice(found)
        plain = float(match[0].replace(",", ""))
        other = int(plain) + chance.choice((1, 2, 5, 10, int(plain) + 1))
        return sentence[: match.start()] + f"{other:,}" + sentence[match.end() :]
    words = list(re.finditer(rf"\b(?:{'|'.join(_NUMBERS)})\b", sentence))
    if not words:
        return None
    match = chance.choice(words)
    return sentence[: match.start()] + chance.choice([n for n in _NUMBERS if n != match[0]]) + sentence[match.end() :]


def _unit(sentence: str, chance: random.Random) -> str | None:
    number = rf"(?:\d[\d,.]*|an?|one|{'|'.join(_NUMBERS)})"
    found = list(
        re.finditer(rf"\b{number}[\s-](?:(?:business|working|calendar|full) )?({'|'.join(_UNITS)})(s?)\b", sentence)
    )
    found = [match for match in found if not match[0].lower().startswith(("a ", "an "))]
    if not found:
        return None
    match = chance.choice(found)
    other = chance.choice([unit for unit in _UNITS if unit != match[1]])
    return sentence[: match.start(1)] + other + match[2] + sentence[match.end() :]


def _currency(sentence: str, chance: random.Random) -> str | None:
    return re.sub(r"\$(?=\d)", chance.choice("€£"), sentence, count=1) if "$" in sentence else None


def _date(sentence: str, chance: random.Random) -> str | None:
    found = list(re.finditer(rf"\b({'|'.join(_MONTHS)})\b( \d{{1,2}}\b)?", sentence))
    if not found:
        return None
    match = chance.choice(found)
    if match[2] and chance.random() < 0.5:
        day = chance.choice([day for day in range(1, 29) if day != int(match[2])])
        return sentence[: match.start(2)] + f" {day}" + sentence[match.end() :]
    return sentence[: match.start(1)] + chance.choice([m for m in _MONTHS if m != match[1]]) + sentence[match.end(1) :]


def _name(sentence: str, chance: random.Random) -> str | None:
    found = [
        match
        for match in re.finditer(r"(?<=[a-z,] )[A-Z][\w-]{2,}", sentence)
        if match[0] not in _MONTHS and match[0] != "May"
    ]
    if not found:
        return None
    match = chance.choice(found)
    return sentence[: match.start()] + chance.choice(_NAMES) + sentence[match.end() :]


def _negation(sentence: str, chance: random.Random) -> str | None:
    without = re.sub(r"\b(must|may|can|should|will|is|are|do|does) not\b", r"\1", sentence, count=1)
    without = re.sub(r"\bcannot\b|\bcan['’]t\b", "can", without, count=1) if without == sentence else without
    without = re.sub(r"\b(?:[Dd]on['’]t|[Dd]o not) ", "", without, count=1) if without == sentence else without
    if without != sentence:
        return re.sub(r"\b(do|does) (?=\w)", "", without, count=1) if " not" in sentence else without
    if re.search(r"\b(?:not|never|no|n't|without|unless)\b|n['’]t\b", sentence):
        return None
    negated = re.sub(r"\b(must|may|can|should|will|is|are)\b(?! not)", r"\1 not", sentence, count=1)
    return negated if negated != sentence else None


def _modality(sentence: str, chance: random.Random) -> str | None:
    for one, others in (
        (
            r"must(?! not| never)|(?<!not )(?<!n't )(?<!n’t )(?<!never )(?<!no )(?:have to|has to|need to|needs to)",
            ("may", "should"),
        ),
        (r"(?<!in )(?<!never )may(?! \d| not| never)|might(?! not)", ("must",)),
        (r"should(?! not| never)(?! NOT)", ("must", "may")),
        (r"can(?! not| be found)", ("must",)),
    ):
        changed = re.sub(rf"\b(?:{one})\b(?!['’]t)", chance.choice(others), sentence, count=1)
        if changed != sentence:
            return changed
    return None


def _bound(sentence: str, chance: random.Random) -> str | None:
    for one, other in (
        ("at least", "at most"),
        ("at most", "at least"),
        (r"up to(?= (?:an? (?:hour|day|week|month|year)|[$\d]))", "at least"),
        ("no more than", "no less than"),
        ("more than", "less than"),
        ("less than", "more than"),
        ("fewer than", "more than"),
        ("within", "after"),
        (r"before(?!/)", "after"),
        ("after", "before"),
        ("minimum", "maximum"),
        ("maximum", "minimum"),
    ):
        changed = re.sub(rf"\b{one}\b", other, sentence, count=1)
        if changed != sentence:
            return changed
    return None


def _without_time(sentence: str, chance: random.Random) -> str | None:
    return _begun_later(sentence, r"(?:After|Before|Until|When|Whenever|While|During)")


def _without_condition(sentence: str, chance: random.Random) -> str | None:
    later = _begun_later(sentence, r"(?:If|Unless)")
    return later or re.sub(r",? (?:if|unless) [^,;.()]{8,}(?=\.$)", "", sentence)


def _begun_later(sentence: str, words: str) -> str | None:
    found = re.match(rf"{words} [^,;.()]{{3,60}}, (?:then )?(?=\w[^,;]{{20,}}$)", sentence)
    rest = sentence[found.end() :] if found else ""
    return rest[:1].upper() + rest[1:] or None


def _without_limit(sentence: str, chance: random.Random) -> str | None:
    limit = r"\b(?:up to|at least|at most|no more than|a maximum of) \$?\d[\d,.]* \w+ (?:of )?(?=[a-z]+ )"
    return re.sub(limit, "", sentence, count=1)


_PLANTS: dict[str, Plant] = {
    "number": _number,
    "unit": _unit,
    "currency": _currency,
    "date": _date,
    "name": _name,
    "negation": _negation,
    "modality": _modality,
    "bound": _bound,
    "time left out": _without_time,
    "condition left out": _without_condition,
    "limit left out": _without_limit,
}
