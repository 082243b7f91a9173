"""What the votes say of one question becomes one lesson, and nobody's lessons outweigh everybody's."""

import pytest

from learning.lessons import lessons, question_digest
from tests.learning.made import SOURCE, snapshot, triplet

LEAVE = snapshot("Everyone gets 27 days of leave.", "leave.md", "c1")
PART_TIME = snapshot("Part-time staff get a share of it.", "leave.md", "c2")
PAY = snapshot("Salaries arrive on the 25th.", "pay.md", "c3")
WIFI = snapshot("Guests use the network Guest.", "wifi.md", "c4")


def test_questions_of_the_same_words_are_one_lesson_with_all_that_votes_said_of_it() -> None:
    [leave, pay] = lessons(
        [
            triplet("How much leave?", LEAVE, WIFI, "U1"),
            triplet("When is payday?", PAY, WIFI, "U2"),
            triplet("how MUCH leave", PART_TIME, WIFI, "U3"),
            triplet("How much leave?", LEAVE, PAY, "U1"),
        ]
    )
    assert leave.question == "How much leave?"
    assert leave.positives == (LEAVE, PART_TIME)
    assert leave.negatives == (WIFI, PAY)
    assert leave.voters == {"U1", "U3"}
    assert leave.documents == {(SOURCE, "leave.md")}
    assert pay.question == "When is payday?"


def test_a_persons_own_words_teach_but_name_no_document() -> None:
    [only] = lessons([triplet("How much leave?", snapshot("All of us have 27 days."), WIFI)])
    assert only.positives == (snapshot("All of us have 27 days."),)
    assert only.documents == frozenset()


def test_one_person_who_votes_500_times_weighs_as_much_as_one_may() -> None:
    eager = [triplet(f"question {number} of one person", LEAVE, WIFI, "U0") for number in range(500)]
    others = [triplet(f"question of person {number}", PAY, WIFI, f"U{number}") for number in range(1, 9)]
    made = lessons([*eager, *others], most_share=0.25)
    weight = sum(lesson.weight for lesson in made if lesson.voters == {"U0"})
    assert weight / sum(lesson.weight for lesson in made) == pytest.approx(0.25)
    assert [lesson.weight for lesson in made if lesson.voters != {"U0"}] == [1.0] * 8


def test_a_lesson_weighs_no_more_for_the_passages_that_it_has() -> None:
    votes = [("U1", "a question"), ("U2", "another question"), ("U3", "a third question")]
    few = lessons([triplet(text, LEAVE, WIFI, user) for user, text in votes], most_share=1.0)
    many = lessons([triplet(text, LEAVE, other, user) for user, text in votes for other in (WIFI, PAY)], most_share=1.0)
    assert [lesson.weight for lesson in few] == [lesson.weight for lesson in many] == [1.0] * 3


def test_questions_of_the_same_words_have_the_same_digest() -> None:
    assert question_digest("How much leave?") == question_digest("how much LEAVE")
    assert question_digest("How much leave?") != question_digest("How much pay?")
    [only] = lessons([triplet("How much leave?", LEAVE, WIFI)])
    assert only.digest == question_digest("How much leave?")
    assert len(only.digest) == 16


def test_without_votes_there_is_no_lesson() -> None:
    assert lessons([]) == []
