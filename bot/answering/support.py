"""Whether passages say what a sentence says: its figures, names, negations and modality, and its meaning."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.answering.amounts import Amount, amounts, units
from bot.answering.entailment import ENTAILED, Entailment
from bot.answering.sentences import Sentence, sentences
from bot.answering.stance import DIRECTIVE, Stance, contradiction, stance
from bot.answering.words import content_words, stem, tokens
from storage.embedder import Embedder, Vectors
from storage.knowledge import Passage

TRIED = 3
"""Of the passages' sentences, those most like a drafted one are compared with it, each by itself: a sentence put
together from two of them often says what neither does."""

LEAST_WORDS = 3
"""Words that carry meaning, fewer of which say nothing that can be compared."""

LEAST = 0.4
"""The share of a sentence's words in what bears it out, below which no model is asked what it means."""

LEAST_BELOW = 0.6
"""The share of its words that must stand in one sentence of the passage, and not only in the headings above."""

WHOLE = 0.85
"""The share of an item's words that a list's item without a full stop must have: less is cut off."""

_EMPTY = frozenset(
    stem(word)
    for word in """
    employee employees staff person people individual organization company provide provides provided following information
    document passage section text question answer need needs required require requires allowed permitted able can
    """.split()
)
"""Words that say little, or are judged as modality."""

_ADDRESS = re.compile(r"https?://[^\s<>()\]]+|[\w.+-]+@[\w-]+\.[\w.-]+|(?<![\w/])[#@][\w-]*[A-Za-z][\w-]*")
_NAME = re.compile(r"(?<!\w)[^\W\d_]+(?:['’&.-][^\W\d_]+)*(?![\d_])")
_IDENTIFIER = re.compile(r"\b(?=[\w-]*\d)[A-Za-z]+-?\d[\w-]*\b|\b\d+[A-Za-z-]*[A-Z]\w*\b|\b\d+\([a-z]\)")
_CONDITION = re.compile(r"\b(?:if|unless|provided|as long as|except|until|only when|only after|subject to)\b", re.IGNORECASE)
_USUALLY = re.compile(r"\b(?:typically|usually|generally|normally|often|sometimes|most|many|some|few)\b", re.IGNORECASE)
_SIDE_BY_SIDE = re.compile(r";|,\s*(?:and|but)\b|\band (?=(?:you|it|they|we|must|may|should|can|do not)\b)", re.IGNORECASE)
_ASIDE = re.compile(r"\([A-Z/ ]+\)")
_HALVES = ("AM", "PM", "A.M", "P.M")
_PLAIN = str.maketrans("’‘“”–—", "''\"\"--")


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
        return frozenset(word for word in content_words(self.text) if not word[0].isdigit())

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


