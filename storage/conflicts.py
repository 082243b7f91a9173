"""Conflicts that were met between documents, for whoever keeps these: each once, until one of the two is changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from storage.conflict_table import ConflictRow
from storage.database import Database
from storage.links import link_to
from storage.storable import storable
from storage.tables import ChunkRow, DocumentRow, SourceRow, utc_now

About = Literal["number", "date", "yes or no"]
"""What two sentences disagree on."""


@dataclass(frozen=True)
class Said:
    """A sentence of a document: `source` is the source's name, `document` the id in it. It stands in the chunk
    `chunk_id`, to whose heading `anchor` leads."""

    source: str
    document: str
    chunk_id: str
    sentence: str
    anchor: str | None = None


@dataclass(frozen=True)
class Side:
    """One of the two sentences of a conflict, with its document as it is now."""

    source: str
    document: str
    title: str
    url: str
    changed_at: datetime | None
    sentence: str


@dataclass(frozen=True)
class KnownConflict:
    """A conflict that was met, and stands. The first of the two is of the document that was changed later."""

    about: About
    sides: tuple[Side, Side]
    met: int
    first_met_at: datetime
    last_met_at: datetime


class ConflictLog:
    """The conflicts that were met, in SQL. Safe to share between threads. Raises DatabaseError as its every use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, met: Sequence[tuple[About, Said, Said]]) -> None:
        """Note that these were met now. One whose chunks are not there any more is left out: the documents changed."""
        for about, one, other in met:
            try:
                self._record(about, one, other)
            except IntegrityError:  # another process met it first at this moment, or a document went meanwhile
                self._record(about, one, other)

    def standing(self) -> list[KnownConflict]:
        """All that stand, the last met first. Those of which a document was changed since are forgotten."""
        one, other = aliased(DocumentRow), aliased(DocumentRow)
        source, other_source = aliased(SourceRow), aliased(SourceRow)
        query = (
            select(ConflictRow, one, other, source.name, other_source.name)
            .join(one, ConflictRow.one_id == one.id)
            .join(other, ConflictRow.other_id == other.id)
            .join(source, one.source_id == source.id)
            .join(other_source, other.source_id == other_source.id)
            .order_by(ConflictRow.last_met_at.desc(), ConflictRow.id)
        )
        with self._database.session() as session:
            self._forget_changed(session)
            return [
                _known(
                    row,
                    _side(name, document, row.one_sentence, row.one_anchor),
                    _side(other_name, other_document, row.other_sentence, row.other_anchor),
                )
                for row, document, other_document, name, other_name in session.execute(query)
            ]

    def _record(self, about: About, one: Said, other: Said) -> None:
        one, other = sorted((one, other), key=lambda said: (said.source, said.document, said.sentence))
        parts = (about, one.source, one.document, one.sentence, other.source, other.document, other.sentence)
        digest = hashlib.sha256("\0".join(map(storable, parts)).encode()).hexdigest()
        with self._database.session() as session:
            documents = [_document(session, said) for said in (one, other)]
            if documents[0] is None or documents[1] is None:
                return
            (one_id, one_hash), (other_id, other_hash) = documents[0], documents[1]
            row = session.scalar(select(ConflictRow).where(ConflictRow.digest == digest))
            if row is None:
                row = ConflictRow(digest=digest, about=about, one_id=one_id, other_id=other_id, met=0)
                row.one_sentence, row.other_sentence = storable(one.sentence), storable(other.sentence)
                session.add(row)
            row.one_id, row.one_hash, row.one_anchor = one_id, one_hash, one.anchor
            row.other_id, row.other_hash, row.other_anchor = other_id, other_hash, other.anchor
            row.met, row.last_met_at = row.met + 1, utc_now()

    @staticmethod
    def _forget_changed(session: Session) -> None:
        changed = or_(
            and_(DocumentRow.id == ConflictRow.one_id, DocumentRow.content_hash != ConflictRow.one_hash),
            and_(DocumentRow.id == ConflictRow.other_id, DocumentRow.content_hash != ConflictRow.other_hash),
        )
        gone = session.scalars(select(ConflictRow.id).join(DocumentRow, changed)).all()
        if gone:
            session.execute(delete(ConflictRow).where(ConflictRow.id.in_(gone)))


def _document(session: Session, said: Said) -> tuple[int, str] | None:
    query = (
        select(DocumentRow.id, DocumentRow.content_hash)
        .join(ChunkRow, ChunkRow.document_id == DocumentRow.id)
        .where(ChunkRow.id == said.chunk_id)
    )
    row = session.execute(query).first()
    return None if row is None else (row.id, row.content_hash)


def _side(source: str, document: DocumentRow, sentence: str, anchor: str | None) -> Side:
    url = link_to(document.url, anchor)
    return Side(source, document.external_id, document.title, url, document.changed_at, sentence)


def _known(row: ConflictRow, one: Side, other: Side) -> KnownConflict:
    about = next(kind for kind in ("number", "date", "yes or no") if kind == row.about)
    is_older = other.changed_at is not None and (one.changed_at is None or one.changed_at < other.changed_at)
    sides = (other, one) if is_older else (one, other)
    return KnownConflict(about, sides, row.met, row.first_met_at, row.last_met_at)
