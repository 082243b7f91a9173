"""The text that stands before and after a passage in its document, for whoever can read more than the passage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, or_, select

from storage.database import Database
from storage.document import Audience
from storage.passage import Passage
from storage.surroundings import NEAR
from storage.tables import ChunkRow, DocumentRow

_MOST_CHUNKS = 3
"""Chunks that one passage may have been joined of."""


@dataclass(frozen=True)
class Neighbour:
    """A chunk near a passage in the passage's document."""

    chunk_id: str
    heading: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Neighbours:
    """Those `before` a passage and those `after` it, each the nearest first, NEAR at most."""

    before: tuple[Neighbour, ...] = ()
    after: tuple[Neighbour, ...] = ()


def neighbours(database: Database, passages: Sequence[Passage], audience: Audience) -> dict[str, Neighbours]:
    """By a passage's chunk, what stands around it and somebody of `audience` may see.

    A passage whose document was written anew since it was found has none.
    """
    documents = select(ChunkRow.id, ChunkRow.document_id, DocumentRow.audience).join(DocumentRow)
    with database.session() as session:
        found = session.execute(documents.where(ChunkRow.id.in_([passage.chunk_id for passage in passages])))
        document_of = {id: document for id, document, may_see in found if audience & set(may_see)}
        ranges = [
            and_(
                ChunkRow.document_id == document_of[passage.chunk_id],
                ChunkRow.position.between(passage.position - NEAR, passage.position + _MOST_CHUNKS - 1 + NEAR),
            )
            for passage in passages
            if passage.chunk_id in document_of
        ]
        rows = session.scalars(select(ChunkRow).where(or_(*ranges)).order_by(ChunkRow.position)).all() if ranges else []
    return {
        passage.chunk_id: _around(passage, [row for row in rows if row.document_id == document_of[passage.chunk_id]])
        for passage in passages
        if passage.chunk_id in document_of
    }


def _around(passage: Passage, rows: Sequence[Any]) -> Neighbours:
    last = passage.position
    for row in rows:
        if row.position == last + 1 and row.position < passage.position + _MOST_CHUNKS and row.text in passage.text:
            last = row.position
    before = [row for row in reversed(rows) if passage.position - NEAR <= row.position < passage.position]
    after = [row for row in rows if last < row.position <= last + NEAR]
    return Neighbours(tuple(map(_neighbour, before)), tuple(map(_neighbour, after)))


def _neighbour(row: Any) -> Neighbour:
    return Neighbour(row.id, tuple(row.heading), row.text)
