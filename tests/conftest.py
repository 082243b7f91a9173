"""Databases for the tests: a SQLite file, and a database of a real PostgreSQL server, each fresh for each test."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import port_for
import psycopg
import pytest
from pytest_postgresql.executors import PostgreSQLExecutor
from pytest_postgresql.janitor import DatabaseJanitor

from storage.database import Database

_numbers = count(1)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'lore.db'}"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLExecutor]:
    """A PostgreSQL server of our own for the whole run, as another user where we are root: it refuses root."""
    pg_ctl = _pg_ctl()
    user = _server_user()
    folder = Path(tempfile.mkdtemp(prefix="lore-postgresql-"))
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
        pg_ctl = _as_user(user, pg_ctl, folder)
    server = PostgreSQLExecutor(
        executable=str(pg_ctl),
        host="127.0.0.1",
        port=port_for.select_random(),
        datadir=str(folder / "data"),
        unixsocketdir=str(folder),
        logfile=str(folder / "log"),
        startparams="-w",
        dbname="lore",
    )
    try:
        server.start()
        server.wait_for_postgres()
        with _maintenance(server) as connection:
            connection.execute("CREATE DATABASE lore_template")
        template = Database(_url(server, "lore_template"))
        template.migrate()
        template.close()
        yield server
    finally:
        if server.running():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_postgres_url(postgresql_server: PostgreSQLExecutor) -> Iterator[str]:
    """The URL of a PostgreSQL database without tables."""
    yield from _fresh(postgresql_server, template="template1")


@pytest.fixture
def postgres_url(postgresql_server: PostgreSQLExecutor) -> Iterator[str]:
    """The URL of a PostgreSQL database that holds Lore's tables, empty."""
    yield from _fresh(postgresql_server, template="lore_template")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without tables, on each engine."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "empty_postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database with Lore's tables, empty, on each engine."""
    opened = Database.open(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))
    yield opened
    opened.close()


def _fresh(server: PostgreSQLExecutor, template: str) -> Iterator[str]:
    name = f"lore_{next(_numbers)}"
    with DatabaseJanitor(user=server.user, host=server.host, port=server.port, dbname=name, template_dbname=template):
        yield _url(server, name)


def _url(server: PostgreSQLExecutor, name: str) -> str:
    return f"postgresql://{server.user}@{server.host}:{server.port}/{name}"


def _maintenance(server: PostgreSQLExecutor) -> psycopg.Connection:
    return psycopg.connect(_url(server, server.maintenance_dbname), autocommit=True)


def _pg_ctl() -> Path:
    """The server's own tool; Debian keeps it off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: float(path.parts[-3]))
    found = shutil.which("pg_ctl")
    if debian:
        return debian[-1]
    if found:
        return Path(found)
    pytest.fail("These tests need PostgreSQL's server: `make test` installs it, or install Debian's postgresql.")


def _server_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _as_user(user: pwd.struct_passwd, pg_ctl: Path, folder: Path) -> Path:
    """A pg_ctl that runs as `user`, for the executor, which cannot change users itself."""
    setpriv = shutil.which("setpriv")
    assert setpriv, "setpriv is part of util-linux, which every Linux system has"
    script = folder / "pg_ctl"
    script.write_text(
        f"#!/bin/sh\ncd {folder}\nexec {setpriv} --reuid={user.pw_uid} --regid={user.pw_gid} --clear-groups "
        f'{pg_ctl} "$@"\n'
    )
    script.chmod(0o755)
    subprocess.run([script, "--version"], check=True, capture_output=True)
    return script
