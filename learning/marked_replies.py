"""A person's reply that was marked as the answer: kept with the vote of who marked it, as the right source.

The correction is the address of the saved answer, by which `learning.votes` finds its document once that is synced.
"""

from contextlib import suppress

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.questions import MOST_ATTEMPTS
from storage.tables import AnswerRow, FeedbackRow, utc_now

A_PERSON_ANSWERED = "a_person_answered"
"""The reason of a 👎 that nobody gave by hand: Lore had no good answer, and a person's reply was marked as one."""


def mark(database: Database, answer_id: int, user: str, permalink: str) -> bool:
    """Name the saved answer as the right source of Lore's answer; False where there is no such answer (any more).

    A vote of the person's that stands keeps its value and reason; where none does, one is written, with a reason of its
    own. Marking again makes the vote the latest, so that it is read anew: its document may be there only now.
    """
    for _ in range(MOST_ATTEMPTS - 1):
        with suppress(IntegrityError):  # their vote was written between the look and the write: look again
            return _mark(database, answer_id, user, permalink)
    return _mark(database, answer_id, user, permalink)


def unmark(database: Database, answer_id: int, user: str, permalink: str) -> None:
    """Take that back, with the vote where it was written for this alone."""
    named = (FeedbackRow.answer_id == answer_id, FeedbackRow.user == user, FeedbackRow.correction == permalink)
    with database.session() as session:
        session.execute(delete(FeedbackRow).where(*named, FeedbackRow.reason == A_PERSON_ANSWERED))
        session.execute(update(FeedbackRow).where(*named).values(correction=None, updated_at=utc_now()))


def _mark(database: Database, answer_id: int, user: str, permalink: str) -> bool:
    with database.session() as session:
        if session.get(AnswerRow, answer_id) is None:
            return False
        row = session.scalar(
            select(FeedbackRow).where(FeedbackRow.answer_id == answer_id, FeedbackRow.user == user).with_for_update()
        )
        if row is None:
            row = FeedbackRow(answer_id=answer_id, user=user, vote=-1, reason=A_PERSON_ANSWERED)
            session.add(row)
        row.correction, row.updated_at = permalink, utc_now()
        return True
