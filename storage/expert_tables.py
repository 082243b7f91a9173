"""The table of questions that were handed to a channel's experts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, utc_now


class ExpertRequestRow(Base):
    """A question that a channel's experts are asked, once an answer: two who ask at once meet the constraint.

    `question` is what they are shown, as `asked_by` let them see it; `experts` are Slack's ids of people and user
    groups. It is posted in `channel`, in the thread of `thread_ts`, or, where that is NULL, begins a thread of its own.
    `ts` is its message's, NULL until that stands: a restart looks for it, and posts what is not there.
    """

    __tablename__ = "expert_requests"
    __table_args__ = (Index("ix_expert_requests_channel_ts", "channel", "ts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), unique=True)
    asked_by: Mapped[str] = mapped_column(String(60))
    question: Mapped[str]
    experts: Mapped[list[str]]
    channel: Mapped[str] = mapped_column(String(30))
    thread_ts: Mapped[str | None] = mapped_column(String(60))
    ts: Mapped[str | None] = mapped_column(String(60))
    requested_at: Mapped[datetime] = mapped_column(default=utc_now)
