"""Whether passages say what a sentence says: its figures, names, negations and modality, and its meaning."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.answering.amounts import Amount, amounts, units
from bot.answering.entailment import ENTAILED, Entailment
from bot.answering.sentences import Sentence, sentences
from bot.answering.stance import Stance, contradiction, stance
from bot.answering.words import content_words, stem, tokens
from storage.embedder import Embedder, Vectors
from storage.knowledge import Passage

MOST_SENTENCES = 3
"""Of the passages' sentences, that one drafted sentence may be put together from."""

LEAST_WORDS = 3
"""Words that carry meaning, fewer of which say nothing that can be compared."""

LEAST = 0.4
"""The share of a sentence's words in what bears it out, below which no model is asked what it means."""

_GAIN = 2
"""Words that a further sentence of the passages must add to be read with the first."""

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
    """The sentences of passages that a drafted one is compared with, as one text, and what stands above them."""

    parts: tuple[Read, ...]
    whole: Read
    above: Read


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
        return all(not clause.negations and clause.mode in ("none", "can", "directive") for clause in read.clauses)

    def bearing_out(self, sentence: str, passages: Sequence[Passage]) -> list[str]:
        """The passages' sentences that together say most of it, plain, without what leads in to them."""
        return [part.own for part in self._evidence(Read(sentence.translate(_PLAIN)), passages).parts]

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
        told = self._evidence(said, passages)
        if not told.parts:
            return "nothing like it"
        return (
            self._unknown_address(sentence, passages)
            or _untold_name(said, told)
            or _untold_unit(said, told)
            or _untold_amount(said, told, self._elsewhere(passages))
            or contradiction(said.stance, told.whole.stance)
            or self._another_meaning(said, told)
        )

    def _evidence(self, said: Read, passages: Sequence[Passage]) -> Told:
        pool = [part for passage in passages for part in self._sentences(passage)]
        above = Read("\n".join(dict.fromkeys(self._heading(passage).text for passage in passages)))
        left, figures = said.stems, said.values
        chosen: list[Read] = []
        while pool and len(chosen) < MOST_SENTENCES:
            best = max(pool, key=lambda part: _gain(left, figures, part))
            if _gain(left, figures, best)[0] < (_GAIN if chosen else 1):
                break
            chosen.append(best)
            pool.remove(best)
            left, figures = left - best.stems, figures - best.values
        return Told(tuple(chosen), Read("\n".join(part.text for part in chosen)), above)

    def _elsewhere(self, passages: Sequence[Passage]) -> frozenset[str]:
        return frozenset[str]().union(*(part.stems for passage in passages for part in self._sentences(passage)))

    def _sentences(self, passage: Passage) -> tuple[Read, ...]:
        if passage.chunk_id not in self._parts:
            self._parts[passage.chunk_id] = tuple(_read(one) for one in sentences(passage.text))
        return self._parts[passage.chunk_id]

    def _heading(self, passage: Passage) -> Read:
        if passage.chunk_id not in self._above:
            self._above[passage.chunk_id] = Read("\n".join((passage.document.title, *passage.heading)))
        return self._above[passage.chunk_id]

    def _unknown_address(self, sentence: str, passages: Sequence[Passage]) -> str:
        found = _ADDRESS.findall(sentence)
        if not found:
            return ""
        told = "\n".join(passage.text for passage in passages).lower()
        return "address" if any(one.lower().rstrip(".,;") not in told for one in found) else ""

    def _another_meaning(self, said: Read, told: Told) -> str:
        words = said.stems - _EMPTY
        new = words - told.whole.all_words - told.whole.stems - told.above.stems
        share = 1 - len(new) / len(words) if words else 1.0
        if share < LEAST:
            return "words"
        if self._entailment is not None:
            premise = f"{told.above.text}\n{told.whole.text}"
            return "" if self._entailment.entails([premise], said.text)[0] >= ENTAILED else "not entailed"
        return "" if self._cosine(said, told) >= least_cosine(share) else "meaning"

    def _cosine(self, said: Read, told: Told) -> float:
        texts = [said.text, told.whole.text]
        unknown = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._vectors |= dict(zip(unknown, self._embedder.embed_sentences(unknown), strict=True))
        return float(self._vectors[texts[0]] @ self._vectors[texts[1]])


def least_cosine(share: float) -> float:
    """The cosine with what bears it out that a sentence needs, of whose words this share stands there."""
    return 0.5 if share >= 1 else 0.6 if share >= 0.8 else 0.75


def _read(one: Sentence) -> Read:
    lead = re.sub(r"[*_`\\]", "", one.lead).strip()
    return Read(one.plain.translate(_PLAIN), lead.translate(_PLAIN))


def _gain(left: frozenset[str], figures: frozenset[str], part: Read) -> tuple[float, float]:
    both = len(left & part.stems) + 2 * len(figures & part.values)
    return both, both / (1 + len(left | part.stems))


def _untold_name(said: Read, told: Told) -> str:
    known = told.whole.all_words | told.above.all_words
    if any(stem(name.lower()) not in known for name in _names(said.text)):
        return "name"
    lower = f"{told.above.text}\n{told.whole.text}".lower()
    return "name" if any(one.lower() not in lower for one in _IDENTIFIER.findall(said.text)) else ""


def _untold_unit(said: Read, told: Told) -> str:
    return "unit" if units(said.all_words) - units(told.whole.all_words | told.above.all_words) else ""


def _untold_amount(said: Read, told: Told, elsewhere: frozenset[str]) -> str:
    there = [(amount, part) for part in told.parts for amount in part.amounts]
    for amount in said.amounts:
        if not amount.claimed:
            continue
        same = [(one, part) for one, part in there if amount.is_told_by(one)]
        if not any(_counts_the_same(amount, one, part, told, elsewhere) for one, part in same):
            return "figure"
        if _belongs_to_another(amount, [one for one, _ in there]):
            return "figure of something else"
    return ""


def _counts_the_same(
    said: Amount, told: Amount, part: Read, evidence: Told, elsewhere: frozenset[str]
) -> bool:
    """Whether what is counted is named where the figure stands, unless the passages have no word for it at all."""
    missing = said.near - told.near - part.stems - evidence.above.stems
    return not (missing & elsewhere)


def _belongs_to_another(said: Amount, there: Iterable[Amount]) -> bool:
    """Whether a word of the figure's clause stands with other figures alone: 27 days of leave are not sick days."""
    ours: set[str] = set()
    others: set[str] = set()
    for one in there:
        (ours if said.same_value(one) else others).update(one.about)
    return bool(said.near & (others - ours))


def _names(sentence: str) -> list[str]:
    """The words that are written as names: with a capital inside a sentence, or in capitals anywhere."""
    found = []
    for match in _NAME.finditer(sentence):
        word = match[0]
        before = sentence[: match.start()].strip(" \t\"'“‘(*_`-")
        inside = bool(before) and before[-1] not in ".!?:"
        capitals = word.isupper() and len(word) > 1
        if (capitals or (inside and word[0].isupper() and word not in ("I", "I'm", "I’m"))) and content_words(word):
            found.append(re.sub(r"['’]s$", "", word))
    return found
