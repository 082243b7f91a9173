"""The check of answers that is independent of what wrote them finds errors that were planted in supported sentences."""

import json
import random
from pathlib import Path

from bot.answer_evaluation.support_check import fault
from bot.answering.sentences import sentences
from tests.answering.mutations import mutants

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "grounding_pairs.jsonl").read_text(encoding="utf-8").splitlines()
]


def source(row: dict[str, str]) -> str:
    return "\n".join((row["title"], " > ".join(row["heading"]), row["text"]))


def test_it_finds_planted_errors_and_doubts_no_sentence_as_it_stands() -> None:
    chance = random.Random(0)
    planted, missed = 0, []
    for row in ROWS:
        for one in sentences(row["text"]):
            if one.kind in ("code", "row") or not 6 <= one.words <= 40:
                continue
            assert fault(one.plain, [source(row)]) == ""
            for kind, mutant in mutants(one.plain, chance):
                planted += 1
                if not fault(mutant, [source(row)]):
                    missed.append((kind, mutant))
    assert planted > 250
    assert len(missed) <= 0.02 * planted, missed


def test_it_finds_nine_in_ten_sentences_that_say_something_else() -> None:
    unsupported = [(row, said) for row in ROWS for said in row["unsupported"]]
    missed = [said for row, said in unsupported if not fault(said, [source(row)])]
    assert len(missed) <= 0.1 * len(unsupported), missed


def test_most_sentences_in_other_words_are_not_doubted() -> None:
    supported = [(row, said) for row in ROWS for said in row["supported"]]
    doubted = [said for row, said in supported if fault(said, [source(row)])]
    assert len(doubted) <= 0.3 * len(supported), doubted


def test_a_sentence_without_a_source_is_doubted() -> None:
    assert fault("Everyone gets 27 days of leave.", []) == "it cites nothing that was found"


def test_a_sentence_cut_off_in_the_middle_is_doubted() -> None:
    told = (
        "Clearance\n\n- 8-15 months for a new Top Secret clearance with access to Sensitive Compartmented Information"
    )
    assert (
        fault("- 8-15 months for a new Top Secret clearance with access to Sensitive Compartmented Information", [told])
        == ""
    )
