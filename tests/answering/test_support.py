"""What counts as said by a passage: sentences of a real handbook, in other words, and with an error planted in them."""

import json
import random
import statistics
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.answering.sentences import sentences
from bot.answering.support import Support
from storage.embedder import SentenceTransformerEmbedder
from storage.knowledge import Passage
from storage.passage import DocumentLink, Scores
from tests.answering.mutations import mutants

PAIRS = Path(__file__).parents[1] / "data" / "grounding_pairs.jsonl"


@cache
def pairs() -> list[dict[str, Any]]:
    return [json.loads(line) for line in PAIRS.read_text(encoding="utf-8").splitlines()]


def passage(text: str, title: str = "A page", heading: tuple[str, ...] = ()) -> Passage:
    return Passage(
        1, title + text[:20], DocumentLink("page.md", title, "", ""), heading, text, 0, Scores(0.5, 0.5, 0.5)
    )


def of_pair(row: dict[str, Any]) -> Passage:
    return passage(row["text"], row["title"], tuple(row["heading"]))


def test_nine_in_ten_sentences_in_other_words_are_supported(embedder: SentenceTransformerEmbedder) -> None:
    lost = [
        (fault, said)
        for row in pairs()
        for said in row["supported"]
        if (fault := Support(embedder).fault(said, [of_pair(row)]))
    ]
    assert len(lost) <= 0.1 * sum(len(row["supported"]) for row in pairs()), lost


def test_sentences_that_say_something_else_are_not(embedder: SentenceTransformerEmbedder) -> None:
    shown = [said for row in pairs() for said in row["unsupported"] if Support(embedder).supports(said, [of_pair(row)])]
    assert len(shown) <= 0.05 * sum(len(row["unsupported"]) for row in pairs()), shown


def test_ninety_seven_in_a_hundred_planted_errors_are_found(embedder: SentenceTransformerEmbedder) -> None:
    chance = random.Random(0)
    planted, shown = 0, []
    for row in pairs():
        support = Support(embedder)
        for one in sentences(row["text"]):
            if one.kind == "code" or not 6 <= one.words <= 40:
                continue
            assert support.supports(one.plain, [of_pair(row)]), one.plain
            for kind, mutant in mutants(one.plain, chance):
                planted += 1
                if support.supports(mutant, [of_pair(row)]):
                    shown.append((kind, mutant))
    assert planted > 250
    assert len(shown) <= 0.03 * planted, shown


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("You get 27 days of sick leave.", "You get 27 days of annual leave and 10 days of sick leave."),
        ("Part-time staff get 27 days of leave.", "Full-time staff get 27 days of leave, part-time staff 14."),
        ("You must book your travel in Concur.", "You may book your travel in Concur."),
        ("You may book your travel in Concur.", "You must book your travel in Concur."),
        ("You should book your travel in Concur.", "You must book your travel in Concur."),
        ("You may take a laptop abroad.", "You must not take a laptop abroad."),
        ("You need not show a badge at reception.", "You must not show a badge at reception."),
        ("Managers may approve travel and directors may not.", "Managers may not approve travel; directors may."),
        ("You must approve the leave request.", "Your supervisor must approve the leave request."),
        ("You can leave the building by the roof.", "You can leave the building by the roof if there is a fire."),
        ("Reviews last 120 days.", "Reviews typically last 120 days."),
        ("All teams publish their notes weekly.", "Some teams publish their notes weekly."),
        ("Submit the form after travel.", "Submit the form before travel."),
        ("Only managers may read the salary notes.", "Managers may read the salary notes."),
        ("Ms. Brennan approves claims above £500 for laptops.", "Ms. Miller approves claims above £500 for laptops."),
        ("The hotel limit is £120 a week.", "The hotel limit is £120 a night."),
        ("You cannot edit your message.", "After 5 minutes, you cannot edit your message."),
        ("You can edit it 5 minutes after it has been edited.", "You can edit it 5 minutes after it has been posted."),
        ("Advance leave can be up to 240 hours.", "Advance sick leave can be up to 240 hours."),
        ("The wiki password is stored here.", "The wiki password database is stored here."),
        ("You can use leave to bury a parent.", "You can use up to 13 days of leave to bury a parent."),
        ("You cannot edit a message in Slack.", "Do not abuse the edit command to empty a message in Slack."),
                ("They need no computer of ours.", "If they can work in a browser, they need no computer of ours."),
        ("The user has been removed from the list.", "Ensure the user has been removed from the list."),
        ("After 13 sick days you can apply for FMLA.", "After 13 sick days in a row you can apply for FMLA."),
        ("They ask for a card to pay the difference.", "If there is a difference, they ask for a card to pay it."),
        ("Come back tomorrow with the form that you signed.", "Come back with the form that you signed."),
    ],
)  # fmt: skip
def test_the_same_words_that_say_another_thing(embedder: SentenceTransformerEmbedder, said: str, told: str) -> None:
    assert not Support(embedder).supports(said, [passage(told)])
    assert Support(embedder).supports(told, [passage(told)])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Leave requests must be approved by your supervisor.", "Your supervisor must approve leave requests."),
        ("Do not take a laptop abroad.", "You must not take a laptop abroad."),
        ("You can submit receipts in Rota.", "Submit receipts in Rota."),
        ("You must submit receipts in Rota.", "Submit receipts in Rota."),
        ("Days that you did not take are not paid.", "We do not pay for days that you did not take."),
        ("The first review is due on 5 January 2024.", "The first review is due on 2024-01-05."),
        ("You can be granted 4 hours to give blood.", "You can also be granted 4 hours (half a day) to give blood."),
        ("You must report a stolen laptop.", "You must promptly report a stolen laptop to Security and to us."),
        ("You can use the colour printer.", "You can use the colour printer for free."),
        ("Everyone gets 27 days of leave.", "Everyone gets 27 days of leave; determine the rest in the planner."),
        ("Book the trip in Concur.", "- Ensure the card is valid. Book the trip in Concur."),
        (
            "The contract starts on 5 Jan, and the review is due by 31 March.",
            "The contract starts on January 5, 2024. The review is due by March 31.",
        ),
    ],
)
def test_other_words_that_say_the_same_thing(embedder: SentenceTransformerEmbedder, said: str, told: str) -> None:
    assert Support(embedder).fault(said, [passage(told)]) == ""


