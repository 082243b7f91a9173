"""Who may see which documents, as the tables say."""

from storage.audience_pins import AudiencePins
from storage.database import Database
from storage.document import PUBLIC
from storage.visibility import everyone_known, visible_documents, visible_sources
from tests.learning.documents import add_page

PEOPLE = frozenset({"#people"})


def test_documents_and_sources_are_visible_to_whom_their_audience_names(database: Database) -> None:
    add_page(database, "leave")
    add_page(database, "pay", audience=("#people", "@hr"))
    add_page(database, "minutes", source="board", audience=("@board",))
    add_page(database, "draft", source="board", audience=())
    keys = {("handbook", "leave"), ("handbook", "pay"), ("board", "minutes"), ("board", "draft"), ("board", "pay")}

    assert everyone_known(database) == PUBLIC | {"#people", "@hr", "@board"}
    assert visible_documents(database, keys, PUBLIC | PEOPLE) == {("handbook", "leave"), ("handbook", "pay")}
    assert visible_documents(database, keys, frozenset({"@board"})) == {("board", "minutes")}
    assert visible_documents(database, keys, frozenset()) == set()
    assert visible_sources(database, PUBLIC | PEOPLE) == {"handbook": 2}
    assert visible_sources(database, PUBLIC) == {"handbook": 1}
    assert visible_sources(database, frozenset()) == {}


def test_a_name_means_what_it_was_first_found_to_mean_in_each_workspace(database: Database) -> None:
    ours, theirs = AudiencePins(database, "T1"), AudiencePins(database, "T2")
    assert ours.holds("#people", "C1")
    assert ours.holds("#people", "C1")
    assert not ours.holds("#people", "C2")
    assert theirs.holds("#people", "C2")
