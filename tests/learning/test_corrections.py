"""What a person names as the right source, on both databases."""

import pytest

from learning.corrections import Corrections, Named, OwnWords
from learning.votes import read_votes
from storage.database import Database
from storage.document import PUBLIC
from storage.knowledge import DocumentLink
from storage.questions import QuestionLog
from tests.learning.documents import add_page
from tests.learning.test_triplets import LEAVE, WIFI, ask

PEOPLE = PUBLIC | {"#people"}


@pytest.fixture
def corrections(database: Database) -> Corrections:
    return Corrections(database)


def chunks_named(database: Database, correction: str) -> list[tuple[str, str]]:
    """The documents that learning understands a correction to name."""
    log = QuestionLog(database)
    answer = ask(log, "How many days?", {WIFI: 1})
    log.vote(answer, "U1", -1)
    log.explain_vote(answer, "U1", "wrong_source", correction)
    (vote,) = read_votes(database)
    return [(passage.source, passage.document) for passage in vote.correction]


def test_a_document_is_named_by_its_url(corrections: Corrections, database: Database) -> None:
    add_page(database, "leave.md", LEAVE, title="Leave")
    add_page(database, "leave.md", LEAVE, source="other")
    (named,) = corrections.of_documents([("handbook", "leave.md")], PUBLIC)
    link = DocumentLink("leave.md", "Leave", "https://handbook.example/leave.md", "handbook")
    assert named == Named(link, "https://handbook.example/leave.md")
    assert chunks_named(database, named.correction) == [("handbook", "leave.md")]


def test_a_document_whose_url_others_have_is_named_by_its_id(corrections: Corrections, database: Database) -> None:
    add_page(database, "leave.md", LEAVE, url="https://one.example")
    add_page(database, "wifi.md", WIFI, url="https://one.example")
    named = corrections.of_documents([("handbook", "wifi.md"), ("handbook", "leave.md")], PUBLIC)
    assert [each.correction for each in named] == ["wifi.md", "leave.md"]
    assert chunks_named(database, "wifi.md") == [("handbook", "wifi.md")]


def test_a_document_without_a_name_of_its_own_cannot_be_named(corrections: Corrections, database: Database) -> None:
    for source in ("one", "two"):
        add_page(database, "leave.md", LEAVE, source=source, url="https://one.example")
    add_page(database, "how we do all this.md", LEAVE, source="one", url="")
    keys = [("one", "leave.md"), ("two", "leave.md"), ("one", "how we do all this.md")]
    assert corrections.of_documents(keys, PUBLIC) == []


def test_documents_that_are_gone_or_not_for_the_audience_are_left_out(
    corrections: Corrections, database: Database
) -> None:
    add_page(database, "wifi.md", WIFI)
    add_page(database, "pay.md", LEAVE, audience=("#people",))
    keys = [("handbook", "pay.md"), ("handbook", "gone.md"), ("handbook", "wifi.md"), ("handbook", "wifi.md")]
    assert [each.document.id for each in corrections.of_documents(keys, PUBLIC)] == ["wifi.md"]
    assert [each.document.id for each in corrections.of_documents(keys, PEOPLE)] == ["pay.md", "wifi.md"]


@pytest.mark.parametrize(
    "words",
    [
        "https://handbook.example/a%20b/leave",
        " https://handbook.example/a%20b/leave/ ",
        "http://handbook.example/a%20b/leave#days",
        "<https://handbook.example/a%20b/leave>",
        "It is here: https://handbook.example/a%20b/leave.",
        "See https://elsewhere.example/x, and then https://handbook.example/a%20b/leave)",
        "a b/leave.md",
    ],
)
def test_a_pasted_link_is_its_document_in_any_spelling(
    corrections: Corrections, database: Database, words: str
) -> None:
    add_page(database, "a b/leave.md", LEAVE, url="https://handbook.example/a%20b/leave")
    named = corrections.of_words(words, PUBLIC)
    assert isinstance(named, Named)
    assert (named.document.id, named.correction) == ("a b/leave.md", "https://handbook.example/a%20b/leave")


@pytest.mark.parametrize(
    "words",
    [
        "https://handbook.example/pay.md",
        "pay.md",
        "all that we pay you",
        "The answer is on https://handbook.example/pay.md, I think",
        "https://nowhere.example/pay",
        "nowhere.md",
        "no idea, sorry",
        "",
    ],
)
def test_a_hidden_document_and_none_look_the_same(corrections: Corrections, database: Database, words: str) -> None:
    add_page(database, "pay.md", LEAVE, audience=("#people",))
    add_page(database, "all that we pay you", LEAVE, audience=("#people",))
    assert corrections.of_words(words, PUBLIC) is None


def test_a_sentence_is_kept_as_the_persons_own_words(corrections: Corrections, database: Database) -> None:
    words = corrections.of_words(" We get 27\0 days. ", PUBLIC)
    assert words == OwnWords("We get 27 days.")
    assert chunks_named(database, words.correction) == [("", "")]
