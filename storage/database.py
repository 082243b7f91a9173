"""The database: its connections, its sessions, and whether its tables are the ones that this code knows."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Self

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from storage import audience_tables as audience_tables  # so that the metadata has their tables
from storage import channel_tables as channel_tables
from storage import conflict_table as conflict_table
from storage import expert_tables as expert_tables
from storage import shared_table as shared_table
from storage.database_error import SQLITE_WAIT_SECONDS, DatabaseError, explain
from storage.measured_tables import ConfidenceFitRow as ConfidenceFitRow
from storage.process_lock import process_lock
from storage.tables import Base

# Any number that other users of the server are unlikely to lock: the letters of "lore".
_MIGRATION_LOCK = 0x6C6F7265
_CONNECT_SECONDS = 10


class Database:
    """Lore's tables on SQLite or PostgreSQL. Safe to share between threads; a session is one thread's.

    `url` is `sqlite:////path/lore.db` or `postgresql://user:password@host/name` (`postgres://` is the same).
    Nothing is opened until the first use. Raises DatabaseError for a URL of another kind.
    """

    def __init__(self, url: str) -> None:
        parsed = _driver_url(url)
        self.place = parsed.database or "" if _is_sqlite(parsed) else parsed.render_as_string(hide_password=True)
        self.engine = _sqlite_engine(parsed) if _is_sqlite(parsed) else _postgresql_engine(parsed)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @classmethod
    def open(cls, url: str) -> Self:
        """The database at `url`, ready to use: made if it is empty, checked if not. Raises DatabaseError as `check`."""
        database = cls(url)
        try:
            if database.is_empty():
                database.migrate()
            database.check()
        except DatabaseError:
            database.close()
            raise
        return database

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that commits at the end, or rolls back if the block raises.

        Isolation is READ COMMITTED on both engines. The first write takes SQLite's one write lock until the commit:
        compute first, write last. Raises DatabaseError where the database, not the statement, is at fault.
        """
        with self._explained(), self._sessions() as session:
            yield session
            session.commit()

    @contextmanager
    def locked(self, *, alone: bool) -> Iterator[None]:
        """While the block runs no other process, nor thread, is in such a block that is `alone`; and if this one is,
        in none at all. Not to be nested. Raises DatabaseError."""
        with self._explained(), process_lock(self.engine, alone=alone):
            yield

    def is_empty(self) -> bool:
        """Whether the database holds no table at all, as before the first start."""
        with self._explained(), self.engine.connect() as connection:
            return not inspect(connection).get_table_names()

    def migrate(self) -> None:
        """Bring the tables up to this code's revision; keeps what is in them.

        All or nothing, and one process at a time: a second one waits, then finds nothing left to do.
        Raises DatabaseError for a newer database, or one with tables of the same names that Lore did not make.
        """
        with self._explained(), self.engine.connect() as connection:
            connection.detach()
            _lock(connection)
            applied = _applied_revisions(connection)
            if not applied:
                self._refuse_strange_tables(connection, set(Base.metadata.tables))
            self._refuse_newer(applied)
            config = Config()
            config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def check(self) -> None:
        """Raise DatabaseError, saying what to do, unless Lore can read and write this database as it is."""
        with self._explained(), self.engine.connect() as connection:
            applied = _applied_revisions(connection)
            if not applied:
                self._refuse_strange_tables(connection, set(inspect(connection).get_table_names()))
            self._refuse_newer(applied)
            if applied != {_revisions(_migrations())[0]}:
                raise DatabaseError(
                    f"{self.place}: its tables are of an older Lore. "
                    "Make a backup, stop `lore serve`, and run `lore migrate`."
                )
            _try_to_write(connection)

    def close(self) -> None:
        """Close the connections. The database opens again by itself at the next use."""
        self.engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            refusal = explain(error, self.place)
            if refusal is None:
                raise
            raise refusal from error

    def _refuse_newer(self, applied: set[str]) -> None:
        ours, known = _revisions(_migrations())
        if applied - known:
            raise DatabaseError(
                f"{self.place}: this database was written by a newer Lore (revision {', '.join(sorted(applied))}, "
                f"this one knows {ours}). Upgrade Lore."
            )

    def _refuse_strange_tables(self, connection: Connection, names: set[str]) -> None:
        strange = sorted(names.intersection(inspect(connection).get_table_names()))
        if strange:
            raise DatabaseError(
                f"{self.place}: it holds tables that Lore did not make ({', '.join(strange[:5])}). "
                "Give Lore an empty database of its own."
            )


