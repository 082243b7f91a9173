"""Passages, triplets, lessons and chunks, made by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from learning.corpus import CorpusChunk
from learning.lessons import Lesson
from learning.triplets import Negative, Positive, Triplet
from learning.votes import Snapshot, Vote

SOURCE = "handbook"


def snapshot(text: str, document: str = "", chunk: str = "") -> Snapshot:
    """A passage of a document, or, where none is named, a person's own words."""
    return Snapshot(text, SOURCE if document else "", document, chunk)


def triplet(anchor: str, positive: Snapshot, negative: Snapshot, user: str = "U1") -> Triplet:
    """What the 👍 of `user` makes of an answer that cites the one and was found with the other."""
    up: Literal[1] = 1
    vote = Vote(user, datetime(2026, 3, 1, 12, tzinfo=UTC), 1, up, None, "all-MiniLM-L6-v2")
    return Triplet(anchor, "U0", Positive(positive, "cited", vote), Negative(negative, "retrieved", None))


def lesson(
    question: str, positives: Sequence[Snapshot], negatives: Sequence[Snapshot] = (), weight: float = 1.0
) -> Lesson:
    return Lesson(question, tuple(positives), tuple(negatives), weight, frozenset({"U1"}))


def chunk(id: str, document: str, text: str, title: str = "", heading: tuple[str, ...] = ()) -> CorpusChunk:
    return CorpusChunk(id, (SOURCE, document), title, heading, text, text)
