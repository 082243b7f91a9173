"""The table of which channel or user group an audience's name was first found to mean."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, utc_now


class AudiencePinRow(Base):
    """A name such as "#people" and the id of the channel or user group that it stands for in a workspace."""

    __tablename__ = "audience_pins"

    team: Mapped[str] = mapped_column(String(30), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    slack_id: Mapped[str] = mapped_column(String(30))
    pinned_at: Mapped[datetime] = mapped_column(default=utc_now)