def test_what_is_told_of_a_case_is_no_rule(embedder: SentenceTransformerEmbedder) -> None:
    told = passage("You work 8 hours every day and stay one hour longer on Monday.", heading=("Credit hours example",))
    assert (
        Support(embedder).fault("You work 8 hours every day and stay one hour longer on Monday.", [told]) == "example"
    )
    assert Support(embedder).fault("You work 8 hours every day.", [told]) == "example"
    assert Support(embedder).supports("For example, you work 8 hours every day and stay one hour longer.", [told])


def test_what_two_sentences_say_of_different_things_is_not_joined(embedder: SentenceTransformerEmbedder) -> None:
    told = passage(
        "You can request up to 240 hours of advanced leave. If you are a term employee, you can request up to the "
        "amount that you will earn."
    )
    said = "If you are a term employee, you can request up to 240 hours of advanced leave."
    assert not Support(embedder).supports(said, [told])


def test_a_row_of_a_table_is_not_given_another_rows_figure(embedder: SentenceTransformerEmbedder) -> None:
    table = passage("| Reason | Paid days |\n|---|---|\n| Moving house | 1 |\n| Your own wedding | 3 |", "Time off")
    assert Support(embedder).supports("Moving house gives 1 paid day.", [table])
    assert not Support(embedder).supports("Moving house gives 3 paid days.", [table])


def test_judging_a_sentence_takes_milliseconds(embedder: SentenceTransformerEmbedder) -> None:
    """15 ms for 95 in 100, or on a slower machine what it takes there to embed a short sentence twice.

    What likely answers is embedded while the model reads, as in an answer.
    """
    took, embedding = [], []
    for row in pairs():
        support = Support(embedder)
        support.read([of_pair(row)])
        support.embed_ahead([one.plain for one in sentences(row["text"])])
        support.supports(row["supported"][0].replace(" the ", " some "), [of_pair(row)])
        for said in [*row["supported"], *row["unsupported"]]:
            begun = time.thread_time()
            support.supports(said, [of_pair(row)])
            judged = time.thread_time()
            took.append((judged - begun) * 1e3)
        embedder.embed_sentences([row["supported"][0]])
        embedding.append((time.thread_time() - judged) * 1e3)
    assert statistics.quantiles(took, n=20)[-1] < max(15, 2 * statistics.median(embedding)), sorted(took)[-10:]
