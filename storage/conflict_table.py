"""The table of conflicts that were met: two sentences of the documents that disagree."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.table_base import Base, utc_now


class ConflictRow(Base):
    """Two sentences that disagree on a number, a date, or yes and no: `about`. They may stand in one document.

    `digest` is of both, whichever came first, so that one conflict is one row. The hashes are those of the documents as
    they were: where one is another now, the row says nothing any more.
    """

    __tablename__ = "conflicts"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    about: Mapped[str] = mapped_column(String(20))
    one_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), index=True)
    one_hash: Mapped[str] = mapped_column(String(64))
    one_sentence: Mapped[str]
    one_anchor: Mapped[str | None]
    other_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), index=True)
    other_hash: Mapped[str] = mapped_column(String(64))
    other_sentence: Mapped[str]
    other_anchor: Mapped[str | None]
    met: Mapped[int] = mapped_column(default=1)
    first_met_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_met_at: Mapped[datetime] = mapped_column(default=utc_now)
