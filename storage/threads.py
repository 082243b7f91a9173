"""Threads that Lore takes part in: who started them, where it was told to stop, and what it kept silent about."""

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import IntegrityError

from storage.channel_tables import StoppedThreadRow
from storage.database import Database
from storage.tables import AnswerRow, QuestionRow, utc_now

_UNASKED = ("follow_up", "overheard")
_PUT_TO_LORE = or_(QuestionRow.surface.not_in(_UNASKED), QuestionRow.reply_ts.is_not(None))
"""What Lore was asked, or answered though it was not."""


class ThreadLog:
    """What is known of threads, in SQL. Safe to share between threads of the process, and between processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def starter(self, team: str, channel: str, thread_ts: str) -> str | None:
        """The person whose question began the thread, None where it began otherwise."""
        first = (QuestionRow.team == team, QuestionRow.channel == channel, QuestionRow.ts == thread_ts)
        with self._database.session() as session:
            return session.scalar(select(QuestionRow.user).where(*first, _PUT_TO_LORE))

    def takes_part(self, team: str, channel: str, thread_ts: str) -> bool:
        """Whether Lore was asked anything in this thread."""
        within = or_(QuestionRow.ts == thread_ts, QuestionRow.thread_ts == thread_ts)
        here = (QuestionRow.team == team, QuestionRow.channel == channel, within)
        with self._database.session() as session:
            return session.scalar(select(QuestionRow.id).where(*here, _PUT_TO_LORE).limit(1)) is not None

    def stop(self, team: str, channel: str, thread_ts: str, user: str) -> bool:
        """Let nothing be answered in this thread until `resume`; whether that is new."""
        row = StoppedThreadRow(team=team, channel=channel, thread_ts=thread_ts, stopped_by=user)
        try:
            with self._database.session() as session:
                session.add(row)
        except IntegrityError:
            return False
        return True

    def resume(self, team: str, channel: str, thread_ts: str) -> None:
        """Let the thread be answered as any other."""
        row = StoppedThreadRow
        here = (row.team == team, row.channel == channel, row.thread_ts == thread_ts)
        with self._database.session() as session:
            session.execute(delete(row).where(*here))

    def is_stopped(self, team: str, channel: str, thread_ts: str) -> bool:
        """Whether somebody told Lore to stop in this thread."""
        with self._database.session() as session:
            return session.get(StoppedThreadRow, (team, channel, thread_ts)) is not None

    def keep_silent(self, question_id: int, reason: str) -> None:
        """Nothing is said to this question. That it came is kept, so that it is not taken in again; its words are not,
        as nobody put them to Lore."""
        with self._database.session() as session:
            question = session.get_one(QuestionRow, question_id, with_for_update=True)
            question.text = ""
            session.execute(delete(AnswerRow).where(AnswerRow.question_id == question_id))
            session.add(
                AnswerRow(
                    question_id=question_id,
                    kind="silent",
                    text="",
                    reason=reason,
                    embedding_model="",
                    timings_ms={},
                    delivered_at=utc_now(),
                )
            )
