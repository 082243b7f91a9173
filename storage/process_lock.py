"""A lock between all processes that share a database: many hold it together, or one alone."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine

try:
    import fcntl
except ImportError:  # Windows, where several processes need PostgreSQL
    fcntl = None  # type: ignore[assignment]

_POSTGRESQL_KEY = 0x6C6F7266
"""Any number that other users of the server are unlikely to lock."""


@contextmanager
def process_lock(engine: Engine, *, alone: bool) -> Iterator[None]:
    """Hold the lock for as long as the block runs, waiting for it first. It ends with the process, however that ends.

    Not to be taken in a block that has it. Raises what the database's driver raises.
    """
    if engine.dialect.name == "sqlite":
        with _file_lock(Path(f"{engine.url.database}.lock"), alone):
            yield
        return
    # A connection of its own, in no transaction: the block may take long.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = "pg_advisory_lock" if alone else "pg_advisory_lock_shared"
        connection.exec_driver_sql(f"SELECT {name}({_POSTGRESQL_KEY})")
        try:
            yield
        finally:
            _unlock(connection, alone)


def _unlock(connection: Connection, alone: bool) -> None:
    """Where that fails the connection is lost, and with it the lock."""
    name = "pg_advisory_unlock" if alone else "pg_advisory_unlock_shared"
    unlocked = False
    with suppress(Exception):
        unlocked = bool(connection.exec_driver_sql(f"SELECT {name}({_POSTGRESQL_KEY})").scalar())
    if not unlocked:
        connection.invalidate()


@contextmanager
def _file_lock(file: Path, alone: bool) -> Iterator[None]:
    if fcntl is None:
        yield
        return
    with file.open("ab") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
