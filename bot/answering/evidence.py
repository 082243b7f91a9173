"""The sentences of passages, ranked by how well each answers the question."""

import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.answering.expected import expected_answer
from bot.answering.sentences import Sentence, sentences
from bot.answering.words import content_words
from storage.embedder import Embedder, Vectors
from storage.knowledge import Passage

SENTENCES_COMPARED = 8
"""Sentences whose meaning is compared with the question's, chosen by their words: more find no more answers, and each
costs its share of a forward pass while somebody waits (docs/decisions/quoting.md)."""

CHUNKS_REMEMBERED = 5_000
LONGEST_QUOTE = 75
"""Words. A longer sentence is not quoted."""


@dataclass(frozen=True)
class Weights:
    """What a sentence's signs of answering the question count for. Fitted in docs/decisions/quoting.md."""

    cosine: float
    passage_dense: float
    passage_fused: float
    passage_place: float
    own_words: float
    words_in_context: float
    fitting: float
    words_before: float
    unfinished: float


BY_WORDS = Weights(0.0, 7.5, 4.3, 1.8, 3.6, 3.6, 2.8, 1.1, -1.5)
BY_MEANING = Weights(6.7, 4.4, 3.6, 1.45, 2.3, 3.4, 2.45, 0.95, -2.0)


@dataclass(frozen=True)
class Evidence:
    """A sentence of a passage, with its `cosine` to the question.

    `overlap` (0 to 1) is the share of the question's words, weighted by how rare they are here, that the sentence has
    or stands below. `score` tells sentences of one question apart: one more is e times as likely to answer it.
    """

    passage: Passage
    sentence: Sentence
    overlap: float
    cosine: float
    score: float


@dataclass(frozen=True)
class _Read:
    """A passage's sentences, as they are compared with questions. Kept, as passages are met again."""

    sentences: tuple[Sentence, ...]
    texts: tuple[str, ...]
    own: tuple[frozenset[str], ...]
    context: frozenset[str]
    vectors: dict[int, Vectors] = field(default_factory=dict)


@dataclass(frozen=True)
class _Candidate:
    """A sentence, with its signs of answering the question but for its cosine."""

    passage: Passage
    read: _Read
    at: int
    own: float
    in_context: float
    fitting: float
    before: float

    @property
    def sentence(self) -> Sentence:
        return self.read.sentences[self.at]

    def score(self, weights: Weights, cosine: float) -> float:
        text = self.sentence.plain.rstrip()
        unfinished = self.sentence.kind == "prose" and not text.endswith((".", "!", ")", '"', "”", "。", "！"))
        scores = self.passage.scores
        return (
            weights.cosine * cosine
            + weights.passage_dense * scores.dense
            + weights.passage_fused * scores.fused
            + weights.passage_place / self.passage.rank
            + weights.own_words * self.own
            + weights.words_in_context * self.in_context
            + weights.fitting * self.fitting
            + weights.words_before * self.before
            + weights.unfinished * unfinished
        )


class EvidenceReader:
    """Reads passages for what answers a question. Remembers what it has read; safe to share between threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._remembered: OrderedDict[tuple[str, str, int], _Read] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, question: str, vector: Vectors, passages: Sequence[Passage]) -> list[Evidence]:
        """The sentences of the passages that answer best, best first. `vector` is the question's."""
        candidates = self._candidates(question, passages)
        candidates.sort(key=lambda one: -one.score(BY_WORDS, 0.0))
        compared = candidates[:SENTENCES_COMPARED]
        self._embed(compared)
        cosines = [float(one.read.vectors[one.at] @ vector) for one in compared]
        found = [
            Evidence(one.passage, one.sentence, one.in_context, cosine, one.score(BY_MEANING, cosine))
            for one, cosine in zip(compared, cosines, strict=True)
        ]
        return sorted(found, key=lambda one: -one.score)

    def _candidates(self, question: str, passages: Sequence[Passage]) -> list[_Candidate]:
        parts = [(passage, self._read(passage)) for passage in passages]
        weights = rarity(
            frozenset(content_words(question)), [own | read.context for _, read in parts for own in read.own]
        )
        wanted = expected_answer(question)
        found: list[_Candidate] = []
        for passage, read in parts:
            shares = [share(weights, words) for words in read.own]
            found.extend(
                _Candidate(
                    passage=passage,
                    read=read,
                    at=at,
                    own=shares[at],
                    in_context=share(weights, read.own[at] | read.context),
                    fitting=wanted.fit(sentence.plain),
                    before=shares[at - 1] if at else 0.0,
                )
                for at, sentence in enumerate(read.sentences)
                if sentence.words <= LONGEST_QUOTE
            )
        return found

    def _read(self, passage: Passage) -> _Read:
        key = (passage.chunk_id, self._embedder.name, hash((passage.text, passage.document.title)))
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        found = tuple(sentences(passage.text))
        heading = passage.heading[-1] if passage.heading else passage.document.title
        with_lead = [f"{one.lead} {one.plain}" if one.lead else one.plain for one in found]
        read = _Read(
            found,
            tuple(f"{heading}: {text}" for text in with_lead),
            tuple(frozenset(content_words(text)) for text in with_lead),
            frozenset(content_words(f"{passage.document.title} {' '.join(passage.heading)}")),
        )
        with self._lock:
            self._remembered[key] = read
            while len(self._remembered) > CHUNKS_REMEMBERED:
                self._remembered.popitem(last=False)
        return read

    def _embed(self, candidates: Sequence[_Candidate]) -> None:
        unknown = [one for one in candidates if one.at not in one.read.vectors]
        vectors = self._embedder.embed_sentences([one.read.texts[one.at] for one in unknown])
        for one, vector in zip(unknown, vectors, strict=True):
            one.read.vectors[one.at] = vector


def rarity(asked: frozenset[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each word of the question tells the texts apart: the rarer among them, the more."""
    having = Counter(word for words in texts for word in asked & words)
    return {word: math.log(1 + (len(texts) + 1) / (having[word] + 0.5)) for word in asked}


def share(weights: dict[str, float], words: frozenset[str]) -> float:
    """The share (0 to 1) of the weights whose words are among `words`."""
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in words) / total if total else 0.0
