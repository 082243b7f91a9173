"""What an audience's name means, fixed when it is first found: Slack's names can be changed, and taken by others."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from storage.audience_tables import AudiencePinRow
from storage.database import Database


@dataclass(frozen=True)
class Pin:
    """A name ("#people", "@hr") and the id of the channel or user group that it means, since when."""

    name: str
    slack_id: str
    pinned_at: datetime


@dataclass(frozen=True)
class AudiencePins:
    """The pins of one workspace. Safe to share between threads and processes."""

    database: Database
    team: str

    def holds(self, name: str, slack_id: str) -> bool:
        """Whether `name` means the channel or user group of this id; the first that is asked about is what it means."""
        pinned = self._pinned(name)
        if pinned is None:
            try:
                with self.database.session() as session:
                    session.add(AudiencePinRow(team=self.team, name=name, slack_id=slack_id))
                return True
            except IntegrityError:  # another process has just found it
                pinned = self._pinned(name)
        return pinned == slack_id

    def _pinned(self, name: str) -> str | None:
        query = select(AudiencePinRow.slack_id).where(AudiencePinRow.team == self.team, AudiencePinRow.name == name)
        with self.database.session() as session:
            return session.scalar(query)


def read_pins(database: Database) -> list[Pin]:
    """All pins, by name."""
    with database.session() as session:
        rows = session.scalars(select(AudiencePinRow).order_by(AudiencePinRow.name))
        return [Pin(row.name, row.slack_id, row.pinned_at) for row in rows]


def unpin(database: Database, name: str) -> bool:
    """Let `name` mean what it is next found to mean; False where it meant nothing."""
    with database.session() as session:
        unpinned = delete(AudiencePinRow).where(AudiencePinRow.name == name).returning(AudiencePinRow.name)
        return session.scalar(unpinned) is not None
