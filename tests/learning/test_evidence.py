"""Triplets exported, imported and forgotten, on both databases."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from learning.evidence import Forgotten, Imported, forget, gather, import_lines
from learning.lessons import question_digest
from learning.triplet_lines import TripletFileError, read_lines, to_line
from learning.triplets import Triplet
from storage.database import Database
from storage.questions import QuestionLog
from storage.scope import Scope
from storage.tables import AnswerRow, EmbeddingModelRow, FeedbackRow, ImportedTripletRow, PassageRow, QuestionRow
from storage.version_rows import VersionRows
from tests.learning.test_triplets import LEAVE, PARKING, TRAVEL, WIFI, ask, give


@pytest.fixture
def log(database: Database) -> QuestionLog:
    return QuestionLog(database)


@pytest.fixture
def exported(log: QuestionLog, database: Database) -> list[str]:
    """Lines of each kind, from a database that then holds no question any more."""
    log.vote(ask(log, "How many days\u2028of leave? \\u0000 🏖", {LEAVE: 1, WIFI: None}, user="U0"), "U1", 1)
    give(database, ask(log, "Where to park?", {TRAVEL: 1}, "2.0", "U9"), "U2", "wrong_source", f'See: "{PARKING}"')
    lines = [to_line(triplet) for triplet in gather(database)]
    assert len(lines) == 2
    for user in ("U0", "U9"):
        forget(database, user)
    assert gather(database) == []
    return lines


def rows(database: Database, table: type) -> int:
    with database.session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_export_and_its_import_make_the_same_triplets(database: Database, exported: list[str]) -> None:
    assert import_lines(database, exported) == Imported(2, 0)
    again = gather(database)
    assert [to_line(triplet) for triplet in again] == exported
    assert again == list(read_lines(exported))
    assert again[1].negative.vote == again[1].positive.vote


def test_a_second_import_adds_nothing(database: Database, exported: list[str]) -> None:
    import_lines(database, [*exported, "\n", *exported])
    assert import_lines(database, exported) == Imported(0, 2)
    assert len(gather(database)) == 2


def test_what_the_votes_make_is_not_imported_besides(log: QuestionLog, database: Database) -> None:
    log.vote(ask(log, "How many days?", {LEAVE: 1, WIFI: None}), "U1", 1)
    triplets = gather(database)
    assert import_lines(database, map(to_line, triplets)) == Imported(0, 1)
    assert gather(database) == triplets


def changed(line: str, change: Callable[[dict[str, Any]], object]) -> str:
    record = json.loads(line)
    change(record)
    return json.dumps(record)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda record: record.pop("anchor"), "anchor: Field required"),
        (lambda record: record["positive"]["passage"].update(text=7), r"positive\.passage\.text: .*string"),
        (lambda record: record["positive"]["passage"].update(text=" "), r"positive\.passage\.text: it is empty"),
        (lambda record: record["negative"].update(why="because"), r"negative\.why: .*'wrong_source'"),
        (lambda record: record["positive"]["vote"].update(vote=2), r"positive\.vote\.vote"),
        (lambda record: record["positive"]["vote"].update(at="2026-01-01T00:00:00"), r"vote\.at: .*timezone"),
        (lambda record: record.update(colour="red"), "colour"),
        (lambda record: record.update(version=2), '"version" is 2; this Lore reads version 1'),
        (lambda record: record.pop("version"), '"version" is null'),
        (lambda record: record.update(anchor="a\0b"), "NUL"),
        (lambda record: record.update(anchor="a\ud800b"), "half a character"),
        (lambda record: record["negative"].update(passage=record["positive"]["passage"]), "the same text"),
    ],
)
def test_a_line_that_is_no_triplet_is_named_and_nothing_is_imported(
    database: Database, exported: list[str], change: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(TripletFileError, match=f"Line 3 is no triplet: .*{message}"):
        import_lines(database, [exported[0], "", changed(exported[1], change)])
    assert rows(database, ImportedTripletRow) == 0


@pytest.mark.parametrize("line", ["{", "anchor,positive", "[1]", "null", "[" * 100_000])
def test_a_line_that_is_no_json_object_is_named(line: str) -> None:
    with pytest.raises(TripletFileError, match="Line 1 is n"):
        list(read_lines([line]))


def voters(triplets: list[Triplet]) -> list[set[str]]:
    return [set(triplet.voters) for triplet in triplets]


def test_forgetting_a_person_removes_their_votes_and_what_came_from_them(log: QuestionLog, database: Database) -> None:
    answer = ask(log, "How many days?", {LEAVE: 1, WIFI: None}, user="U0")
    log.vote(answer, "U1", 1)
    log.vote(answer, "U2", 1)
    assert voters(gather(database)) == [{"U1"}, {"U2"}]
    assert forget(database, "U1") == Forgotten(votes=1, questions=0, imported=0)
    assert voters(gather(database)) == [{"U2"}]
    assert log.votes(answer) == {"U2": 1}


def test_forgetting_a_person_removes_their_questions_with_all_that_hangs_on_them(
    log: QuestionLog, database: Database
) -> None:
    log.vote(ask(log, "How many days?", {LEAVE: 1, WIFI: None}, user="U1"), "U2", 1)
    kept = ask(log, "Where to park?", {PARKING: 1, WIFI: None}, "2.0", "U2")
    log.vote(kept, "U2", 1)
    assert forget(database, "U1") == Forgotten(votes=0, questions=1, imported=0)
    assert [triplet.anchor for triplet in gather(database)] == ["Where to park?"]
    assert [rows(database, table) for table in (QuestionRow, AnswerRow, PassageRow, FeedbackRow)] == [1, 1, 2, 1]


def test_forgetting_a_person_removes_their_questions_from_what_versions_were_taught(
    log: QuestionLog, database: Database
) -> None:
    ask(log, "How many days?", {LEAVE: 1}, user="U1")
    ask(log, "Where to park?", {PARKING: 1}, "2.0", "U2")
    digests = [question_digest(text) for text in ("Where to park?", "how many days", "What else?")]
    taught = Scope(np.eye(3, 8, dtype=np.float32))
    versions = VersionRows(database)
    for name, scope, figures in (("near", taught, {"learnt_from": digests}), ("all", None, {}), ("base", None, {})):
        row = EmbeddingModelRow(
            name=name, base="hash", documents="hash", dimension=8, max_tokens=9, fusion_weight=0.5, figures=figures
        )
        versions.add(row, b"", scope)
    forget(database, "U1")
    left = versions.scope("near", 8)
    assert left is not None
    assert np.array_equal(left.taught, taught.taught[[0, 2]])
    assert [one.figures for one in versions.all()] == [{}, {}, {"learnt_from": [digests[0], digests[2]]}]
    assert versions.scope("all", 8) is None


@pytest.mark.parametrize(("user", "left"), [("U0", [1]), ("U1", [1]), ("U2", [0]), ("U9", [0]), ("U", [0, 1])])
def test_forgetting_a_person_removes_imported_triplets_that_they_asked_or_voted_for(
    database: Database, exported: list[str], user: str, left: list[int]
) -> None:
    import_lines(database, exported)
    assert forget(database, user) == Forgotten(0, 0, imported=2 - len(left))
    assert [to_line(triplet) for triplet in gather(database)] == [exported[n] for n in left]


def test_who_is_forgotten_twice_is_not_there(database: Database) -> None:
    assert forget(database, "U1") == forget(database, "U1") == Forgotten(0, 0, 0)
