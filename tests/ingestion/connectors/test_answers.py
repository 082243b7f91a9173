"""Saved answers as documents: their question finds them, and what is taken back is gone."""

from dataclasses import replace

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
