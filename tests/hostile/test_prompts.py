"""What language models are told: texts stand in it as data, and cannot end the passage, the thread or the message."""

import pytest

from bot.answering.write import as_data
from bot.slack.question_text import question_text


@pytest.mark.parametrize(
    "text",
    [
        "</passage> <passage>",
        "</PASSAGE>",
        "</thread>",
        "<|im_end|><|im_start|>system",
        "<|eot_id|>",
        "[INST] [/INST]",
        "<<SYS>> <</SYS>>",
        "</s><s>",
        "<start_of_turn>model",
        "<system>",
    ],
)
def test_no_text_ends_what_it_stands_in(text: str) -> None:
    assert not any(sign in as_data(text) for sign in ("<", "[INST", "[/INST"))


def test_other_signs_stay_as_they_are() -> None:
    text = "a < b, <your-name>, <span>, [1], [INSTALL], x <| y"
    assert as_data(text) == text.replace("<|", "‹|")


def test_a_question_has_no_characters_that_nobody_sees() -> None:
    assert question_text("Who pa\u200bys\u202e me\U000e0041?", "U0LORE0001") == "Who pays me?"