class Support:
    """Compares drafted sentences with the passages of one answer, and keeps what it has read of them."""

    def __init__(self, embedder: Embedder, entailment: Entailment | None = None) -> None:
        self._embedder = embedder
        self._entailment = entailment
        self._parts: dict[str, tuple[Read, ...]] = {}
        self._above: dict[str, Read] = {}
        self._vectors: dict[str, Vectors] = {}

    def supports(self, sentence: str, passages: Sequence[Passage]) -> bool:
        """Whether what the passages say together holds all that the sentence says."""
        return not self.fault(sentence, passages)

    def is_neutral(self, lead: str) -> bool:
        """Whether what leads in to a list may be left out: its items say the same without it."""
        read = stance(lead)
        if amounts(lead) or _CONDITION.search(lead):
            return False
        return all(not clause.negations and clause.mode in ("none", "can", "directive") for clause in read.clauses)

    def bearing_out(self, sentence: str, passages: Sequence[Passage]) -> list[str]:
        """The passages' sentences that together say most of it, plain, without what leads in to them."""
        said = Read(sentence.translate(_PLAIN))
        found: list[str] = []
        for part in _parts(said):
            likeliest = self._likeliest(part, passages)
            fitting = [told for told in likeliest if not self._fault(part, told)]
            found.extend(told.part.own for told in (fitting or likeliest)[:1])
        return found

    def likeliest(self, sentence: str, passages: Sequence[Passage]) -> list[Passage]:
        """The passages in the order in which they may bear it out: by what a sentence of theirs shares with it."""
        said = Read(sentence.translate(_PLAIN))

        def most(passage: Passage) -> tuple[float, float]:
            gains = (_gain(said.stems, said.values, part) for part in self._sentences(passage))
            return max(gains, default=(0.0, 0.0))

        return sorted(passages, key=most, reverse=True)

    def fault(self, sentence: str, passages: Sequence[Passage]) -> str:
        """What of the sentence the passages do not bear out, in a word; empty where they say all of it."""
        said = Read(sentence.translate(_PLAIN))
        words = said.words
        if any(words == part.words for passage in passages for part in self._sentences(passage)):
            return "" if words else "too short"
        if len(said.stems - _EMPTY) + len(said.values) < LEAST_WORDS:
            return "too short"
        if self._unknown_address(sentence, passages):
            return "address"
        fault = self._fault_of_one(said, passages)
        parts = _parts(said) if fault else ()
        if len(parts) < 2:
            return fault
        return fault if any(self._fault_of_one(part, passages) for part in parts) else ""

    def _fault_of_one(self, said: Read, passages: Sequence[Passage]) -> str:
        """The fault by the sentence that comes nearest to bearing it out, empty where one does."""
        faults = [self._fault(said, told) for told in self._likeliest(said, passages)]
        return "" if "" in faults else next(iter(faults), "nothing like it")

    def _fault(self, said: Read, told: Told) -> str:
        return (
            _untold_name(said, told)
            or _untold_unit(said, told)
            or _untold_amount(said, told)
            or _without_its_condition(said, told)
            or contradiction(said.stance, told.part.stance)
            or self._another_meaning(said, told)
        )

    def _likeliest(self, said: Read, passages: Sequence[Passage]) -> list[Told]:
        pool = [(part, passage) for passage in passages for part in self._sentences(passage)]
        gains = [_gain(said.stems, said.values, part) for part, _ in pool]
        order = sorted((at for at, gain in enumerate(gains) if gain[0] >= 1), key=lambda at: gains[at], reverse=True)
        return [Told(pool[at][0], self._heading(pool[at][1])) for at in order[:TRIED]]

    def _sentences(self, passage: Passage) -> tuple[Read, ...]:
        if passage.chunk_id not in self._parts:
            self._parts[passage.chunk_id] = tuple(_read(one) for one in sentences(passage.text))
        return self._parts[passage.chunk_id]

    def _heading(self, passage: Passage) -> Read:
        if passage.chunk_id not in self._above:
            self._above[passage.chunk_id] = Read("\n".join((passage.document.title, *passage.heading)))
        return self._above[passage.chunk_id]

    def _unknown_address(self, sentence: str, passages: Sequence[Passage]) -> bool:
        found = _ADDRESS.findall(sentence)
        told = "\n".join(passage.text for passage in passages).lower() if found else ""
        return any(one.lower().rstrip(".,;") not in told for one in found)

    def _another_meaning(self, said: Read, told: Told) -> str:
        words = said.stems - _EMPTY
        share = 1 - len(words - told.stems) / len(words) if words else 1.0
        below = 1 - len(words - told.part.stems - told.part.all_words) / len(words) if words else 1.0
        if share < LEAST or below < LEAST_BELOW:
            return "words"
        if self._entailment is not None:
            premise = f"{told.above.text}\n{told.part.text}"
            return "" if self._entailment.entails([premise], said.text)[0] >= ENTAILED else "not entailed"
        return "" if self._cosine(said, told) >= least_cosine(share) else "meaning"

    def _cosine(self, said: Read, told: Told) -> float:
        texts = [said.text, told.part.text]
        unknown = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if unknown:
            self._vectors |= dict(zip(unknown, self._embedder.embed_sentences(unknown), strict=True))
        return float(self._vectors[texts[0]] @ self._vectors[texts[1]])


def least_cosine(share: float) -> float:
    """The cosine with what bears it out that a sentence needs, of whose words this share stands there."""
    return 0.5 if share >= 1 else 0.7 if share >= 0.8 else 0.85


def _read(one: Sentence) -> Read:
    lead = re.sub(r"[*_`\\]", "", one.lead).strip()
    return Read(one.plain.translate(_PLAIN), lead.translate(_PLAIN))


def _gain(left: frozenset[str], figures: frozenset[str], part: Read) -> tuple[float, float]:
    both = len(left & part.stems) + 2 * len(figures & part.values)
    return both, both / (1 + len(left | part.stems))


def _parts(said: Read) -> tuple[Read, ...]:
    """The main clauses that stand side by side in it, where none is a condition of the others."""
    if _CONDITION.search(said.text):
        return (said,)
    parts = [part.strip(" ,;") for part in _SIDE_BY_SIDE.split(said.text)]
    return tuple(Read(part) for part in parts if len(content_words(part)) >= LEAST_WORDS)


def _without_its_condition(said: Read, told: Told) -> str:
    """Whether the source says it under a condition, or with a reservation, that is left out here; or as part of more."""
    if said.amounts and _USUALLY.search(told.part.text) and not _USUALLY.search(said.text):
        return "reservation"
    if not re.search(r"[.!?)\"]\W*$", said.text):
        there = Read(_ASIDE.sub(" ", told.part.own)).stems
        return "cut off" if len(there & said.stems) < WHOLE * len(there) else ""
    for found in _CONDITION.finditer(told.part.text):
        condition = Read(re.split(r"[,;:.)\n]", told.part.text[found.end() :])[0]).stems
        if len(condition & said.stems) < len(condition) / 2:
            return "condition"
    for found in _CONDITION.finditer(said.text):
        condition = Read(re.split(r"[,;:.)]", said.text[found.end() :])[0]).stems - _EMPTY
        if len(condition & (told.part.stems | told.part.all_words)) < WHOLE * len(condition):
            return "condition"
    return ""


def _untold_name(said: Read, told: Told) -> str:
    if any(stem(name.lower()) not in told.stems for name in _names(_ADDRESS.sub(" ", said.text))):
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
        if amount.near - _EMPTY - told.stems or _belongs_to_another(amount, told.part.amounts):
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
        inside = bool(before) and before[-1] not in ".!?:"
        capitals = word.isupper() and len(word) > 1
        if (capitals or (inside and word[0].isupper() and word not in ("I", "I'm", "I’m"))) and content_words(word) and word not in _HALVES:
            found.append(re.sub(r"['’]s$", "", word))
    return found
