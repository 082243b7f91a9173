"""Documents that could not be read: recorded, tried again after growing waits, and listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from ingestion.connectors import DocumentRef
from storage.database import Database
from storage.document import Audience
from storage.storable import storable
from storage.tables import DocumentRow, SourceRow, utc_now

FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True)
class Failure:
    """A document that could not be read at any time `since` then, in `attempts` at the revision that it has now.

    The first sync after `next_try` tries it again, and an earlier one does where its revision changes.
    """

    source: str
    document: str
    title: str
    url: str
    error: str
    since: datetime
    attempts: int
    next_try: datetime


def failures(database: Database, sources: Sequence[str] = (), limit: int | None = None) -> list[Failure]:
    """The documents of these sources that cannot be read, or of all where none is named; by source, then document.

    The first `limit` of them, where one is given.
    """
    columns = (
        SourceRow.name,
        DocumentRow.external_id,
        DocumentRow.title,
        DocumentRow.url,
        DocumentRow.error,
        DocumentRow.failed_since,
        DocumentRow.attempts,
        DocumentRow.retry_at,
    )
    query = select(*columns).join(DocumentRow.source).where(DocumentRow.retry_at.is_not(None))
    if sources:
        query = query.where(SourceRow.name.in_(sources))
    with database.session() as session:
        rows = session.execute(query.order_by(SourceRow.name, DocumentRow.external_id).limit(limit))
        return [
            Failure(source, id, title, url, error or "", since or next_try, attempts, next_try)
            for source, id, title, url, error, since, attempts, next_try in rows
            if next_try is not None
        ]


def try_again(database: Database, source: str) -> int:
    """Let the next sync of this source try all that failed, without a wait; returns how many documents that is."""
    of_source = select(SourceRow.id).where(SourceRow.name == source)
    failed = (DocumentRow.source_id.in_(of_source), DocumentRow.retry_at.is_not(None))
    with database.session() as session:
        count = session.scalar(select(func.count()).select_from(DocumentRow).where(*failed)) or 0
        session.execute(update(DocumentRow).where(*failed).values(retry_at=utc_now()))
    return count


def wait_after(attempts: int) -> timedelta:
    """How long a document that failed so many times (1 and up) is left alone: 15 minutes, doubling up to a day."""
    doublings = min(attempts - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def note_failure(
    database: Database,
    source_id: int,
    ref: DocumentRef,
    audience: Audience,
    revision: str,
    error: str,
    now: datetime,
) -> None:
    """Put on record that the document could not be read at this revision. What was read of it before stands."""
    these = (DocumentRow.source_id == source_id, DocumentRow.external_id == ref.id)
    columns = (DocumentRow.id, DocumentRow.failed_revision, DocumentRow.failed_since, DocumentRow.attempts)
    with database.session() as session:
        row = session.execute(select(*columns).where(*these)).one_or_none()
        attempts = row.attempts + 1 if row is not None and row.failed_revision == revision else 1
        since = row.failed_since if row is not None and row.failed_since is not None else now
        failure = {
            "error": storable(error),
            "failed_revision": revision,
            "failed_since": since,
            "attempts": attempts,
            "retry_at": now + wait_after(attempts),
        }
        if row is not None:
            session.execute(update(DocumentRow).where(DocumentRow.id == row.id).values(**failure))
        else:
            session.add(
                DocumentRow(
                    source_id=source_id,
                    external_id=ref.id,
                    title=storable(ref.title),
                    url=storable(ref.url),
                    revision="",
                    content_hash="",
                    markdown="",
                    audience=sorted(audience),
                    **failure,
                )
            )
