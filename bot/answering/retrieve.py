"""A question into passages that may answer it, and the judgement of whether they can."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answering.confidence import THRESHOLD, ConfidenceOf, shipped
from bot.answering.conflicts import Conflict, Found, find_conflicts
from bot.answering.evidence import Evidence, EvidenceReader
from bot.answering.sentences import split_sentences
from bot.answering.words import content_words, tokens
from storage.document import Audience
from storage.embedder import Embedder
from storage.index import ALL_SOURCES
from storage.knowledge import KnowledgeBase, Passage

CANDIDATES = 30
KEPT = 12
"""Passages that the writer sees. Of the handbook's answers that are among 20, 97 % are in these."""

_MOST_CHUNKS_MERGED = 3
_SAME = 0.9
"""The share of words that two passages have in common, from which on the second says nothing new."""

_LONGEST_UNCUT = 500
_CHARACTERS_PER_TOKEN = 8
_SLACK_EMOJI = re.compile(r":[a-z0-9_+'-]+:")


@dataclass(frozen=True)
class Retrieved:
    """What was found for a question: passages, best first, and their sentences, best first.

    `confidence` (0 to 1) is how likely the passages hold the answer. `found` is all that the search found, best first,
    neither merged nor cut to what the writer sees.
    """

    passages: tuple[Passage, ...]
    evidence: tuple[Evidence, ...]
    confidence: float
    embed_ms: float
    search_ms: float
    read_ms: float
    found: tuple[Passage, ...] = ()

    @property
    def may_answer(self) -> bool:
        """Whether it is likely enough that the passages hold the answer."""
        return bool(self.evidence) and self.confidence >= THRESHOLD


class Retriever:
    """Finds passages and reads them. Safe to share between threads."""

    def __init__(self, knowledge: KnowledgeBase, confidence_of: ConfidenceOf = shipped) -> None:
        self._knowledge = knowledge
        self._confidence_of = confidence_of
        self._reader = EvidenceReader(knowledge.embedder)

    def retrieve(self, question: str, audience: Audience, sources: frozenset[str] = ALL_SOURCES) -> Retrieved:
        """The passages of what somebody of `audience` may see, in these sources, that may answer the question.

        `question` stands alone: `bot.answering.follow_up` sees to that.
        """
        visible = what_the_model_sees(question, self._knowledge.embedder)
        found = self._knowledge.search(visible, audience, CANDIDATES, sources)
        begun = time.perf_counter()
        passages = passages_to_read(found.passages)
        evidence = self._reader.read(visible, passages)
        confidence = self._confidence_of(found.model).of(passages, evidence)
        read_ms = (time.perf_counter() - begun) * 1e3
        return Retrieved(
            tuple(passages), tuple(evidence), confidence, found.embed_ms, found.search_ms, read_ms, found.passages
        )

    def conflicts(self, question: str, retrieved: Retrieved) -> list[Conflict]:
        """Where what was found for a question disagrees about the answer."""
        visible = what_the_model_sees(question, self._knowledge.embedder)
        everything = Everything(self._reader, visible, retrieved.passages, retrieved.found)
        return find_conflicts(question, retrieved.evidence, everything, self._knowledge.embedder)


@dataclass(frozen=True)
class Everything:
    """All that was found for a question, read as far as the search for conflicts asks for it.

    `passages` are those that the writer sees; `found` has these too, neither merged nor cut.
    """

    reader: EvidenceReader
    question: str
    passages: Sequence[Passage]
    found: Sequence[Passage]

    def quotable(self) -> Found:
        """Every sentence of the passages, then of what else was found."""
        rest = [one for one in self.found if not any(_holds(passage, one) for passage in self.passages)]
        return self.reader.quotable([*self.passages, *rest])

    def scores(self, found: Found) -> list[float]:
        """How well each sentence answers the question, by words that are rare or common in the passages."""
        return [evidence.score for evidence in self.reader.weigh(self.question, self.passages, found)]


def is_a_question(text: str) -> bool:
    """Whether there is anything to look for: a word that is more than one letter, emoji, punctuation or a stop word."""
    words = _SLACK_EMOJI.sub(" ", text)
    return any(len(word) > 1 for word in tokens(words)) and bool(content_words(words))


def what_the_model_sees(question: str, embedder: Embedder) -> str:
    """A long message cut to what the embedding model takes: the questions in it, or its beginning if it has none.

    The model would ignore all after its first words, and the question often stands at the end of a story.
    """
    if len(question) <= _LONGEST_UNCUT:
        return question
    parts = [question[start:end] for start, end in split_sentences(question)]
    parts = [part for part in parts if part.endswith(("?", "？", "؟"))] or parts
    left = embedder.max_tokens - 2
    kept: list[str] = []
    for part in parts:
        part = part[: left * _CHARACTERS_PER_TOKEN]
        left -= embedder.count_tokens([part])[0] - 2
        if left < 0 and kept:
            break
        kept.append(part)
    return " ".join(kept)


def passages_to_read(found: Sequence[Passage]) -> list[Passage]:
    """The passages that the writer sees of what a search found, each said once, ranked anew."""
    passages = without_duplicates(merge_neighbours(found), KEPT)
    return [replace(passage, rank=rank) for rank, passage in enumerate(passages, start=1)]


def merge_neighbours(passages: Sequence[Passage]) -> list[Passage]:
    """The passages with those that follow each other below one heading made one, in the place of the better."""
    merged: list[list[Passage]] = []
    for passage in passages:
        group = next((group for group in merged if _adjoins(group, passage)), None)
        if group is None:
            merged.append([passage])
        else:
            group.append(passage)
    return [_joined(group) for group in merged]


def without_duplicates(passages: Sequence[Passage], most: int) -> list[Passage]:
    """The first `most` passages that say something which a better one does not say already."""
    kept: list[tuple[Passage, frozenset[str]]] = []
    for passage in passages:
        if len(kept) == most:
            break
        words = frozenset(tokens(passage.text))
        if not any(_alike(words, other) for _, other in kept):
            kept.append((passage, words))
    return [passage for passage, _ in kept]


def _holds(passage: Passage, chunk: Passage) -> bool:
    """Whether a passage, which may be of several chunks, has this one in it."""
    return passage.document == chunk.document and chunk.text in passage.text


def _adjoins(group: Sequence[Passage], passage: Passage) -> bool:
    first = group[0]
    return (
        len(group) < _MOST_CHUNKS_MERGED
        and (first.document.source, first.document.id) == (passage.document.source, passage.document.id)
        and first.heading == passage.heading
        and any(abs(one.position - passage.position) == 1 for one in group)
    )


def _joined(group: Sequence[Passage]) -> Passage:
    if len(group) == 1:
        return group[0]
    in_order = sorted(group, key=lambda passage: passage.position)
    return replace(group[0], text="\n\n".join(passage.text for passage in in_order), position=in_order[0].position)


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    if min(len(one), len(other)) < _SAME * max(len(one), len(other)):
        return False
    both = len(one & other)
    return both >= _SAME * len(one | other)
