"""The rows of sources: made for one that is configured, planned, paused and resumed."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.document import Audience
from storage.tables import SourceRow, utc_now


class UnknownSourceError(Exception):
    """There is no source of this name, neither in lore.toml nor in the database; the message names those there are."""


def ensure_source(database: Database, name: str, connector: str, audience: Audience) -> int:
    """The id of the source's row, which is made where there is none, and says what lore.toml says now."""
    says = {"connector": connector, "audience": sorted(audience)}
    change = update(SourceRow).where(SourceRow.name == name).values(**says).returning(SourceRow.id)
    with database.session() as session:
        known = session.scalar(change)
    if known is not None:
        return known
    try:
        with database.session() as session:
            row = SourceRow(name=name, **says)
            session.add(row)
            session.flush()
            return row.id
    except IntegrityError:  # another process made it at the same moment
        with database.session() as session:
            return session.scalars(select(SourceRow.id).where(SourceRow.name == name)).one()


def pause(database: Database, name: str) -> bool:
    """Sync the source by hand only, from now on; False where there is no such source. A sync that runs goes on."""
    return _set_paused(database, name, utc_now())


def resume(database: Database, name: str) -> bool:
    """Sync the source on its schedule again, at once where a run was missed; False where there is no such source."""
    return _set_paused(database, name, None)


def source_names(database: Database) -> list[str]:
    """The names of all sources that were ever synced or planned, and not removed."""
    with database.session() as session:
        return list(session.scalars(select(SourceRow.name).order_by(SourceRow.name)))


def _set_paused(database: Database, name: str, at: datetime | None) -> bool:
    change = update(SourceRow).where(SourceRow.name == name).values(paused_at=at).returning(SourceRow.id)
    with database.session() as session:
        return session.scalar(change) is not None
