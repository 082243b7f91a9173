"""The same attempts on a real language model, SmolLM2: two in every run, all with LORE_ALL_ATTEMPTS=1.

All take about ten minutes of two cores: `make test-hostile`.
"""

import os
from collections.abc import Iterator

import pytest

from bot.answering.answer import Answerer
from storage.knowledge import KnowledgeBase
from tests.hostile.attempts import Attempt, attempts
from tests.hostile.conftest import answer_to
from tests.hostile.judge import faults
from tests.smollm2 import smollm2

FEW = ("channel", "order-en-system")
TRIED = [each for each in attempts() if "LORE_ALL_ATTEMPTS" in os.environ or each.id in FEW]


@pytest.fixture(scope="module")
def small(knowledge: KnowledgeBase) -> Iterator[Answerer]:
    llm = smollm2(timeout=600.0)
    yield Answerer(knowledge, llm)
    llm.close()


@pytest.mark.parametrize("attempt", TRIED, ids=lambda attempt: attempt.id)
def test_a_real_language_model_is_led_to_no_harm(attempt: Attempt, small: Answerer) -> None:
    answer = answer_to(small, attempt)
    assert faults(attempt, answer) == []
    assert answer.llm == "SmolLM2-135M-Instruct"
    assert "So the documents are quoted" not in answer.reason  # it failed, and the attempt with it
