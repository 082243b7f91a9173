"""Saved answers in both databases: kept once a message, taken back, listed, and forgotten with their documents."""

import threading
from dataclasses import replace

from sqlalchemy import func, select

from storage.database import Database
from storage.document import PUBLIC
from storage.saved_answers import SavedAnswer, SavedAnswers, forget_saved
from storage.tables import DocumentRow, SavedAnswerRow, SourceRow

LEAVE = SavedAnswer(
    question="How many days of leave?",
    answer="**28 days**, see the handbook.",
    author="UADA",
    channel="C1",
    permalink="https://x.slack.com/archives/C1/p1",
    audience=PUBLIC,
    saved_by="UALICE",
)
PAY = replace(
    LEAVE, question="When is payday?", permalink="https://x.slack.com/archives/C2/p2", audience=frozenset({"#hr"})
)


def questions(saved: SavedAnswers) -> list[str]:
    return [one.question for one in saved.list()]


def test_what_was_saved_is_found_and_listed_in_its_order(database: Database) -> None:
    saved = SavedAnswers(database)
    saved.save(LEAVE)
    saved.save(PAY)
    assert saved.find(LEAVE.permalink) == LEAVE
    assert [(one.question, one.permalink, one.audience) for one in saved.list()] == [
        (one.question, one.permalink, one.audience) for one in (LEAVE, PAY)
    ]


def test_a_message_saved_again_replaces_what_was_saved_of_it(database: Database) -> None:
    saved = SavedAnswers(database)
    saved.save(LEAVE)
    [before] = saved.list()
    saved.save(replace(LEAVE, answer="30\0 days", saved_by="UBOB"))
    [after] = saved.list()
    assert saved.find(LEAVE.permalink) == replace(LEAVE, answer="30 days", saved_by="UBOB")
    assert after.saved_at > before.saved_at


def test_what_was_taken_back_is_gone_until_it_is_saved_again(database: Database) -> None:
    saved = SavedAnswers(database)
    saved.save(LEAVE)
    assert saved.remove(LEAVE.permalink)
    assert not saved.remove(LEAVE.permalink)
    assert (questions(saved), saved.find(LEAVE.permalink)) == ([], None)
    saved.save(LEAVE)
    assert questions(saved) == [LEAVE.question]


def test_two_who_save_a_message_at_once_save_it_once(database: Database) -> None:
    people = [
        threading.Thread(target=SavedAnswers(database).save, args=(replace(LEAVE, saved_by=f"U{number}"),))
        for number in range(4)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert questions(SavedAnswers(database)) == [LEAVE.question]


def test_all_are_listed_however_many_there_are(database: Database) -> None:
    with database.session() as session:
        session.add_all(
            SavedAnswerRow(
                question=str(number), answer="", author="", channel="", permalink=str(number), audience=[], saved_by=""
            )
            for number in range(1_001)
        )
    assert questions(SavedAnswers(database)) == [str(number) for number in range(1_001)]


def test_forgetting_a_person_deletes_what_they_wrote_and_what_they_saved_and_its_documents(database: Database) -> None:
    saved = SavedAnswers(database)
    saved.save(LEAVE)
    saved.save(PAY)
    saved.save(replace(LEAVE, permalink="p3", author="UGITA", saved_by="UADA"))
    saved.save(replace(LEAVE, permalink="p4", author="UGITA", saved_by="UBOB", question="Kept?"))
    with database.session() as session:
        for name, connector in (("answers", "answers"), ("wiki", "files")):
            source = SourceRow(name=name, connector=connector, audience=["everyone"])
            session.add(source)
            session.flush()
            session.add_all(
                DocumentRow(
                    source_id=source.id,
                    external_id=id,
                    title="",
                    url="",
                    revision="",
                    content_hash="",
                    markdown="",
                    audience=[],
                )
                for id in (LEAVE.permalink, "p4")
            )
    with database.session() as session:
        assert forget_saved(session, "UADA") == 3
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(SavedAnswerRow)) == 1
        left = session.execute(select(SourceRow.name, DocumentRow.external_id).join(DocumentRow.source)).all()
    assert questions(saved) == ["Kept?"]
    assert sorted(map(tuple, left)) == [("answers", "p4"), ("wiki", LEAVE.permalink), ("wiki", "p4")]
