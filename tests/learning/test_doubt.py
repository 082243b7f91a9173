"""Which lessons wait for a second voice."""

from dataclasses import replace

import pytest

from learning.doubt import is_doubted
from learning.votes import DocumentKey, Snapshot
from tests.learning.made import SOURCE, lesson, snapshot

LEAVE, WIFI = ((SOURCE, name) for name in ("leave.md", "wifi.md"))
KNOWN = {LEAVE, WIFI}


@pytest.mark.parametrize(
    ("right", "found", "doubted"),
    [
        (snapshot("27 days.", "leave.md"), {WIFI, LEAVE}, False),
        (snapshot("27 days.", "leave.md"), {WIFI}, True),
        (snapshot("27 days.", "leave.md"), set(), True),
        (snapshot("27 days.", "gone.md"), {WIFI}, False),
        (snapshot("27 days, I say."), {WIFI}, False),
    ],
    ids=["found", "not found", "nothing found", "a document that is gone", "a person's own words"],
)
def test_what_the_question_does_not_find_is_doubted(right: Snapshot, found: set[DocumentKey], doubted: bool) -> None:
    assert is_doubted(lesson("How much leave?", [right]), KNOWN, found) == doubted


def test_one_document_that_is_found_is_enough() -> None:
    one = lesson("How much leave?", [snapshot("27 days.", "leave.md"), snapshot("Ask.", "wifi.md")])
    assert not is_doubted(one, KNOWN, {WIFI})


def test_what_a_second_person_says_too_is_believed() -> None:
    one = lesson("How much leave?", [snapshot("27 days.", "leave.md")])
    assert is_doubted(one, KNOWN, {WIFI})
    assert not is_doubted(replace(one, voters=frozenset({"U1", "U2"})), KNOWN, {WIFI})
