"""Figures are the same however they are written, and other figures are not."""

import pytest

from bot.answering.amounts import Amount, amounts


def one(text: str) -> Amount:
    found = [amount for amount in amounts(text) if amount.claimed]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("on January 5, 2024", "on 2024-01-05"),
        ("on 5 January", "on January 5th, 2024"),
        ("on Jan. 5", "on the 5th of January"),
        ("on 1/5/2024", "on Jan 5, 2024"),
        ("by March 31", "until 31 March"),
        ("in October 2018", "in October 2018"),
        ("at 4 pm", "at 4:00 p.m."),
        ("at 16:00", "at 4 PM"),
        ("at noon", "at 12:00 pm"),
        ("$1,500", "1500 dollars"),
        ("$2k", "$2,000"),
        ("£185", "GBP 185"),
        ("5%", "5 percent"),
        ("two weeks", "2 weeks"),
        ("twenty-five days", "25 days"),
        ("3 hrs", "three hours"),
        ("27 days", "27.0 days"),
        ("at least 5 years", "a minimum of five years"),
        ("5 years or more", "at least 5 years"),
        ("up to 30 days", "no more than 30 days"),
        ("at most 240 hours", "cannot exceed 240 hours"),
        ("3 days ahead", "3 business days in advance"),
        ("the 3rd floor", "the third floor"),
        ("1.5 million dollars", "$1,500,000"),
    ],
)
def test_the_same_figure_in_another_form(said: str, told: str) -> None:
    assert one(said).is_told_by(one(told)), (one(said), one(told))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("on January 6, 2024", "on 2024-01-05"),
        ("on January 5, 2024", "on January 5"),
        ("before March 31", "after March 31"),
        ("in October 2018", "in April 2018"),
        ("at 4 pm", "at 4 am"),
        ("$185", "£185"),
        ("$185", "185 nights"),
        ("27 weeks", "27 days"),
        ("5%", "5 days"),
        ("at least 5 years", "at most 5 years"),
        ("5 years", "up to 5 years"),
        ("more than 10 people", "10 people"),
        ("3 days before it", "3 days after it"),
        ("within 60 days", "after 60 days"),
        ("8 days", "the 8th day"),
        ("2 months", "6 to 8 months"),
        ("1 week", "1-2 weeks"),
    ],
)
def test_another_figure(said: str, told: str) -> None:
    assert not any(one(said).is_told_by(amount) for amount in amounts(told)), (one(said), amounts(told))


@pytest.mark.parametrize("text", ["form SF-71", "grade GS-15", "the 18F team", "one of the teams", "an offer"])
def test_what_is_part_of_a_name_is_no_figure(text: str) -> None:
    assert [amount for amount in amounts(text) if amount.claimed] == []


def test_a_figure_keeps_the_words_that_it_counts() -> None:
    leave, sick = amounts("You get 27 days of annual leave and 10 days of sick leave.")
    assert "annual" in leave.near
    assert "sick" not in leave.about
    assert "sick" in sick.near
