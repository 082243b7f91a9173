"""What `lore sources --errors` shows."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.source_errors import show_source_errors
from ingestion.connectors import DocumentRef
from ingestion.failures import note_failure
from storage.database import Database
from storage.document import PUBLIC
from storage.tables import SourceRow

THEN = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@pytest.fixture
def failing(database: Database) -> Database:
    with database.session() as session:
        source = SourceRow(name="wiki", connector="web", audience=["everyone"])
        session.add(source)
        session.flush()
        source_id = source.id
    ref = DocumentRef("pay [draft]", "https://wiki.example/pay", "Pay", "1")
    for minutes in (0, 15):
        now = THEN + timedelta(minutes=minutes)
        note_failure(database, source_id, ref, PUBLIC, "1", "pay is locked: unlock it.", now)
    return database


def test_each_failure_stands_with_its_error_and_its_next_try(
    failing: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_source_errors(failing) == 1
    name, error, when = capsys.readouterr().out.splitlines()
    assert name == "wiki pay [draft]"
    assert error.strip() == "pay is locked: unlock it."
    since, next_try = (one.astimezone().strftime("%Y-%m-%d %H:%M") for one in (THEN, THEN + timedelta(minutes=45)))
    assert when.strip() == f"since {since}, tried 2 times, again from {next_try} or when it changes"


def test_json_is_one_object_a_line(failing: Database, capsys: pytest.CaptureFixture[str]) -> None:
    show_source_errors(failing, ["wiki"], as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "source": "wiki",
        "document": "pay [draft]",
        "title": "Pay",
        "url": "https://wiki.example/pay",
        "error": "pay is locked: unlock it.",
        "since": "2026-03-04T09:30:00+00:00",
        "attempts": 2,
        "next_try": "2026-03-04T10:15:00+00:00",
    }


def test_where_nothing_failed_it_says_so(failing: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_source_errors(failing, ["blog"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Every document could be read.\n")
