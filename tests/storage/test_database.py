"""What the database keeps, how it is shared, and what it says when it cannot."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.database_error import DatabaseError
from storage.tables import DocumentRow, QuestionRow, SourceRow

ROOT = Path(__file__).parents[2]


def source(name: str = "handbook") -> SourceRow:
    return SourceRow(name=name, connector="files", audience=["everyone"])


def document(source_id: int, external_id: str = "leave.md", markdown: str = "# Leave") -> DocumentRow:
    return DocumentRow(
        source_id=source_id,
        external_id=external_id,
        title="Leave",
        url="file:///leave.md",
        revision="1",
        content_hash="0" * 64,
        markdown=markdown,
        audience=["everyone"],
    )


def question(ts: str) -> QuestionRow:
    return QuestionRow(
        surface="mention", team="T1", channel="C1", ts=ts, user="U1", text="How many days?", reply_to={"thread": ts}
    )


def test_a_session_commits_at_its_end(database: Database) -> None:
    with database.session() as session:
        session.add(source())
    with database.session() as session:
        assert session.scalars(select(SourceRow)).one().audience == ["everyone"]


def test_a_session_rolls_back_when_its_block_raises(database: Database) -> None:
    def add_and_fail() -> None:
        with database.session() as session:
            session.add(source())
            session.flush()
            raise KeyError("the block's own error")

    with pytest.raises(KeyError):
        add_and_fail()
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(SourceRow)) == 0


def test_a_row_can_be_read_after_its_session(database: Database) -> None:
    with database.session() as session:
        row = source()
        session.add(row)
    assert (row.id, row.name) == (1, "handbook")


def test_a_document_needs_its_source(database: Database) -> None:
    with pytest.raises(IntegrityError), database.session() as session:
        session.add(document(source_id=7))


def test_the_documents_of_a_deleted_source_go_with_it(database: Database) -> None:
    with database.session() as session:
        session.add(source())
        session.flush()
        session.add(document(source_id=1))
    with database.session() as session:
        session.execute(text("DELETE FROM sources"))
    with database.session() as session:
        assert session.scalars(select(DocumentRow)).all() == []


def test_a_message_is_one_question_however_often_it_is_delivered(database: Database) -> None:
    with database.session() as session:
        session.add(question("1.0"))
    with pytest.raises(IntegrityError), database.session() as session:
        session.add(question("1.0"))


def test_a_savepoint_that_fails_leaves_the_rest_of_its_session(database: Database) -> None:
    with database.session() as session:
        session.add(question("1.0"))
    with database.session() as session:
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(question("1.0"))
        session.add(question("2.0"))
    with database.session() as session:
        assert session.scalars(select(QuestionRow.ts).order_by(QuestionRow.ts)).all() == ["1.0", "2.0"]


def test_a_savepoint_is_undone_with_its_session(database: Database) -> None:
    def save_and_fail(session: Session) -> None:
        with session.begin_nested():
            session.add(source())
        raise KeyError("after the savepoint")

    with pytest.raises(KeyError), database.session() as session:
        save_and_fail(session)
    with database.session() as session:
        assert session.scalars(select(SourceRow)).all() == []


def test_a_moment_comes_back_in_utc(database: Database) -> None:
    asked = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with database.session() as session:
        row = question("1.0")
        row.asked_at = asked
        session.add(row)
    with database.session() as session:
        stored = session.scalars(select(QuestionRow)).one().asked_at
    assert stored == asked
    assert stored.tzinfo is UTC


def test_threads_that_read_and_then_write_all_get_their_turn(database: Database) -> None:
    def ask(thread: int) -> None:
        for number in range(25):
            with database.session() as session:
                seen = session.scalar(select(func.count()).select_from(QuestionRow)) or 0
                session.add(question(f"{thread}.{number}"))
                session.flush()
                assert (session.scalar(select(func.count()).select_from(QuestionRow)) or 0) > seen

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(QuestionRow)) == 200


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.session() as writer:
        writer.add(source())
        writer.flush()
        with database.session() as reader:
            assert reader.scalars(select(SourceRow)).all() == []


def test_a_killed_process_leaves_what_it_committed_and_nothing_else(sqlite_url: str) -> None:
    Database.open(sqlite_url).close()
    died = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, signal, sys\n"
            "from storage.database import Database\n"
            "from storage.tables import SourceRow\n"
            "database = Database.open(sys.argv[1])\n"
            "with database.session() as session:\n"
            "    session.add(SourceRow(name='kept', connector='files', audience=[]))\n"
            "with database.session() as session:\n"
            "    session.add(SourceRow(name='lost', connector='files', audience=[]))\n"
            "    session.flush()\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n",
            sqlite_url,
        ],
        cwd=ROOT,
        check=False,
    )
    assert died.returncode == -9
    database = Database.open(sqlite_url)
    with database.session() as session:
        assert session.scalars(select(SourceRow.name)).all() == ["kept"]
    database.close()


def test_opening_makes_what_is_not_there_and_keeps_what_is(empty_database_url: str) -> None:
    first = Database.open(empty_database_url)
    with first.session() as session:
        session.add(source())
    first.close()
    second = Database.open(empty_database_url)
    with second.session() as session:
        assert session.scalars(select(SourceRow.name)).all() == ["handbook"]
    second.close()


def test_a_newer_database_is_refused(database: Database) -> None:
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer = r"written by a newer Lore \(revision 9999, .*Upgrade Lore"
    with pytest.raises(DatabaseError, match=newer):
        database.check()
    with pytest.raises(DatabaseError, match=newer):
        database.migrate()


def test_a_database_of_something_else_is_refused(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id int)"))
    database.close()
    with pytest.raises(DatabaseError, match=r"tables that Lore did not make \(invoices\). Give Lore an empty database"):
        Database.open(empty_database_url)


def test_postgres_is_another_spelling_of_postgresql(postgres_url: str) -> None:
    Database.open(postgres_url.replace("postgresql://", "postgres://")).close()
