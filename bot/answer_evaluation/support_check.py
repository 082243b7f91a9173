"""An independent check of answers: does the passage that a sentence cites say it?

It shares no code with the judgement that is made while an answer is written, so that it can find that one wrong. It is
stricter with numbers and names, and knows nothing of meaning: what it doubts is listed, to be read by a person.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.contract import Json

LEAST_SHARED = 0.6
"""The share of a sentence's longer words that the cited passages have, below which it counts as unsupported."""

_MARKERS = re.compile(r"(?:\s*\[\d+\](?!\())+")
_MARKUP = re.compile(r"[*_`~\\]+|^\s*(?:[-+•]|#{1,6}|>|\d+[.)])\s+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w-]+")


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
            checked.append(CheckedSentence(sentence, _fault(sentence, [cited[n] for n in numbers if n in cited])))
    if rest := text[at:].strip(" \n\t.`"):
        checked.append(CheckedSentence(rest, "it cites nothing"))
    return checked


def plain(text: str) -> str:
    """A text in lower case without its markup, its spaces and quotation marks one way: how strings are compared."""
    text = text.translate(str.maketrans("’‘“”", "''\"\""))
    return " ".join(_MARKUP.sub("", _LINK.sub(r"\1", text)).split()).lower()


def _all_of(citation: Json, passages: Sequence[Json]) -> str:
    headings = [one["heading"] for one in passages if one["text"] == citation["text"]]
    return "\n".join((citation["document"]["title"], *headings, citation["text"]))


def _fault(sentence: str, sources: Sequence[str]) -> str:
    if not sources:
        return "it cites nothing that was found"
    source = "\n".join(sources)
    said, told = plain(sentence), plain(source)
    if said in told:
        return ""
    if missing := set(_NUMBER.findall(said)) - set(_NUMBER.findall(told)):
        return f"the passage has no {', '.join(sorted(missing))}"
    names = {name.lower() for name in _NAME.findall(sentence)}
    if missing := {name for name in names if name not in told}:
        return f"the passage does not name {', '.join(sorted(missing))}"
    words = set(_WORD.findall(said))
    shared = {word for word in words if word[: max(4, len(word) - 3)] in told}
    if words and len(shared) < LEAST_SHARED * len(words):
        return f"the passage lacks {', '.join(sorted(words - shared)[:5])}"
    return ""
