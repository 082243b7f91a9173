"""Whether a passage says what a sentence says: its numbers, names and negations, and enough of its words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.sentences import sentences
from bot.answering.words import content_words, stem, tokens
from storage.embedder import Embedder
from storage.knowledge import Passage

SURE = 0.8
"""From this share of a sentence's words in the passage on, its meaning need not be compared."""

LEAST = 0.4
"""Below this share the passage speaks of something else."""

CLOSE = 0.6
"""The cosine between a sentence and the passage's nearest, from which on they mean the same."""

_NUMBER_WORDS = {
    word: str(n)
    for n, word in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen twenty"
        ).split()
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "ninety": "90", "once": "1", "twice": "2"}
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_UNITS = frozenset(
    map(
        stem,
        "second minute hour day night week month year quarter percent business working calendar pay dollar euro "
        "pound mile kilometre kilometer metre meter people person employee user gb mb tb".split(),
    )
)
_NEGATIONS = frozenset(
    "not no never none nobody nothing neither nor cannot without unless except prohibited forbidden banned "
    "isn't aren't wasn't weren't don't doesn't didn't can't couldn't won't "
    "wouldn't shouldn't mustn't haven't hasn't hadn't".split()
)
_DUTY = re.compile(r"\b(?:must|required?|requires|mandatory|have to|has to|need to|needs to|obliged)\b", re.IGNORECASE)
_CHOICE = re.compile(r"\b(?:may|can|could|might|optional|optionally|encouraged|recommended|should)\b", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]+(?:['’&.-][^\W\d_]+)*")
_MONEY = re.compile(r"[$£€¥]\d[\d.]*\d|[$£€¥]\d")
_ADDRESS = re.compile(r"https?://[^\s<>()\]]+|[\w.+-]+@[\w-]+\.[\w.-]+|(?<!\w)[#@][\w-]+")


@dataclass(frozen=True)
class _Text:
    """What of a text is compared."""

    numbers: frozenset[str]
    measures: frozenset[tuple[str, str]]
    words: frozenset[str]
    stems: frozenset[str]
    lower: str


class Support:
    """Compares drafted sentences with passages. For one answer."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, _Text] = {}
        self._sentences: dict[str, list[str]] = {}

    def supports(self, sentence: str, passages: Sequence[Passage]) -> bool:
        """Whether what the passages say together holds all that the sentence says."""
        told = self._text("\n".join(_all_of(passage) for passage in passages))
        said = _read(sentence)
        if not said.stems or not said.numbers <= told.numbers or not _measured(said, told):
            return False
        if any(address.lower().rstrip(".,;") not in told.lower for address in _ADDRESS.findall(sentence)):
            return False
        if not set(_sums(sentence)) <= set(_sums(told.lower)):
            return False
        if any(stem(name.lower()) not in told.words for name in _names(sentence)):
            return False
        share = len(said.stems & told.stems) / len(said.stems)
        if share < LEAST:
            return False
        nearest = self._nearest(said, passages)
        if nearest is None or not _agrees(sentence, nearest):
            return False
        return share >= SURE or self._means_the_same(sentence, nearest)

    def _nearest(self, said: _Text, passages: Sequence[Passage]) -> str | None:
        """The sentence of the passages that has most words in common with what is said."""
        best, most = None, -1.0
        for passage in passages:
            for text in self._sentences_of(passage):
                told = self._text(text)
                both = len(told.stems & said.stems)
                likeness = both + both / (1 + len(told.stems | said.stems))
                if likeness > most:
                    best, most = text, likeness
        return best

    def _sentences_of(self, passage: Passage) -> list[str]:
        if passage.chunk_id not in self._sentences:
            self._sentences[passage.chunk_id] = [f"{one.lead} {one.plain}".strip() for one in sentences(passage.text)]
        return self._sentences[passage.chunk_id]

    def _means_the_same(self, sentence: str, nearest: str) -> bool:
        one, other = self._embedder.embed_sentences([sentence, nearest])
        return float(one @ other) >= CLOSE

    def _text(self, text: str) -> _Text:
        if text not in self._known:
            self._known[text] = _read(text)
        return self._known[text]


def _all_of(passage: Passage) -> str:
    return "\n".join((passage.document.title, *passage.heading, passage.text))


def _read(text: str) -> _Text:
    words = tokens(text)
    numbers: set[str] = set()
    measures: set[tuple[str, str]] = set()
    for at, word in enumerate(words):
        found = [_NUMBER_WORDS[word]] if word in _NUMBER_WORDS else [_plain_number(n) for n in _NUMBER.findall(word)]
        numbers.update(found)
        for after in words[at + 1 : at + 4]:
            measures.update((number, stem(after)) for number in found if stem(after) in _UNITS)
    return _Text(
        frozenset(numbers),
        frozenset(measures),
        frozenset(stem(part) for word in words for part in (word, *re.split(r"[-/.&:']", word))),
        frozenset(one for one in content_words(text) if not one[0].isdigit()),
        text.lower(),
    )


def _plain_number(number: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number):
        number = number.replace(",", "")
    return re.sub(r"^0+(?=\d)", "", re.sub(r"\.0+$", "", number))


def _measured(said: _Text, told: _Text) -> bool:
    """Whether each number counts the same things there: 12 weeks are not 12 days."""
    for number in {number for number, _ in said.measures}:
        here = {unit for n, unit in said.measures if n == number}
        there = {unit for n, unit in told.measures if n == number}
        if there and not here & there:
            return False
    return True


def _sums(text: str) -> list[str]:
    """The amounts of money that are written with a sign, one way."""
    return _MONEY.findall(re.sub(r"(?<=\d),(?=\d{3})|(?<=[$£€¥])\s+", "", text))


def _names(sentence: str) -> list[str]:
    """The words that are written as names: with a capital inside a sentence, or in capitals anywhere."""
    found = []
    for match in _NAME.finditer(sentence):
        word = match[0]
        before = sentence[: match.start()].strip(" \t\"'“‘(*_`-")
        inside = bool(before) and before[-1] not in ".!?:"
        capitals = word.isupper() and len(word) > 1
        if (capitals or (inside and word[0].isupper() and word not in ("I", "I'm", "I’m"))) and not _is_stop(word):
            found.append(re.sub(r"['’]s$", "", word))
    return found


def _is_stop(word: str) -> bool:
    return not content_words(word)


def _agrees(sentence: str, nearest: str) -> bool:
    """Whether both say yes or both no, and a duty here is not a choice there."""
    if bool(_NEGATIONS & set(tokens(sentence))) != bool(_NEGATIONS & set(tokens(nearest))):
        return False
    return not (_DUTY.search(sentence) and _CHOICE.search(nearest) and not _DUTY.search(nearest))
