"""An independent check of answers: does the passage that a sentence cites say it?

It shares no code with the judgement that is made while an answer is written, so that it can find that one wrong. It
lays the sentence over the passage's sentence, or two that follow each other, that it is most like, word for word, and
looks at what differs: a word that changes what is said (a figure, a unit, a name, "not", "may", "before", "if") must be
in both or in neither. It knows nothing of meaning: what it doubts is listed, to be read by a person.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from bot.contract import Json

LEAST_SHARED = 0.7
"""The share of a sentence's longer words that its source must have, below which it counts as unsupported."""

_MARKERS = re.compile(r"(?:\s*\[\d+\](?!\())+")
_MARKUP = re.compile(r"[*_`~\\]+|^\s*(?:[-+•]|#{1,6}|>|\d+[.)])\s+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_CODE = re.compile(r"^\s*```")
_WORD = re.compile(r"[$£€]|\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['-][^\W\d_]+)*|%|\n")
_SENTENCE = re.compile(r"(?<=[.!?])[\"')]*\s+(?=[\"'(]*[A-Z0-9])|\n+")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|https?://[^\s)>]+|(?<![\w&])#[a-z][\w-]+")
_NAME = re.compile(r"(?<=[a-z0-9,;)] )[A-Z][\w-]+|\b[A-Z]{2,}\b")
_NUMBERS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()
    )
} | {
    "second": "2nd",
    "third": "3rd",
    "fourth": "4th",
    "fifth": "5th",
    "sixth": "6th",
    "twenty": "20",
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "ninety": "90",
    "hundred": "100",
}
_MONTHS = {
    name[:3]: name
    for name in (
        "january february march april june july august september october november december monday tuesday wednesday "
        "thursday friday saturday sunday"
    ).split()
}
_SENSES = {
    word: sense
    for sense, words in {
        "not": "not no never none nobody nothing neither nor cannot can't don't doesn't didn't isn't aren't won't "
        "wouldn't shouldn't mustn't haven't hasn't wasn't weren't prohibited forbidden unable ineligible",
        "without": "without except excluding unless",
        "must": "must mandatory required requires shall",
        "should": "should recommended recommend recommends ought encouraged",
        "may": "may might optional optionally could",
        "can": "can able",
        "only": "only solely exclusively",
        "all": "all every everyone always each any",
        "some": "some sometimes many most often usually typically generally normally several few",
        "at least": "least minimum",
        "at most": "most maximum",
        "more": "more over above exceed exceeds exceeding longer greater",
        "less": "less fewer under below shorter",
        "within": "within",
        "before": "before prior ahead advance earlier",
        "after": "after later following afterwards",
        "until": "until till",
        "when": "when whenever while during once",
        "if": "if provided",
        "first": "first earliest",
        "last": "last latest",
        "open": "open opens",
        "close": "close closed closes",
        "$": "$ dollar dollars usd",
        "£": "£ pound pounds gbp",
        "€": "€ euro euros eur",
        "%": "% percent",
        "minute": "minute minutes",
        "hour": "hour hours",
        "day": "day days daily",
        "week": "week weeks weekly",
        "month": "month months monthly",
        "year": "year years yearly annually",
        "quarter": "quarter quarters quarterly",
    }.items()
    for word in words.split()
}
_SMALL = frozenset(
    "from with this that your have will when what they them their there here into also been does".split()
)
_DOUBTFUL_IN_EXCESS = frozenset(
    "not|without|only|some|if|may|at least|at most|more|less|before|after|until|when".split("|")
)
"""Senses that a sentence may not leave out where what stands around them is in it."""

_LIMITS = frozenset({"up", "least", "most", "than", "maximum", "minimum"})
"""Words right before a figure that is a limit."""

_TOLD_BY = {"can": {"may"}, "at most": {"less"}}
"""Senses that another of the source bears out."""

LEAST_RUN = 0.34
"""The share of a sentence that must stand in one piece in its source for the two to be laid over each other."""

_AROUND = 2
"""Words on each side of a change that belong to it."""


@dataclass(frozen=True)
class CheckedSentence:
    """What stands before a citation's numbers, and why it counts as unsupported: empty where it is supported."""

    text: str
    fault: str


def check(answer: Json) -> list[CheckedSentence]:
    """The sentences of an answer as `lore ask --json` prints it, each against all that it cites."""
    cited = {citation["n"]: _all_of(citation, answer["passages"]) for citation in answer["citations"]}
    checked: list[CheckedSentence] = []
    text, at = answer["text"], 0
    for markers in _MARKERS.finditer(text):
        sentence = text[at : markers.start()].strip()
        at = markers.end()
        if sentence:
            numbers = [int(n) for n in re.findall(r"\d+", markers[0])]
            checked.append(CheckedSentence(sentence, fault(sentence, [cited[n] for n in numbers if n in cited])))
    if rest := text[at:].strip(" \n\t.`"):
        checked.append(CheckedSentence(rest, "it cites nothing"))
    return checked


def plain(text: str) -> str:
    """A text in lower case without its markup, its spaces and quotation marks one way: how strings are compared."""
    return " ".join(_bare(text).split()).lower()


def fault(sentence: str, sources: Sequence[str]) -> str:
    """Why the sources, each a title, headings and Markdown, do not say the sentence; empty where they do."""
    if not sources:
        return "it cites nothing that was found"
    if any(plain(sentence) in plain(source) for source in sources) and _is_whole(sentence, sources):
        return ""
    faults = [_fault(sentence, window, source) for source in sources for window in _nearest(sentence, source)]
    return "" if "" in faults else faults[0]


def _bare(text: str) -> str:
    text = text.translate(str.maketrans("’‘“”–—", "''\"\"--"))
    return _MARKUP.sub("", _LINK.sub(r"\1", text))


def _all_of(citation: Json, passages: Sequence[Json]) -> str:
    headings = [one["heading"] for one in passages if one["text"] == citation["text"]]
    return "\n".join((citation["document"]["title"], *headings, citation["text"]))


def _is_whole(sentence: str, sources: Sequence[str]) -> bool:
    """Whether what is verbatim in a source begins and ends there as a sentence, a line or a cell does."""
    said = re.escape(plain(sentence).rstrip(".!"))
    return bool(_CODE.match(sentence)) or any(
        re.search(rf"(?:^|[.!?:|)\"]\s*|\n\s*){said}\s*(?:$|[.!?:|;(]|\n)", _lines(source)) for source in sources
    )


def _lines(source: str) -> str:
    return "\n".join(" ".join(line.split()) for line in _bare(source).lower().splitlines())


def _nearest(sentence: str, source: str) -> Iterator[str]:
    """The three sentences of the source, alone or with the one after, that have most of the sentence's words."""
    parts = [part for part in _SENTENCE.split(_bare(source)) if part.strip()]
    windows = [*parts, *(f"{one}\n{other}" for one, other in pairwise(parts))]
    said = set(_words(sentence))

    def likeness(window: str) -> float:
        told = set(_words(window))
        return len(said & told) / (len(said) + 0.2 * len(told - said) + 1)

    yield from sorted(windows, key=likeness, reverse=True)[:3]


def _fault(sentence: str, window: str, source: str) -> str:
    said, told = _words(sentence), _words(window)
    whole = set(_words(source))
    if missing := {word for word in said if word[0].isdigit() and word not in told}:
        return f"the sentence that is most like it has no {', '.join(sorted(missing))}"
    above = plain(source.partition("\n\n")[0]) + " " + plain(window)
    if missing := {name for name in _NAME.findall(_bare(sentence)) if name.lower() not in above}:
        return f"it does not name {', '.join(sorted(missing))}"
    if missing := {one for one in _ADDRESS.findall(sentence) if one.lower().rstrip(".") not in source.lower()}:
        return f"the passage has no {', '.join(sorted(missing))}"
    if said and said[0].isalpha() and len(said[0]) > 3 and said[0] not in whole and said[0] not in _SENSES:
        return f"the passage does not have {said[0]}"
    if changed := _changed(said, told):
        return changed
    if wrong := _attached_otherwise(said, told):
        return f"{wrong} stands with something else there"
    long = {word for word in said if len(word) > 3 and word.isalpha()} - _SMALL
    shared = {word for word in long if _has(word, told)}
    if long and len(shared) < LEAST_SHARED * len(long):
        lacking_words = sorted(long - shared, key=lambda word: word in whole)
        return f"it lacks {', '.join(lacking_words[:5])}"
    return ""


def _changed(said: Sequence[str], told: Sequence[str]) -> str:
    """Of what differs when the one is laid over the other, the first that changes what is said."""
    matcher = SequenceMatcher(None, told, said, autojunk=False)
    if matcher.find_longest_match().size < LEAST_RUN * len(
        said
    ):  # told in another order: only what is in it can be compared
        new = {_SENSES[word] for word in said if word in _SENSES} - {_SENSES[word] for word in told if word in _SENSES}
        new -= {sense for sense in new if _TOLD_BY.get(sense, set()) & set(map(_SENSES.get, told))}
        return f"it does not say {', '.join(sorted(new))}" if new else ""
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        here = {_SENSES[word] for word in told[max(0, a - _AROUND) : b + _AROUND] if word in _SENSES}
        for at in range(c, d):
            sense = _SENSES.get(said[at], "")
            if sense and not ({sense} | _TOLD_BY.get(sense, set())) & here and not _stands_so(said, at, told):
                return f"it does not say {sense} there"
        there = {_SENSES[word] for word in said[max(0, c - _AROUND) : d + _AROUND] if word in _SENSES}
        for at in range(a, b):
            sense = _SENSES.get(told[at], "")
            if sense not in _DOUBTFUL_IN_EXCESS or sense in there or _stands_so(told, at, said):
                continue
            if _matters(told, a, b, set(said)):
                return f"it says {sense} there"
        limits = [told[at] for at in range(a, b) if told[at][0].isdigit() and _LIMITS & set(told[max(0, at - 2) : at])]
        if limits and not any(word[0].isdigit() for word in said) and _matters(told, a, b, set(said)):
            return f"it says {limits[0]} there"
    return ""


def _stands_so(words: Sequence[str], at: int, others: Sequence[str]) -> bool:
    """Whether the word of a sense stands before the same longer word in the other text: it has only moved."""
    following = _next_long(words, at)
    return following != "" and any(
        _SENSES.get(other) == _SENSES[words[at]] and _next_long(others, place) == following
        for place, other in enumerate(others)
    )


def _next_long(words: Sequence[str], at: int) -> str:
    return next(
        (word for word in words[at + 1 : at + 5] if word not in _SENSES and (len(word) > 3 or word[0].isdigit())), ""
    )


def _words(text: str) -> list[str]:
    found = [word.lower() for word in _WORD.findall(_bare(text)) if word != "\n"]
    return [
        _NUMBERS.get(word, _MONTHS.get(word, word.replace(",", "") if word[0].isdigit() else word)) for word in found
    ]


def _matters(told: Sequence[str], start: int, end: int, said: set[str]) -> bool:
    """Whether words right beside those left out are in the sentence: then it is no other part of the source."""
    around = [*told[max(0, start - _AROUND) : start], *told[end : end + _AROUND]]
    return sum(word in said for word in around) >= len(around) / 2


def _attached_otherwise(said: Sequence[str], told: Sequence[str]) -> str:
    """A figure or a month beside which other words stand in the source: those of another figure, or none of it."""
    for at, word in enumerate(said):
        dated = word in _MONTHS.values() and at + 1 < len(said) and said[at + 1][0].isdigit()
        if dated and (word, said[at + 1]) not in pairwise(told):
            return f"{word} {said[at + 1]}"
        if not word[0].isdigit():
            continue
        following = {other for other in said[at + 1 : at + 5] if len(other) > 3 and other not in _SENSES}
        after_same, after_other = set[str](), set[str]()
        for place, figure in enumerate(told):
            if figure[0].isdigit():
                (after_same if figure == word else after_other).update(_to_next_figure(told, place))
        if following & (after_other - after_same):
            return word
        if any(len(other) > 4 and not _has(other, told) for other in said[at + 1 : at + 4]):
            return word
        beside = [told[place + 1] for place, figure in enumerate(told[:-1]) if figure == word]
        if beside and all(other[0].isdigit() and other not in said for other in beside):
            return word
    return ""


def _has(word: str, told: Sequence[str]) -> bool:
    return any(other.startswith(word[: max(4, len(word) - 3)]) for other in told)


def _to_next_figure(told: Sequence[str], at: int) -> Iterator[str]:
    for word in told[at + 1 : at + 7]:
        if word[0].isdigit():
            return
        yield word
