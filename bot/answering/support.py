"""Whether passages say what a sentence says: its figures, names, negations and modality, and its meaning."""

import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from bot.answering.amounts import amounts
from bot.answering.compared import EMPTY, Read, Told
from bot.answering.entailment import ENTAILED, Entailment
from bot.answering.faults import ADDRESS, fault_of, in_order, share
from bot.answering.omissions import CONDITION, EXAMPLE, is_of_an_example
from bot.answering.sentences import Sentence, sentences
from bot.answering.stance import stance
from bot.answering.words import content_words
from storage.embedder import Embedder, Vectors
from storage.knowledge import Passage

TRIED = 3
"""Of the passages' sentences, those most like a drafted one are compared with it, each by itself: a sentence put
together from two of them often says what neither does."""

IN_ORDER = 0.8
"""The share of a sentence's words, in the order that they have there, from which on it needs no model to compare it."""

LEAST_WORDS = 3
"""Words that carry meaning, fewer of which say nothing that can be compared."""

_SIDE_BY_SIDE = re.compile(
    r";|,\s*(?:and|but)\b|\band (?=(?:you|it|they|we|must|may|should|can|do not)\b)", re.IGNORECASE
)
_PLAIN = str.maketrans("’‘“”–—", "''\"\"--")


class Support:
    """Compares drafted sentences with the passages of one answer, and keeps what it has read of them."""

    def __init__(self, embedder: Embedder, entailment: Entailment | None = None) -> None:
        self._embedder = embedder
        self._entailment = entailment
        self._parts: dict[str, tuple[Read, ...]] = {}
        self._above: dict[str, Read] = {}
        self._vectors: dict[str, Vectors] = {}
        self._ahead: Future[dict[str, Vectors]] | None = None

    def read(self, passages: Sequence[Passage]) -> None:
        """Take the passages apart before the first sentence is to be judged, which is waited for."""
        for passage in passages:
            for part in self._sentences(passage):
                _ = part.stems, part.values, part.words

    def embed_ahead(self, likely: Sequence[str]) -> None:
        """Embed plain sentences of the passages that drafted ones will likely be compared with, in a thread.

        It is done while the language model reads, so that each drafted sentence is all that is left to embed.
        """
        if self._entailment is not None or not likely:
            return
        texts = list(dict.fromkeys(text.translate(_PLAIN) for text in likely))
        thread = ThreadPoolExecutor(1, "ground")
        self._ahead = thread.submit(lambda: dict(zip(texts, self._embedder.embed_sentences(texts), strict=True)))
        thread.shutdown(wait=False)

    def supports(self, sentence: str, passages: Sequence[Passage]) -> bool:
        """Whether what the passages say together holds all that the sentence says."""
        return not self.fault(sentence, passages)

    def is_neutral(self, lead: str) -> bool:
        """Whether what leads in to a list may be left out: its items say the same without it."""
        read = stance(lead)
        if amounts(lead) or CONDITION.search(lead):
            return False
        return all(not clause.negations and clause.mode in ("none", "can", "directive") for clause in read.clauses)

    def bearing_out(self, sentence: str, passages: Sequence[Passage]) -> list[str]:
        """The passages' sentences that bear out one that is supported, plain, without what leads in to them."""
        found: list[str] = []
        said = Read(sentence.translate(_PLAIN))
        for part in dict.fromkeys((said, *_parts(said))):
            likeliest = self._likeliest(part, passages)
            left = [told for told in likeliest if not fault_of(part, told)] or likeliest[:1]
            found.extend(told.part.own for told in left[:1])
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
        if not words:
            return "too short"
        verbatim = [passage for passage in passages for part in self._sentences(passage) if words == part.words]
        if any(EXAMPLE.search(sentence) or not is_of_an_example(self._heading(passage)) for passage in verbatim):
            return ""
        if len(said.stems - EMPTY) + len(said.values) < LEAST_WORDS:
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
        likeliest = self._likeliest(said, passages)
        faults = [fault_of(said, told) for told in likeliest]
        left = [told for told, fault in zip(likeliest, faults, strict=True) if not fault]
        if not left:
            return next(iter(faults), "nothing like it")
        return "" if self._borne_out(said, left) else "meaning"

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
        found = ADDRESS.findall(sentence)
        told = "\n".join(passage.text for passage in passages).lower() if found else ""
        return any(one.lower().rstrip(".,;") not in told for one in found)

    def _borne_out(self, said: Read, likeliest: Sequence[Told]) -> Told | None:
        """The first of these that means what is said; by the words alone where all of them stand there."""
        if self._entailment is not None:
            premises = [f"{told.above.text}\n{told.part.text}" for told in likeliest]
            entailed = self._entailment.entails(premises, said.text) >= ENTAILED
            return next((told for told, yes in zip(likeliest, entailed, strict=True) if yes), None)
        as_told = next(
            (told for told in likeliest if share(said, told) == 1 and in_order(said, told) >= IN_ORDER), None
        )
        return as_told or next(
            (told for told in likeliest if self._cosine(said, told) >= least_cosine(share(said, told))), None
        )

    def _cosine(self, said: Read, told: Told) -> float:
        there = told.part.own if len(told.part.stems) >= LEAST_WORDS else told.part.text
        if self._ahead is not None:
            self._vectors |= self._ahead.result()
            self._ahead = None
        unknown = [text for text in dict.fromkeys((said.text, there)) if text not in self._vectors]
        if unknown:
            self._vectors |= dict(zip(unknown, self._embedder.embed_sentences(unknown), strict=True))
        return float(self._vectors[said.text] @ self._vectors[there])


def least_cosine(share: float) -> float:
    """The cosine with what bears it out that a sentence needs, of whose words this share stands there.

    Where all of them do and their order is another, a little likeness will do (docs/decisions/grounding.md).
    """
    return 0.8 if share == 1 else 0.95 if share >= 0.8 else 0.98


def _read(one: Sentence) -> Read:
    lead = re.sub(r"[*_`\\]", "", one.lead).strip()
    return Read(one.plain.translate(_PLAIN), lead.translate(_PLAIN))


def _gain(left: frozenset[str], figures: frozenset[str], part: Read) -> tuple[float, float]:
    both = len(left & part.stems) + 2 * len(figures & part.values)
    return both, both / (1 + len(left | part.stems))


def _parts(said: Read) -> tuple[Read, ...]:
    """The main clauses that stand side by side in it, where none is a condition of the others."""
    if CONDITION.search(said.text):
        return (said,)
    parts = [part.strip(" ,;") for part in _SIDE_BY_SIDE.split(said.text)]
    enough = all(len(content_words(part)) >= LEAST_WORDS for part in parts)
    return tuple(map(Read, parts)) if enough else (said,)
