"""The time that processes on several machines agree on: the database's."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.tables import utc_now


def database_now(session: Session) -> datetime:
    """The moment by the database's clock. SQLite has none but its machine's, and one machine is all it serves."""
    if session.get_bind().dialect.name == "sqlite":
        return utc_now()
    # Not now(), which is when the transaction began.
    moment: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return moment
