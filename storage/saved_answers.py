"""Answers that people saved from Slack: kept, taken back, listed for the source that reads them, and forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
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
    `audience` is who may see the place where it was said. `author_name` is what people call the author, `said_at` when
    the message `ts` of `channel` was written; `answer_id` is the answer of Lore's that should have said this, if any.
    """

    question: str
    answer: str
    author: str
    channel: str
    permalink: str
    audience: Audience
    saved_by: str
    ts: str | None = None
    author_name: str | None = None
    said_at: datetime | None = None
    answer_id: int | None = None


@dataclass(frozen=True)
class ListedAnswer:
    """A saved answer as it is listed; `saved_at` moves when it is saved again."""

    question: str
    permalink: str
    audience: Audience
    saved_at: datetime
    author_name: str | None = None
    said_at: datetime | None = None


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
            row.ts, row.said_at, row.answer_id = saved.ts, saved.said_at, saved.answer_id
            row.author_name = None if saved.author_name is None else storable(saved.author_name)
            row.saved_at, row.removed_at = utc_now(), None

    def remove(self, permalink: str) -> bool:
        """Take back what was saved of this message, and the documents made of it; False where nothing stands.

        What the index still has of these is found by nobody; the next sync clears it away.
        """
        standing = (SavedAnswerRow.permalink == permalink, SavedAnswerRow.removed_at.is_(None))
        with self._database.session() as session:
            removed = update(SavedAnswerRow).where(*standing).values(removed_at=utc_now()).returning(SavedAnswerRow.id)
            if session.scalar(removed) is None:
                return False
            _delete_documents(session, permalink)
            return True

    def find(self, permalink: str) -> SavedAnswer | None:
        """What stands saved of this message."""
        return self._find(SavedAnswerRow.permalink == permalink)

    def of_message(self, channel: str, ts: str) -> SavedAnswer | None:
        """What stands saved of the message `ts` of a channel."""
        return self._find(and_(SavedAnswerRow.channel == channel, SavedAnswerRow.ts == ts))

    def any_ever(self) -> bool:
        """Whether anything was ever saved, or is left of the source that listed it."""
        with self._database.session() as session:
            saved = session.scalar(select(SavedAnswerRow.id).limit(1))
            listed = session.scalar(select(SourceRow.id).where(SourceRow.connector == SOURCE_KIND).limit(1))
        return saved is not None or listed is not None

    def _find(self, which: ColumnElement[bool]) -> SavedAnswer | None:
        with self._database.session() as session:
            row = session.scalar(select(SavedAnswerRow).where(which, SavedAnswerRow.removed_at.is_(None)))
        if row is None:
            return None
        return SavedAnswer(
            question=row.question,
            answer=row.answer,
            author=row.author,
            channel=row.channel,
            permalink=row.permalink,
            audience=frozenset(row.audience),
            saved_by=row.saved_by,
            ts=row.ts,
            author_name=row.author_name,
            said_at=row.said_at,
            answer_id=row.answer_id,
        )

    def list(self) -> Iterator[ListedAnswer]:
        """Every answer that stands, in the order in which their messages were first saved."""
        row, last = SavedAnswerRow, 0
        columns = (row.id, row.question, row.permalink, row.audience, row.saved_at, row.author_name, row.said_at)
        while True:
            query = select(*columns).where(row.removed_at.is_(None), row.id > last).order_by(row.id).limit(_PAGE)
            with self._database.session() as session:
                found = session.execute(query).all()
            for _, question, permalink, audience, saved_at, author_name, said_at in found:
                yield ListedAnswer(question, permalink, frozenset(audience), saved_at, author_name, said_at)
            if len(found) < _PAGE:
                return
            last = found[-1].id


def forget_saved(session: Session, user: str) -> int:
    """Delete the answers that a person wrote or saved, with the documents made of them; returns how many.

    What the index still has of these is found by nobody, as its documents are gone; the next sync clears it away.
    """
    theirs = or_(SavedAnswerRow.author == user, SavedAnswerRow.saved_by == user)
    gone = session.scalars(delete(SavedAnswerRow).where(theirs).returning(SavedAnswerRow.permalink)).all()
    for permalink in gone:
        _delete_documents(session, permalink)
    return len(gone)


def _delete_documents(session: Session, permalink: str) -> None:
    sources = select(SourceRow.id).where(SourceRow.connector == SOURCE_KIND)
    document = (DocumentRow.external_id == permalink, DocumentRow.source_id.in_(sources))
    session.execute(delete(DocumentRow).where(*document).execution_options(synchronize_session=False))