def _driver_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError(
            "DATABASE_URL is not a database's URL. It looks like postgresql://user:password@host:5432/name "
            "or sqlite:////path/lore.db"
        ) from None
    engine = parsed.get_backend_name()
    if engine in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if engine == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise DatabaseError(
        f"Lore keeps its tables in PostgreSQL or in a SQLite file, not in {parsed.render_as_string()}. "
        "DATABASE_URL looks like postgresql://user:password@host:5432/name or sqlite:////path/lore.db"
    )


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _postgresql_engine(url: URL) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,  # an error goes to the log, and a statement's parameters are what documents say
        connect_args={"connect_timeout": _CONNECT_SECONDS},
    )


def _sqlite_engine(url: URL) -> Engine:
    # isolation_level None: sqlite3 starts no transaction of its own accord, `_begin_before_a_write` does.
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=20,
        hide_parameters=True,
        connect_args={"timeout": SQLITE_WAIT_SECONDS, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_up_sqlite_connection)
    event.listen(engine, "before_cursor_execute", _begin_before_a_write)
    return engine


def _set_up_sqlite_connection(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    _write_ahead(connection)
    # With a write-ahead log NORMAL survives a killed process; only a power cut can take the last commits.
    # https://www.sqlite.org/pragma.html#pragma_synchronous
    connection.execute("PRAGMA synchronous = NORMAL")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Keep a write-ahead log. SQLite does not wait for the lock that this takes in a new file, so this does."""
    give_up = time.monotonic() + SQLITE_WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


_READS = re.compile(r"\s*(SELECT|VALUES|WITH|PRAGMA|EXPLAIN|BEGIN)\b", re.IGNORECASE)


def _begin_before_a_write(
    connection: Connection, cursor: sqlite3.Cursor, statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    """Take SQLite's write lock before the first write, and no lock for reads.

    A transaction that reads and then writes fails at once with "database is locked" if another one wrote in
    between: SQLite cannot wait there (https://www.sqlite.org/isolation.html). With reads outside of transactions
    that cannot happen, a writer waits for its turn, and reading is as on PostgreSQL: what is committed now.
    """
    writes = not _READS.match(statement) or (
        context is not None and (context.isinsert or context.isupdate or context.isdelete)
    )
    if writes and not cursor.connection.in_transaction:
        cursor.execute("BEGIN IMMEDIATE")


def _lock(connection: Connection) -> None:
    """Keep other processes from migrating until `connection` commits."""
    if connection.dialect.name == "sqlite":
        # A table that is remade, SQLite's only way to alter one, must not cascade to the rows that refer to it.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")


def _try_to_write(connection: Connection) -> None:
    """Meet a full or read-only disk now, with a write that changes nothing, and not at the first question."""
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
    connection.commit()


def _migrations() -> Path:
    """The folder of the migrations: inside the installed package, or at the root of a checkout."""
    here = Path(__file__).parent
    installed = here / "migrations"
    return installed if installed.is_dir() else here.parent / "alembic"


@cache
def _revisions(migrations: Path) -> tuple[str, frozenset[str]]:
    """This code's revision, and all that led to it."""
    scripts = ScriptDirectory(migrations)
    return str(scripts.get_current_head()), frozenset(script.revision for script in scripts.walk_revisions())


def _applied_revisions(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())
