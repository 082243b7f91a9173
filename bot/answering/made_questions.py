"""Questions with a known source, made from the corpus itself: nobody has to write or label any."""

import random
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from bot.answering.sentences import sentences
from bot.answering.words import content_words, tokens
from storage.database import Database
from storage.tables import ChunkRow, DocumentRow

ASKING = ("how do I", "what is", "who", "when", "where is", "can I", "how many", "which", "is there", "do I need")
FEWEST_WORDS = 2
"""Words that carry meaning, without which a question asks for nothing."""

_SHORTEST_SENTENCE, _LONGEST_SENTENCE = 7, 40
_SHORTEST_PART, _LONGEST_PART = 5, 9


@dataclass(frozen=True)
class MadeQuestion:
    """A question in the words of a heading, or of a part of a sentence, and the document that they come from."""

    text: str
    source: str
    document: str
    chunk_id: str


def made_questions(database: Database, seed: int, chunks: int) -> Iterator[MadeQuestion]:
    """A question of each of `chunks` chunks drawn at random, but for those that have no words for one."""
    rng = random.Random(seed)
    seen: set[str] = set()
    for row in _drawn(database, rng, chunks):
        words = _words(row, rng)
        text = f"{rng.choice(ASKING)} {' '.join(words)}?"
        if len(content_words(" ".join(words))) >= FEWEST_WORDS and text not in seen:
            seen.add(text)
            yield MadeQuestion(text, row.source, row.document, row.chunk_id)


@dataclass(frozen=True)
class _Row:
    chunk_id: str
    heading: str
    text: str
    document: str
    source: str


def _drawn(database: Database, rng: random.Random, chunks: int) -> list[_Row]:
    # Ids are digests, so those that follow a point drawn at random are drawn at random; the first ones follow the last.
    start = str(uuid.UUID(int=rng.getrandbits(128)))
    query = select(ChunkRow).join(DocumentRow).order_by(ChunkRow.id).limit(chunks)
    with database.session() as session:
        rows = list(session.scalars(query.where(ChunkRow.id >= start)))
        if len(rows) < chunks:
            rows += session.scalars(query.where(ChunkRow.id < start).limit(chunks - len(rows)))
        drawn = [
            _Row(
                row.id,
                row.heading[-1] if row.heading else row.document.title,
                row.text,
                row.document.external_id,
                row.document.source.name,
            )
            for row in rows
        ]
    rng.shuffle(drawn)
    return drawn


def _words(row: _Row, rng: random.Random) -> list[str]:
    """The heading's, or some that follow each other in a sentence: both as people who look for it might say it."""
    if rng.random() < 0.5:
        return tokens(re.sub(r"\W*\?$", "", row.heading))
    whole = [one for one in sentences(row.text) if _SHORTEST_SENTENCE <= one.words <= _LONGEST_SENTENCE]
    whole = [one for one in whole if not one.is_link]
    if not whole:
        return tokens(row.heading)
    words = tokens(rng.choice(whole).plain)
    length = rng.randint(_SHORTEST_PART, _LONGEST_PART)
    start = rng.randrange(max(1, len(words) - length + 1))
    return words[start : start + length]
