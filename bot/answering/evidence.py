"""The sentences of passages, ranked by how well each answers the question."""

import math
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answering.sentences import Sentence, sentences
from bot.answering.words import content_words
from storage.embedder import Embedder, Vectors
from storage.knowledge import Passage

PASSAGES_READ = 5
SENTENCES_EMBEDDED = 8
"""Of those that share most with the question in words: a forward pass over them takes about as long as the question's
own (docs/decisions/quoting.md)."""

CHUNKS_REMEMBERED = 5_000
LONGEST_QUOTE = 80
"""Words. A longer sentence is not quoted."""

# Fitted in docs/decisions/quoting.md.
_COSINE, _FUSED, _OVERLAP, _FITTING = 1.0, 0.8, 0.5, 0.1


@dataclass(frozen=True)
class Evidence:
    """A sentence of a passage. `cosine` to the question is None where it was not worth its time; `overlap` (0 to 1) is
    the share of the question's words, weighted by how rare they are here, that it has or stands below."""

    passage: Passage
    sentence: Sentence
    overlap: float
    cosine: float | None
    score: float


@dataclass(frozen=True)
class _Read:
    """A passage's sentences, as they are compared with questions. Kept, as passages are met again."""

    sentences: tuple[Sentence, ...]
    texts: tuple[str, ...]
    words: tuple[frozenset[str], ...]
    vectors: dict[int, Vectors]


class EvidenceReader:
    """Reads passages for what answers a question. Remembers the sentences it has read; safe to share between threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._remembered: OrderedDict[tuple[str, str, int], _Read] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, question: str, vector: Vectors, passages: Sequence[Passage]) -> list[Evidence]:
        """The sentences of the best passages, best first. `vector` is the question's."""
        read = [(passage, self._read(passage)) for passage in passages[:PASSAGES_READ]]
        asked = frozenset(content_words(question))
        weights = _rarity(asked, [words for _, part in read for words in part.words])
        candidates = [
            (passage, part, at, _share(weights, part.words[at]))
            for passage, part in read
            for at in range(len(part.sentences))
            if part.sentences[at].words <= LONGEST_QUOTE
        ]
        wanted = expected_forms(question)
        candidates.sort(
            key=lambda one: (
                -_OVERLAP * one[3]
                - _FUSED * one[0].scores.fused
                - _FITTING * wanted.fit(one[1].sentences[one[2]].plain)
            )
        )
        self._embed([(part, at) for _, part, at, _ in candidates[:SENTENCES_EMBEDDED]])
        found = []
        for passage, part, at, overlap in candidates:
            known = part.vectors.get(at)
            cosine = None if known is None else float(known @ vector)
            sentence = part.sentences[at]
            score = (
                _COSINE * (cosine if cosine is not None else min(passage.scores.dense, 0.3))
                + _FUSED * passage.scores.fused
                + _OVERLAP * overlap
                + _FITTING * wanted.fit(sentence.plain)
            )
            found.append(Evidence(passage, sentence, overlap, cosine, score))
        return sorted(found, key=lambda one: -one.score)

    def _read(self, passage: Passage) -> _Read:
        key = (passage.chunk_id, self._embedder.name, hash(passage.text))
        with self._lock:
            if key in self._remembered:
                self._remembered.move_to_end(key)
                return self._remembered[key]
        found = tuple(sentences(passage.text))
        heading = passage.heading[-1] if passage.heading else passage.document.title
        context = f"{passage.document.title} {' '.join(passage.heading)}"
        part = _Read(
            found,
            tuple(f"{heading}: {f'{one.lead} ' if one.lead else ''}{one.plain}" for one in found),
            tuple(frozenset(content_words(f"{context} {one.lead} {one.plain}")) for one in found),
            {},
        )
        with self._lock:
            self._remembered[key] = part
            while len(self._remembered) > CHUNKS_REMEMBERED:
                self._remembered.popitem(last=False)
        return part

    def _embed(self, wanted: Sequence[tuple[_Read, int]]) -> None:
        unknown = [(part, at) for part, at in wanted if at not in part.vectors]
        vectors = self._embedder.embed_sentences([part.texts[at] for part, at in unknown])
        for (part, at), vector in zip(unknown, vectors, strict=True):
            part.vectors[at] = vector


@dataclass(frozen=True)
class ExpectedForms:
    """What an answer to the question looks like: patterns of which one is found in it, none where nothing is known."""

    patterns: tuple[re.Pattern[str], ...]

    def fit(self, text: str) -> float:
        """1.0 if the text looks like an answer, else 0.0."""
        return float(any(pattern.search(text) for pattern in self.patterns))


_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|half|once|twice|no limit|maximum)\b", re.I
)
_TIME = re.compile(
    r"\d|\b(?:days?|weeks?|months?|years?|hours?|minutes?|quarter|annually|daily|weekly|monthly|monday|tuesday|wednesday|"
    r"thursday|friday|before|after|until|within|by the|at least|once)\b",
    re.I,
)
_PERSON = re.compile(
    r"#[a-z]|@\w|\b(?:your|the|our) \w*\s?(?:manager|supervisor|team|lead|director|office|group)\b|\b[A-Z][a-z]+ [A-Z][a-z]+"
)
_PLACE = re.compile(
    r"#[a-z]|https?://|@\w|\b(?:in|at|on|to|from|through|via) (?:the |our |your )?[A-Z#`\"“*]|\b(?:floor|room|street|building|folder|page|drive)\b",
    re.I,
)
_PERMISSION = re.compile(
    r"\b(?:may|can|cannot|can't|must|mustn't|should|allowed|permitted|prohibited|eligible|entitled|required|need|do not|"
    r"don't|never|not|only|yes|no)\b",
    re.I,
)
_WAY = re.compile(
    r"^(?:to|by|ask|send|submit|fill|use|go|open|contact|email|e-mail|request|post|click|call|write|complete|log|check|"
    r"visit|make|put|talk)\b|\b(?:you (?:can|should|must|need to|will need to)|please)\b|#[a-z]",
    re.I,
)  # fmt: skip
_ASKED: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (re.compile(r"\bhow (?:many|much|big|high|long|old|far|often)\b|\b(?:limit|price|cost|maximum|number|amount|percent\w*|most)\b", re.I), _NUMBER),
    (re.compile(r"\b(?:when|how (?:long|soon|often|far ahead|quickly|late|early)|what time|which day|by when|deadline)\b", re.I), _TIME),
    (re.compile(r"\b(?:who|whom|whose|who's)\b", re.I), _PERSON),
    (re.compile(r"\b(?:where|which (?:channel|page|site|form|tool))\b", re.I), _PLACE),
    (re.compile(r"^(?:\W*(?:\w+\W+){0,4})?(?:can|may|must|should|do|does|is|are|am|will) (?:i|we|you|it|there|my|our|somebody|someone|people)\b", re.I), _PERMISSION),
    (re.compile(r"\bhow (?:do|can|should|does|to|would)\b", re.I), _WAY),
)  # fmt: skip


def expected_forms(question: str) -> ExpectedForms:
    """What answers to questions that begin like this one have in them: how many, a number; who, a name."""
    return ExpectedForms(tuple(form for asked, form in _ASKED if asked.search(question)))


def _rarity(asked: frozenset[str], texts: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each word of the question tells the sentences apart: the rarer among them, the more."""
    having = Counter(word for words in texts for word in asked & words)
    return {word: math.log(1 + (len(texts) + 1) / (having[word] + 0.5)) for word in asked}


def _share(weights: dict[str, float], words: frozenset[str]) -> float:
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in words) / total if total else 0.0
