"""A person's latest questions, and what became of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from storage.database import Database
from storage.questions import Asked, Kind
from storage.shared_table import SharedAnswerRow
from storage.tables import AnswerRow, FeedbackRow, QuestionRow


@dataclass(frozen=True)
class RecentQuestion:
    """A question, its answer's kind (None while it is worked on), the asker's own vote, and where it was shared.

    `reply_ts` is the reply's message, `shared` the channel, the thread and the message of a private answer's share.
    """

    asked: Asked
    asked_at: datetime
    kind: Kind | None
    vote: int | None
    reply_ts: str | None
    shared: tuple[str, str | None, str] | None


def recent_questions(database: Database, team: str, user: str, limit: int) -> list[RecentQuestion]:
    """The latest `limit` questions that this person asked in Slack, the newest first."""
    query = (
        select(QuestionRow, AnswerRow, FeedbackRow.vote, SharedAnswerRow)
        .outerjoin(AnswerRow, AnswerRow.question_id == QuestionRow.id)
        .outerjoin(FeedbackRow, (FeedbackRow.answer_id == AnswerRow.id) & (FeedbackRow.user == user))
        .outerjoin(SharedAnswerRow, SharedAnswerRow.answer_id == AnswerRow.id)
        .where(QuestionRow.team == team, QuestionRow.user == user, QuestionRow.surface != "terminal")
        .order_by(QuestionRow.id.desc())
        .limit(limit)
    )
    with database.session() as session:
        return [_recent(*row) for row in session.execute(query)]


def _recent(
    question: QuestionRow, answer: AnswerRow | None, vote: int | None, share: SharedAnswerRow | None
) -> RecentQuestion:
    surface: Any = question.surface
    kind: Any = answer.kind if answer is not None and answer.delivered_at is not None else None
    return RecentQuestion(
        asked=Asked(
            surface,
            question.team,
            question.channel,
            question.ts,
            question.user,
            question.text,
            question.thread_ts,
            question.reply_to,
        ),
        asked_at=question.asked_at,
        kind=kind,
        vote=vote,
        reply_ts=question.reply_ts,
        shared=(share.channel, share.thread_ts, share.reply_ts) if share is not None and share.reply_ts else None,
    )
