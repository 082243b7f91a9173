"""The table of private answers that were shared with a channel."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, utc_now


class SharedAnswerRow(Base):
    """A private answer that its asker shared, once: the row is the claim of whoever posts it.

    `thread_ts` is the thread in the channel, NULL where it stands in the channel itself. `reply_ts` is the message's
    own timestamp: NULL until it is known to stand, empty where it stands and Slack did not tell its timestamp.
    """

    __tablename__ = "shared_answers"
    __table_args__ = (Index("ix_shared_answers_channel_reply_ts", "channel", "reply_ts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), unique=True)
    channel: Mapped[str] = mapped_column(String(30))
    thread_ts: Mapped[str | None] = mapped_column(String(60))
    user: Mapped[str] = mapped_column(String(60))
    claimed_at: Mapped[datetime] = mapped_column(default=utc_now)
    reply_ts: Mapped[str | None] = mapped_column(String(60))
