"""How soon a verified sentence is shown, beside how soon the language model has written it."""

import re
import time
from collections.abc import Iterator, Sequence

from bot.answering.answer import Answerer
from bot.answering.in_process_llm import InProcessLLM
from bot.answering.write import Message
from storage.document import PUBLIC
from storage.knowledge import KnowledgeBase
from tests.smollm2 import smollm2

MOST = 1.15
ATTEMPTS = 3
"""Of which one is enough: a busy machine can halt either of the two at the wrong moment."""


class CitingLLM:
    """SmolLM2, which is too small to cite, with the marker of the first passage behind each sentence's end; notes when
    its first sentence ended."""

    def __init__(self, llm: InProcessLLM) -> None:
        self.name, self.window, self.reply_tokens = llm.name, llm.window, llm.reply_tokens
        self.count_tokens = llm.count_tokens
        self._llm = llm
        self.begun = self.first_end = 0.0

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        self.begun, self.first_end = time.perf_counter(), 0.0
        for piece in self._llm.stream(messages):
            if not re.search(r"[.!?]\s*$", piece):
                yield piece
                continue
            self.first_end = self.first_end or time.perf_counter()
            yield f"{piece} [1]"


def test_a_verified_sentence_is_shown_almost_as_soon_as_the_model_has_written_it(knowledge: KnowledgeBase) -> None:
    llm = smollm2(reply_tokens=48)
    citing = CitingLLM(llm)
    answerer = Answerer(knowledge, citing)
    ratios = []
    for _ in range(ATTEMPTS):
        shown: list[float] = []
        answer = answerer.answer(
            "What is the limit for a hotel in London?", PUBLIC, lambda _, at=shown: at.append(time.perf_counter())
        )
        assert "every sentence is supported" in answer.reason or "were left out" in answer.reason, answer.reason
        assert "£185" in answer.text
        ratios.append((shown[0] - citing.begun) / (citing.first_end - citing.begun))
        if ratios[-1] <= MOST:
            break
    llm.close()
    assert min(ratios) <= MOST, ratios
