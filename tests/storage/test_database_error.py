"""A database that cannot be used says which, why, and what to do; and what was in it stays."""

import os
import pwd
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from pytest_postgresql.executors import PostgreSQLExecutor
from sqlalchemy import func, select, text

from storage.database import Database
from storage.database_error import DatabaseError
from storage.tables import SourceRow

ROOT = Path(__file__).parents[2]
FILL = """
import sys
from storage.database import Database
from storage.database_error import DatabaseError
from tests.storage.test_database_error import fill
try:
    fill(Database.open(sys.argv[1]), 16)
except DatabaseError as error:
    print(error)
"""


def fill(database: Database, megabytes: int) -> None:
    for number in range(megabytes * 10):
        with database.session() as session:
            session.add(SourceRow(name=f"source {number}", connector="files", audience=["x" * 100_000]))


def names(database: Database) -> set[str]:
    with database.session() as session:
        return set(session.scalars(select(SourceRow.name)))


@pytest.mark.parametrize(
    "url", ["mysql://root:secret@localhost/lore", "lore.db", "", "sqlite://", "sqlite:///:memory:", "oracle+x://"]
)
def test_only_urls_of_postgresql_and_of_sqlite_files_are_taken(url: str) -> None:
    with pytest.raises(DatabaseError, match="DATABASE_URL") as refusal:
        Database(url)
    assert "secret" not in str(refusal.value)


def test_a_file_that_is_not_a_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "lore.db"
    path.write_text("The minutes of our last meeting. " * 1000)
    with pytest.raises(DatabaseError, match=r"is not a SQLite database\. .* move the file away") as refusal:
        Database.open(f"sqlite:///{path}")
    assert str(path) in str(refusal.value)
    assert path.read_text().startswith("The minutes")


def test_a_damaged_file_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    Database.open(sqlite_url).close()
    path = tmp_path / "lore.db"
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match=r"the file is damaged\. Put your backup in its place"):
        Database.open(sqlite_url)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"nowhere/lore\.db: it cannot be opened, because its folder is missing"):
        Database.open(f"sqlite:///{tmp_path}/nowhere/lore.db")


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that other users may look into, as `tmp_path` is ours alone."""
    folder = Path(tempfile.mkdtemp(prefix="lore-"))
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o777)
    shutil.rmtree(folder)


@contextmanager
def bound_by_file_modes() -> Iterator[None]:
    """Root reads and writes what it likes; so be nobody for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_database_that_may_not_be_written_is_refused(what: str, shared_folder: Path) -> None:
    url = f"sqlite:///{shared_folder / 'lore.db'}"
    Database.open(url).close()
    (shared_folder / "lore.db").chmod(0o444)
    shared_folder.chmod(0o555 if what == "folder" else 0o777)
    with pytest.raises(DatabaseError, match=r"for this user\. .*ive this user write access"), bound_by_file_modes():
        Database.open(url)


def test_a_database_that_another_process_holds_is_waited_for_and_then_named(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Database.open(sqlite_url).close()
    monkeypatch.setattr("storage.database.SQLITE_WAIT_SECONDS", 0.2)
    holder = sqlite3.connect(tmp_path / "lore.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="another process has been writing to it"):
        Database.open(sqlite_url)
    holder.execute("ROLLBACK")
    Database.open(sqlite_url).close()
    holder.close()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A folder that is a disk of 16 MB, which only root can make."""
    folder = Path(f"/tmp/lore-small-disk-{os.getpid()}")
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m,mode=0777", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip("only root can mount a small disk; the limit on a file's size is tested everywhere")
    yield folder
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def test_a_full_disk_is_named_loses_nothing_and_is_no_hindrance_once_it_has_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(10_000_000))
    database = Database.open(f"sqlite:///{small_disk / 'lore.db'}")
    with pytest.raises(DatabaseError, match=r"lore\.db: its disk is full\. What was written before is safe\. Free"):
        fill(database, 16)
    written = names(database)
    assert written == {f"source {number}" for number in range(len(written))}
    assert len(written) > 10

    ballast.unlink()
    with database.session() as session:
        session.add(SourceRow(name="after", connector="files", audience=[]))
        assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert names(database) == written | {"after"}
    database.close()


def test_a_disk_that_was_full_before_the_start_is_named(small_disk: Path) -> None:
    with (small_disk / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, 16 * 1024 * 1024)
    with pytest.raises(DatabaseError, match="disk is full"):
        Database.open(f"sqlite:///{small_disk / 'lore.db'}")


def test_a_file_that_may_not_grow_is_named_and_loses_nothing(sqlite_url: str) -> None:
    """As a user's quota has it."""
    said = subprocess.run(
        [sys.executable, "-c", FILL, sqlite_url],
        cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000)),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "full, over a quota, or failing" in said
    database = Database.open(sqlite_url)
    assert len(names(database)) > 10
    database.close()


def test_a_full_disk_under_postgresql_is_named(
    small_disk: Path, postgresql_server: PostgreSQLExecutor, postgres_url: str
) -> None:
    tables = small_disk / "tables"
    tables.mkdir()
    tables.chmod(0o700)
    owner = Path(postgresql_server.datadir).stat()
    os.chown(tables, owner.st_uid, owner.st_gid)
    name = postgres_url.rpartition("/")[2]
    with psycopg.connect(postgres_url.replace(name, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{tables}'".encode())
        connection.execute(f"ALTER DATABASE {name} SET TABLESPACE small".encode())
        database = Database.open(postgres_url)
        with database.session() as session:
            session.execute(text("ALTER TABLE sources ALTER COLUMN audience SET STORAGE EXTERNAL"))
        with pytest.raises(DatabaseError, match=r"its server's disk is full\. What was written before is safe"):
            fill(database, 16)
        written = names(database)
        assert written == {f"source {number}" for number in range(len(written))}
        database.close()
        connection.execute(f"DROP DATABASE {name}".encode())
        connection.execute(b"DROP TABLESPACE small")


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(DatabaseError, match=r"cannot connect .* Check that the server runs") as refusal:
        Database.open("postgresql://lore:secret@127.0.0.1:1/lore")
    assert "127.0.0.1:1/lore" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_a_database_that_the_server_lacks_is_named(postgres_url: str) -> None:
    with pytest.raises(DatabaseError, match='database "lore_nowhere" does not exist'):
        Database.open(postgres_url.rpartition("/")[0] + "/lore_nowhere")


def test_a_server_that_takes_no_writes_is_refused(postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    with pytest.raises(DatabaseError, match="takes no writes now"):
        Database.open(postgres_url)


def test_a_user_who_may_not_make_tables_is_told_so(empty_postgres_url: str) -> None:
    with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN")
        with pytest.raises(DatabaseError, match=r"permission denied for schema public.*ALTER DATABASE"):
            Database.open(empty_postgres_url.replace("postgres@", "guest@"))
        connection.execute("DROP ROLE guest")


def test_a_connection_that_the_server_ends_is_named_and_replaced(postgres_url: str) -> None:
    database = Database.open(postgres_url)

    def outlive_the_connection() -> None:
        with database.session() as session, psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (session.scalar(func.pg_backend_pid()),))
            session.scalars(select(SourceRow)).all()

    with pytest.raises(DatabaseError, match="the server ended the connection"):
        outlive_the_connection()
    assert names(database) == set()
    database.close()
