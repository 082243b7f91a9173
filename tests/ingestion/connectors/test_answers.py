"""Saved answers as documents: their question finds them, and what is taken back is gone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingestion.connectors import ConnectorError
from ingestion.connectors.answers import AnswersConnector
from ingestion.parse import parse
from ingestion.sync import Source
from learning.evidence import forget
from storage.database import Database
from storage.document import PUBLIC
from storage.saved_answers import SavedAnswer, SavedAnswers
from tests.ingestion.conftest import Home

PARKING = SavedAnswer(
    question="Where do I park?",
    answer="# Parking\n\nBehind the *house*.",
    author="UADA",
    channel="C1",
    permalink="https://x.slack.com/archives/C1/p1",
    audience=PUBLIC,
    saved_by="UALICE",
)
HIRING = replace(
    PARKING, question="Whom do we hire?", answer="Nina.", permalink="p2", audience=frozenset({"#leads"}), author="UBOB"
)


def test_an_answer_is_a_document_with_its_question_as_title_and_its_places_audience(database: Database) -> None:
    SavedAnswers(database).save(PARKING)
    SavedAnswers(database).save(HIRING)
    [parking, hiring] = AnswersConnector(database).list()
    assert (parking.url, parking.title, parking.audience) == (PARKING.permalink, "Where do I park?", None)
    assert hiring.audience == frozenset({"#leads"})


def test_the_title_names_who_answered_and_when_however_long_the_question(database: Database) -> None:
    said_at = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
    for number, question in enumerate(("Where do I park?", "word " * 90)):
        SavedAnswers(database).save(
            replace(PARKING, question=question, permalink=str(number), author_name="Ada  Admin", said_at=said_at)
        )
    [short, long] = AnswersConnector(database).list()
    assert short.title == "Where do I park? (Ada Admin, 2 March 2026)"
    assert long.title.endswith("word… (Ada Admin, 2 March 2026)")
    assert len(long.title) <= 150
    assert parse(AnswersConnector(database).fetch(long)).markdown.startswith("word word")
    assert parse(AnswersConnector(database).fetch(short)).markdown == "# Parking\n\nBehind the *house*."


@pytest.mark.parametrize("question", ['What does "42: yes" mean?', "A\nB", "{{ x }}? #no", "word " * 90])
def test_any_question_is_kept(database: Database, question: str) -> None:
    SavedAnswers(database).save(replace(PARKING, question=question))
    connector = AnswersConnector(database)
    [ref] = connector.list()
    parsed = parse(connector.fetch(ref))
    if "{" not in question:
        assert parsed.title == ref.title
    assert parsed.markdown.endswith("# Parking\n\nBehind the *house*.")
    assert ("word word word" in parsed.markdown) == (len(question) > 200)


def test_an_answer_removed_after_it_was_listed_is_said_to_be(database: Database) -> None:
    SavedAnswers(database).save(PARKING)
    connector = AnswersConnector(database)
    [ref] = connector.list()
    SavedAnswers(database).remove(ref.id)
    with pytest.raises(ConnectorError, match="removed after it was listed"):
        connector.fetch(ref)


def test_a_sync_follows_what_is_saved_changed_taken_back_and_forgotten(home: Home) -> None:
    saved = SavedAnswers(home.database)
    source = Source("answers", "answers", AnswersConnector(home.database), PUBLIC)
    for answer in (PARKING, HIRING, replace(PARKING, question="Who cooks?", answer="Gita.", permalink="p3")):
        saved.save(answer)
    assert home.syncs.sync(source).added == 3
    assert home.syncs.sync(source).chunks.embedded == 0
    saved.save(replace(PARKING, answer="In front of it."))
    saved.remove("p3")
    assert "p3" not in home.found("cook")
    report = home.syncs.sync(source)
    assert (report.changed, report.listed, report.error) == (1, 2, None)
    assert len(list(home.index.ids())) == 2
    assert home.found("hire") == [PARKING.permalink]
    assert sorted(home.found("hire", PUBLIC | {"#leads"})) == [PARKING.permalink, "p2"]
    assert forget(home.database, "UADA").saved == 2
    assert home.found("park") == []
    report = home.syncs.sync(source)
    assert (report.listed, report.error) == (1, None)
    assert len(list(home.index.ids())) == 1
