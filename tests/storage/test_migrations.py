"""The migrations make exactly the models, once, whoever starts first."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from storage.database import Database
from storage.database_error import DatabaseError
from storage.tables import Base, SourceRow, SyncRunRow

ROOT = Path(__file__).parents[2]
OPEN = "import sys; from storage.database import Database; Database.open(sys.argv[1]).close()"


def test_the_migrations_make_exactly_the_models(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    database.migrate()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": Base.metadata}
        )
        differences = compare_metadata(context, Base.metadata)
        constraints = {
            table: {
                foreign_key["name"]: foreign_key["options"]
                for foreign_key in inspect(connection).get_foreign_keys(table)
            }
            for table in Base.metadata.tables
        }
    database.close()
    assert differences == []
    assert constraints == {
        table.name: {key.constraint.name: {"ondelete": key.ondelete} for key in table.foreign_keys if key.constraint}
        for table in Base.metadata.tables.values()
    }


def test_a_second_migration_changes_nothing(database: Database) -> None:
    with database.session() as session:
        session.add(SourceRow(name="handbook", connector="files", audience=["everyone"]))
    database.migrate()
    with database.session() as session:
        assert session.query(SourceRow).count() == 1


def test_processes_that_start_at_once_all_find_the_tables(empty_database_url: str) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-c", OPEN, empty_database_url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    endings = [start.communicate(timeout=120)[1] for start in starts]
    assert endings == ["", "", "", ""]
    Database.open(empty_database_url).close()


def test_an_older_database_is_refused_until_it_is_migrated(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = shutil.copytree(ROOT / "alembic", tmp_path / "later")
    newest = ScriptDirectory(ROOT / "alembic").get_current_head()
    (later / "versions" / "9999_holidays.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = 'later', '{newest}'\n"
        "def upgrade() -> None:\n"
        "    with op.batch_alter_table('sources') as batch:\n"
        "        batch.add_column(sa.Column('colour', sa.Text()))\n"
        "        batch.alter_column('connector', type_=sa.Text())\n"
    )
    with database.session() as session:
        session.add(SourceRow(name="handbook", connector="files", audience=["everyone"]))
        session.flush()
        session.add(SyncRunRow(source_id=1))
    monkeypatch.setattr("storage.database._migrations", lambda: later)

    with pytest.raises(DatabaseError, match=r"older Lore. Make a backup, stop `lore serve`, and run `lore migrate`"):
        database.check()
    database.migrate()
    database.check()
    with database.session() as session:
        assert session.execute(text("SELECT name, colour FROM sources")).all() == [("handbook", None)]
        assert session.execute(text("SELECT count(*) FROM sync_runs")).scalar() == 1


def test_a_failed_migration_leaves_the_database_as_it_was(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE feedback (id int)"))
    with pytest.raises(DatabaseError, match="holds tables that Lore did not make"):
        database.migrate()
    with database.engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["feedback"]
    database.close()


def test_the_migrations_are_found_from_any_folder(sqlite_url: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", OPEN, sqlite_url], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True)
