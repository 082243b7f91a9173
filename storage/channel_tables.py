"""SQLAlchemy models of what is kept of Slack's channels: their settings, and threads where Lore was told to stop."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, utc_now


class ChannelSettingsRow(Base):
    """What an admin set for one channel; `sources` and `experts` are sorted, `sources` empty for all of them.

    `mode` is mention or every_question, `follow_threads` default, always or never, `language` a tag such as de.
    """

    __tablename__ = "channel_settings"

    team: Mapped[str] = mapped_column(String(30), primary_key=True)
    channel: Mapped[str] = mapped_column(String(30), primary_key=True)
    mode: Mapped[str] = mapped_column(String(20))
    sources: Mapped[list[str]]
    follow_threads: Mapped[str] = mapped_column(String(20))
    experts: Mapped[list[str]]
    language: Mapped[str | None] = mapped_column(String(20))
    set_by: Mapped[str] = mapped_column(String(60))
    set_at: Mapped[datetime] = mapped_column(default=utc_now)


class StoppedThreadRow(Base):
    """A thread where somebody told Lore to stop: nothing there is answered until Lore is mentioned again."""

    __tablename__ = "stopped_threads"

    team: Mapped[str] = mapped_column(String(30), primary_key=True)
    channel: Mapped[str] = mapped_column(String(30), primary_key=True)
    thread_ts: Mapped[str] = mapped_column(String(60), primary_key=True)
    stopped_by: Mapped[str] = mapped_column(String(60))
    stopped_at: Mapped[datetime] = mapped_column(default=utc_now)
