"""Which sentences are quoted together: not the same one twice, and no more words than are worth reading."""

from bot.answering.evidence import Evidence, Signs
from bot.answering.quote import MOST_SENTENCES, choose
from bot.answering.sentences import Sentence
from bot.answering.words import count_words
from storage.knowledge import DocumentLink, Passage
from storage.passage import Scores

SIGNS = Signs(*[0.0] * len(Signs._fields))


def evidence(*texts: str, step: float = 0.1) -> list[Evidence]:
    """A sentence each, of passages of their own, each a little less likely than the one before."""
    return [
        Evidence(
            Passage(at + 1, f"c{at}", DocumentLink(f"{at}.md", "", "", "s"), (), text, 0, Scores(0.5, 0.5, 0.5)),
            Sentence(text, text, "prose", "", 0, 0),
            SIGNS,
            5.0 - step * at,
        )
        for at, text in enumerate(texts)
    ]


def chosen(*texts: str, step: float = 0.1) -> list[str]:
    return [one.sentence.text for one in choose(evidence(*texts, step=step))]


def test_a_sentence_that_says_the_same_again_is_left_out() -> None:
    first, again = "Receipts are due within sixty days.", "The receipts are due within sixty days of it."
    assert chosen(first, again) == [first]


def test_a_sentence_that_differs_in_its_number_only_says_something_else() -> None:
    level_3, level_5 = "Level 3 ratings: up to 0.385% of pay.", "Level 5 ratings: up to 3.85% of pay."
    assert chosen(level_3, level_5) == [level_3, level_5]


def test_short_sentences_are_quoted_together() -> None:
    some = [f"The {name} closes at noon." for name in ("library", "kitchen", "workshop", "garden", "cellar")]
    assert chosen(*some) == some[:MOST_SENTENCES]


def test_an_unlikely_sentence_is_not_worth_its_words() -> None:
    sure = "The library closes at noon."
    assert chosen(sure, "Nobody knows when it was built.", step=5.0) == [sure]


def test_a_quote_has_ninety_words_at_most() -> None:
    long = [" ".join(f"{name}{n}" for n in range(40)) + "." for name in ("a", "b", "c")]
    assert sum(count_words(text) for text in chosen(*long)) <= 88
