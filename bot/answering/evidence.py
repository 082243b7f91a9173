"""The sentences of passages, ranked by how well each answers the question."""

import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from bot.answering.expected import expected_answer
from bot.answering.sentences import Sentence, sentences
from bot.answering.words import carries_meaning, content_words
from storage.embedder import Embedder, Vectors
from storage.knowledge import DocumentLink, Passage

BEST = 8
"""Sentences that are handed on."""

MANY_ROWS = 5
"""Rows of one table that answer about as well: of so many none is what was asked for."""

ABOUT_AS_WELL = 0.5
"""The difference between two scores that tells nothing."""

CHUNKS_REMEMBERED = 3_000
LONGEST_QUOTE = 75
"""Words. A longer sentence is not quoted."""


class Signs(NamedTuple):
    """What speaks for a sentence answering the question, or the weight of each."""

    passage_dense: float
    passage_fused: float
    words_in_context: float
    words_before: float
    likeness: float
    likeness_in_context: float
    fitting: float
    unfinished: float
    length: float

    def weighed(self, weights: "Signs") -> float:
        """The sum of the signs, each by its weight."""
        return sum(sign * weight for sign, weight in zip(self, weights, strict=True))


WEIGHTS = Signs(9.85, 6.14, 2.23, 0.38, 2.97, 5.11, 2.84, -1.71, -0.53)
"""Fitted in docs/decisions/quoting.md."""


@dataclass(frozen=True)
class Evidence:
    """A sentence of a passage, and what speaks for its answering the question.

    `score` tells sentences of one question apart: one more is e times as likely to answer it. `stressed` is
    another sentence of its paragraph, which the author made bold.
    """

    passage: Passage
    sentence: Sentence
    signs: Signs
    score: float
    stressed: Sentence | None = None


class EvidenceReader:
    """Reads passages for what answers a question. Remembers what it has read; safe to share between threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._remembered: OrderedDict[tuple[str, str, int], _Read] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, question: str, passages: Sequence[Passage]) -> list[Evidence]:
        """The sentences of the passages that answer best, best first; at most BEST."""
        found = _rows_told_apart(self.weigh(question, passages, self.quotable(passages)))
        return sorted(found, key=lambda one: -one.score)[:BEST]

    def quotable(self, passages: Sequence[Passage]) -> list[tuple[Passage, Sentence]]:
        """The sentences of the passages that are short enough to be quoted, in order, each with its passage."""
        return [
            (passage, sentence)
            for passage in passages
            for sentence in self._read(passage).sentences
            if sentence.words <= LONGEST_QUOTE
        ]

    def weigh(
        self, question: str, passages: Sequence[Passage], found: Sequence[tuple[Passage, Sentence]]
    ) -> list[Evidence]:
        """What speaks for each of these sentences answering the question, in their order.

        The passages are those that the question's words are rare or common in, whether the sentences stand in them or
        in others.
        """
        every = [self._read(passage) for passage in passages]
        weights = rarity(
            frozenset(content_words(question)),
            [read.words(at) | read.words_above for read in every for at in range(len(read.sentences))],
        )
        reads = {id(passage): self._read(passage) for passage, _ in found}
        likeness = Likeness(
            self._embedder,
            meaningful_pieces(self._embedder, question),
            [reads[id(passage)].pieces(sentence.at) for passage, sentence in found]
            + [read.pieces_above for read in reads.values()],
        )
        above = {of: likeness.of(read.pieces_above) for of, read in reads.items()}
        wanted = expected_answer(question)
        evidence: list[Evidence] = []
        for passage, sentence in found:
            read, at = reads[id(passage)], sentence.at
            own = likeness.of(read.pieces(at))
            signs = Signs(
                passage_dense=passage.scores.dense,
                passage_fused=passage.scores.fused,
                words_in_context=share(weights, read.words(at) | read.words_above),
                words_before=share(weights, read.words(at - 1)) if at else 0.0,
                likeness=mean(own),
                likeness_in_context=mean(np.maximum(own, above[id(passage)])),
                fitting=wanted.fit(sentence.plain),
                unfinished=float(sentence.is_unfinished),
                length=math.log(1 + sentence.words),
            )
            evidence.append(Evidence(passage, sentence, signs, signs.weighed(WEIGHTS), read.stressed_beside(sentence)))
        return evidence

    def _read(self, passage: Passage) -> "_Read":
        key = (passage.chunk_id, self._embedder.name, hash((passage.text, passage.document.title)))
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        read = _Read(passage, self._embedder)
        with self._lock:
            self._remembered[key] = read
            while len(self._remembered) > CHUNKS_REMEMBERED:
                self._remembered.popitem(last=False)
        return read


def _rows_told_apart(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The sentences, of each table's rows that the question does not tell apart the first alone, as likely as one,
    where other words of the document are more likely then.

    “When is payday?”, and a table of all paydays below the rule: each row has the words of the question, and a month of
    its own. “Which holidays do we have?”, and a table without a rule: its rows are the answer.
    """
    tables: dict[tuple[str, int], list[Evidence]] = {}
    best_words: dict[DocumentLink, float] = {}
    for one in evidence:
        if one.sentence.kind == "row":
            tables.setdefault((one.passage.chunk_id, one.sentence.block), []).append(one)
        else:
            document = one.passage.document
            best_words[document] = max(best_words.get(document, -math.inf), one.score)
    instead: dict[int, Evidence | None] = {}
    for rows in tables.values():
        best = max(row.score for row in rows)
        alike = [row for row in rows if row.score >= best - ABOUT_AS_WELL]
        if len(alike) < MANY_ROWS:
            continue
        one_of_them = replace(alike[0], score=alike[0].score - math.log(len(alike)))
        if one_of_them.score < best_words.get(alike[0].passage.document, -math.inf):
            instead |= dict.fromkeys(map(id, alike))
            instead[id(alike[0])] = one_of_them
    return [one for one in (instead.get(id(one), one) for one in evidence) if one is not None]


