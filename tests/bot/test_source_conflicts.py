"""What `lore sources --conflicts` shows."""

import json
from datetime import UTC, datetime

import pytest

from bot.source_conflicts import show_conflicts
from storage.conflicts import ConflictLog, Said
from storage.database import Database
from storage.tables import ChunkRow, DocumentRow, SourceRow

SENTENCES = {"leave": "You get 27 days.", "benefits": "You get 25 days."}


@pytest.fixture
def disagreeing(database: Database) -> Database:
    with database.session() as session:
        source = SourceRow(name="wiki", connector="web", audience=["everyone"])
        session.add(source)
        session.flush()
        for year, (name, sentence) in zip((2026, 2022), SENTENCES.items(), strict=True):
            document = DocumentRow(
                source_id=source.id,
                external_id=name,
                title=name.capitalize(),
                url=f"https://wiki.example/{name}",
                revision="1",
                content_hash="1",
                markdown=sentence,
                audience=["everyone"],
                changed_at=datetime(year, 5, 3, tzinfo=UTC),
            )
            document.chunks = [ChunkRow(id=name, position=0, heading=[], text=sentence, embedded=sentence)]
            session.add(document)
    benefits, leave = (Said("wiki", name, name, SENTENCES[name], "days") for name in ("benefits", "leave"))
    ConflictLog(database).record([("number", benefits, leave)])
    return database


def test_both_sentences_stand_with_their_documents_dates_and_links(
    disagreeing: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    show_conflicts(disagreeing, as_json=False)
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith("They disagree on a number (met once, last on ")
    assert [line.strip() for line in lines] == [
        "You get 27 days.",
        "Leave, changed 3 May 2026  https://wiki.example/leave#days",
        "You get 25 days.",
        "Benefits, changed 3 May 2022  https://wiki.example/benefits#days",
    ]


def test_json_is_one_object_a_line(disagreeing: Database, capsys: pytest.CaptureFixture[str]) -> None:
    show_conflicts(disagreeing, as_json=True)
    conflict = json.loads(capsys.readouterr().out)
    assert (conflict["about"], conflict["met"]) == ("number", 1)
    assert conflict["sentences"][0] == {
        "source": "wiki",
        "document": "leave",
        "title": "Leave",
        "url": "https://wiki.example/leave#days",
        "changed_at": "2026-05-03T00:00:00+00:00",
        "sentence": "You get 27 days.",
    }


def test_where_nothing_was_met_it_says_so(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    show_conflicts(database, as_json=False)
    assert capsys.readouterr().err == "No question has met documents that disagree.\n"
