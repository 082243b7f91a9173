"""Private answers shared with a channel: each at most once, whoever presses how often, and across restarts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.shared_table import SharedAnswerRow
from storage.tables import utc_now


@dataclass(frozen=True)
class SharedAnswer:
    """An answer that is shared, or about to be: `reply_ts` is None until its message is known to stand, and empty
    where it stands and nobody knows its timestamp."""

    answer_id: int
    channel: str
    thread_ts: str | None
    user: str
    claimed_at: datetime
    reply_ts: str | None = None


class SharedAnswers:
    """The shared answers in a database. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, answer_id: int, channel: str, thread_ts: str | None, user: str) -> SharedAnswer | None:
        """The right to post this answer; None where somebody has it, or had it."""
        claimed = SharedAnswer(answer_id, channel, thread_ts, user, utc_now())
        row = SharedAnswerRow(
            answer_id=answer_id, channel=channel, thread_ts=thread_ts, user=user, claimed_at=claimed.claimed_at
        )
        try:
            with self._database.session() as session:
                session.add(row)
        except IntegrityError:
            return None
        return claimed

    def take_over(self, shared: SharedAnswer, after: timedelta) -> SharedAnswer | None:
        """The right to go on where whoever claimed it did nothing for so long: that process was killed, say."""
        now = utc_now()
        if shared.reply_ts is not None or now - shared.claimed_at < after:
            return None
        stale = (*_claim(shared), SharedAnswerRow.reply_ts.is_(None))
        with self._database.session() as session:
            taken = update(SharedAnswerRow).where(*stale).values(claimed_at=now).returning(SharedAnswerRow.id)
            return None if session.scalar(taken) is None else replace(shared, claimed_at=now)

    def release(self, shared: SharedAnswer) -> None:
        """Give the claim back: it was not posted."""
        with self._database.session() as session:
            session.execute(delete(SharedAnswerRow).where(*_claim(shared)))

    def stands(self, shared: SharedAnswer, reply_ts: str) -> SharedAnswer:
        """Its message stands, at `reply_ts`, which is empty where nobody knows."""
        with self._database.session() as session:
            session.execute(
                update(SharedAnswerRow).where(SharedAnswerRow.answer_id == shared.answer_id).values(reply_ts=reply_ts)
            )
        return replace(shared, reply_ts=reply_ts)

    def find(self, answer_id: int) -> SharedAnswer | None:
        """The share of this answer; None if it was never shared."""
        with self._database.session() as session:
            row = session.scalar(select(SharedAnswerRow).where(SharedAnswerRow.answer_id == answer_id))
        if row is None:
            return None
        return SharedAnswer(row.answer_id, row.channel, row.thread_ts, row.user, row.claimed_at, row.reply_ts)


def _claim(shared: SharedAnswer) -> tuple[ColumnElement[bool], ...]:
    return (SharedAnswerRow.answer_id == shared.answer_id, SharedAnswerRow.claimed_at == shared.claimed_at)