class _Read:
    """A passage's sentences, as they are compared with questions. Kept, as passages are met again.

    A sentence's words and word pieces are found when they are first asked for: many sentences are met and not compared.
    """

    def __init__(self, passage: Passage, embedder: Embedder) -> None:
        self.sentences = tuple(sentences(passage.text))
        title, heading = passage.document.title, passage.heading
        self.words_above = frozenset(content_words(f"{title} {' '.join(heading)}"))
        self._above = f"{title} {heading[-1] if heading else ''}"
        self._stressed = [one for one in self.sentences if one.is_stressed and one.words <= LONGEST_QUOTE]
        self._embedder = embedder
        self._words: dict[int, frozenset[str]] = {}
        self._pieces: dict[int, tuple[str, ...]] = {}

    def words(self, at: int) -> frozenset[str]:
        """The stems of a sentence's words, and of those that lead in to it."""
        if at not in self._words:
            self._words[at] = frozenset(content_words(self._whole(at)))
        return self._words[at]

    def pieces(self, at: int) -> tuple[str, ...]:
        """The word pieces of a sentence, and of what leads in to it, each once."""
        if at not in self._pieces:
            self._pieces[at] = meaningful_pieces(self._embedder, self._whole(at))
        return self._pieces[at]

    def stressed_beside(self, sentence: Sentence) -> Sentence | None:
        """The first other sentence of the same paragraph that is bold."""
        if sentence.kind != "prose":
            return None
        return next((one for one in self._stressed if one.block == sentence.block and one != sentence), None)

    @cached_property
    def pieces_above(self) -> tuple[str, ...]:
        """The word pieces of the title and of the nearest heading."""
        return meaningful_pieces(self._embedder, self._above)

    def _whole(self, at: int) -> str:
        sentence = self.sentences[at]
        return f"{sentence.lead} {sentence.plain}" if sentence.lead else sentence.plain


def meaningful_pieces(embedder: Embedder, text: str) -> tuple[str, ...]:
    """The word pieces of a text that say something by themselves, each once."""
    return tuple(dict.fromkeys(filter(carries_meaning, embedder.word_pieces(text))))


class Likeness:
    """How like the question's word pieces are to those of texts, by what the model knows of each piece by itself.

    The best match of each piece of the question counts, as in ColBERT's late interaction (arXiv:2004.12832), but
    without reading the texts in context: as good here, for a hundredth of the time (docs/decisions/quoting.md).
    """

    def __init__(self, embedder: Embedder, asked: Sequence[str], texts: Sequence[Sequence[str]]) -> None:
        self._place = {piece: at for at, piece in enumerate(dict.fromkeys(piece for text in texts for piece in text))}
        known = embedder.piece_vectors([*asked, *self._place])  # at once: of one version of the model
        self._likeness = known[: len(asked)] @ known[len(asked) :].T
        self._nothing = np.zeros(len(asked), dtype=np.float32)

    def of(self, pieces: Sequence[str]) -> Vectors:
        """For each piece of the question, its likeness (-1 to 1) to the nearest of these; 0 where there are none."""
        if not pieces:
            return self._nothing
        nearest: Vectors = self._likeness[:, [self._place[piece] for piece in pieces]].max(axis=1)
        return nearest


def rarity(asked: frozenset[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each word of the question tells the texts apart: the rarer among them, the more."""
    having = Counter(word for words in texts for word in asked & words)
    return {word: math.log(1 + (len(texts) + 1) / (having[word] + 0.5)) for word in asked}


def share(weights: dict[str, float], words: frozenset[str]) -> float:
    """The share (0 to 1) of the weights whose words are among `words`."""
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in words) / total if total else 0.0


def mean(values: Vectors) -> float:
    """The mean, 0 of nothing."""
    return float(values.mean()) if len(values) else 0.0
