"""Which sentences of passages are quoted: what an author stressed, and rows that a question does not tell apart."""

import pytest

from bot.answering.evidence import MANY_ROWS, EvidenceReader
from bot.answering.quote import MOST_SENTENCES, MOST_WORDS, quote
from bot.answering.words import count_words
from storage.embedder import SentenceTransformerEmbedder
from storage.knowledge import DocumentLink, Passage, Scores

LOST = "What do I do when I lose my laptop?"
CALL = "**Call the security line at once: 0117 496 0199.**"
REASON = "Do not wait until you have looked everywhere for your laptop: we can lock a lost laptop and unlock it again."
NEEDED = "To do when you lose a laptop:\n\n- lose no time,\n- tell the laptop team,\n- do the laptop form."

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
PAYDAYS = "| Month | Payday |\n|---|---|\n" + "".join(f"| {month} | {day} |\n" for day, month in enumerate(MONTHS, 11))
RULE = "Salaries are paid on the 25th of each month."


def passage(text: str, title: str, rank: int = 1, score: float = 0.6) -> Passage:
    link = DocumentLink(f"{title}.md", title, "", "handbook")
    return Passage(rank, f"{title} {rank}", link, (), text, 0, Scores(score, score, score))


def quoted(embedder: SentenceTransformerEmbedder, question: str, *passages: Passage) -> str:
    return "\n".join(one.text for one in quote(EvidenceReader(embedder).read(question, passages)))


def test_what_the_author_stressed_is_quoted_with_the_rest_of_its_paragraph(
    embedder: SentenceTransformerEmbedder,
) -> None:
    text = quoted(embedder, LOST, passage(f"{CALL} It is answered day and night. {REASON}", "Lost devices"))
    assert CALL in text
    assert text.index(CALL) < text.index(REASON)
    assert text.count(CALL) == 1


def test_the_least_likely_sentences_make_room_for_it(embedder: SentenceTransformerEmbedder) -> None:
    without = quoted(embedder, LOST, passage(REASON, "Lost devices"), passage(NEEDED, "Lost devices", 2, 0.5))
    text = quoted(embedder, LOST, passage(f"{CALL} {REASON}", "Lost devices"), passage(NEEDED, "Lost devices", 2, 0.5))
    assert without.count("\n-") == MOST_SENTENCES - 1
    assert CALL in text
    assert text.count("\n-") == MOST_SENTENCES - 2
    assert count_words(text) <= MOST_WORDS


@pytest.mark.parametrize("between", ["\n\n", "\n\n## Laptops\n\n"], ids=["another paragraph", "another section"])
def test_what_is_stressed_elsewhere_is_not_quoted(embedder: SentenceTransformerEmbedder, between: str) -> None:
    stressed = "**Parking is free on Sundays.**"
    assert stressed not in quoted(embedder, LOST, passage(f"{stressed}{between}{REASON}", "Lost devices"))


def test_a_stressed_sentence_that_leaves_no_room_for_the_best_is_left_out(
    embedder: SentenceTransformerEmbedder,
) -> None:
    long = f"**Call {'the security line ' * 20}at once.**"
    text = quoted(embedder, LOST, passage(f"{long} {REASON} {REASON[:-1]} {'when it is found ' * 4}.", "Lost devices"))
    assert REASON[:40] in text
    assert count_words(text) <= MOST_WORDS


def test_of_rows_that_the_question_does_not_tell_apart_one_is_quoted_after_the_rule(
    embedder: SentenceTransformerEmbedder,
) -> None:
    text = quoted(embedder, "When is payday?", passage(RULE, "Paydays"), passage(PAYDAYS, "Paydays", 2))
    assert text.index(RULE) < text.index("Month: January · Payday: 11")
    assert text.count("Payday: ") == 1


def test_the_row_that_is_asked_for_is_quoted(embedder: SentenceTransformerEmbedder) -> None:
    text = quoted(embedder, "When is payday in August?", passage(RULE, "Paydays"), passage(PAYDAYS, "Paydays", 2))
    assert "Month: August · Payday: 18" in text


def test_the_rows_of_a_table_that_is_all_there_is_are_quoted(embedder: SentenceTransformerEmbedder) -> None:
    elsewhere = passage(REASON, "Lost devices", 2)
    text = quoted(embedder, "Which paydays are there?", passage(PAYDAYS, "Paydays"), elsewhere)
    assert text.count("Payday: ") == MOST_SENTENCES


def test_few_rows_are_all_quoted(embedder: SentenceTransformerEmbedder) -> None:
    few = "\n".join(PAYDAYS.splitlines()[: 2 + MANY_ROWS - 1])
    assert quoted(embedder, "When is payday?", passage(few, "Paydays")).count("Payday: ") == MANY_ROWS - 1
