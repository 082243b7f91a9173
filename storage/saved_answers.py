"""Answers that people saved from Slack: kept, taken back, listed for the source that reads them, and forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.document import Audience
from storage.storable import storable
from storage.tables import DocumentRow, SavedAnswerRow, SourceRow, utc_now

SOURCE_KIND = "answers"
"""The connector that makes documents of saved answers; a document's id there is the answer's permalink."""

_PAGE = 500


@dataclass(frozen=True)
class SavedAnswer:
    """A question and the Markdown that answers it, as it was saved. `author` wrote the answer, `saved_by` saved it.

    `permalink` is the address of the answer's message, by which it is known: saving that message again replaces it.
    `audience` is who may see the place where it was said.
    """

    question: str
    answer: str
    author: str
    channel: str
    permalink: str
    audience: Audience
    saved_by: str


@dataclass(frozen=True)
class ListedAnswer:
    """A saved answer as it is listed; `saved_at` moves when it is saved again."""

    question: str
    permalink: str
    audience: Audience
    saved_at: datetime


class SavedAnswers:
    """The saved answers in a database. Safe to share between threads. Raises DatabaseError as every use of it does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, saved: SavedAnswer) -> None:
        """Keep an answer; one of the same message, removed or not, is replaced."""
        try:
            self._write(saved)
        except IntegrityError:  # another process has saved the same message just now, so that there is a row to replace
            self._write(saved)

    def _write(self, saved: SavedAnswer) -> None:
        with self._database.session() as session:
            row = session.scalar(select(SavedAnswerRow).where(SavedAnswerRow.permalink == saved.permalink))
            if row is None:
                row = SavedAnswerRow(permalink=saved.permalink)
                session.add(row)
            row.question, row.answer = storable(saved.question), storable(saved.answer)
            row.author, row.channel = saved.author, saved.channel
            row.audience, row.saved_by = sorted(saved.audience), saved.saved_by
            row.saved_at, row.removed_at = utc_now(), None

    def remove(self, permalink: str) -> bool:
        """Take back what was saved of this message; False where nothing stands."""
        standing = (SavedAnswerRow.permalink == permalink, SavedAnswerRow.removed_at.is_(None))
        with self._database.session() as session:
            removed = update(SavedAnswerRow).where(*standing).values(removed_at=utc_now()).returning(SavedAnswerRow.id)
            return session.scalar(removed) is not None

    def find(self, permalink: str) -> SavedAnswer | None:
        """What stands saved of this message."""
        standing = (SavedAnswerRow.permalink == permalink, SavedAnswerRow.removed_at.is_(None))
        with self._database.session() as session:
            row = session.scalar(select(SavedAnswerRow).where(*standing))
        if row is None:
            return None
        return SavedAnswer(
            row.question, row.answer, row.author, row.channel, row.permalink, frozenset(row.audience), row.saved_by
        )

    def list(self) -> Iterator[ListedAnswer]:
        """Every answer that stands, in the order in which their messages were first saved."""
        row, last = SavedAnswerRow, 0
        columns = (row.id, row.question, row.permalink, row.audience, row.saved_at)
        while True:
            query = select(*columns).where(row.removed_at.is_(None), row.id > last).order_by(row.id).limit(_PAGE)
            with self._database.session() as session:
                found = session.execute(query).all()
            for _, question, permalink, audience, saved_at in found:
                yield ListedAnswer(question, permalink, frozenset(audience), saved_at)
            if len(found) < _PAGE:
                return
            last = found[-1].id


def forget_saved(session: Session, user: str) -> int:
    """Delete the answers that a person wrote or saved, with the documents made of them; returns how many.

    What the index still has of these is found by nobody, as its documents are gone; the next sync clears it away.
    """
    theirs = or_(SavedAnswerRow.author == user, SavedAnswerRow.saved_by == user)
    gone = session.scalars(delete(SavedAnswerRow).where(theirs).returning(SavedAnswerRow.permalink)).all()
    sources = select(SourceRow.id).where(SourceRow.connector == SOURCE_KIND)
    for permalink in gone:
        document = (DocumentRow.external_id == permalink, DocumentRow.source_id.in_(sources))
        session.execute(delete(DocumentRow).where(*document).execution_options(synchronize_session=False))
    return len(gone)
