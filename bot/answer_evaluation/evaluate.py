"""Asks known questions, one after the other, by the way that people's questions take, and measures the answers."""

from collections.abc import Callable, Sequence

from bot.answer_evaluation.outcome import AnswerOutcome, outcome
from bot.answer_evaluation.questions import KnownQuestion
from bot.service import Service, WriterChoice
from storage.document import Audience

CHUNKS_SEARCHED = 50
"""Enough that ten documents are among them."""


def ask_all(
    service: Service,
    questions: Sequence[KnownQuestion],
    audience: Audience,
    writer: WriterChoice,
    on_asked: Callable[[int], None],
) -> list[AnswerOutcome]:
    """What came of each question, in order; `on_asked` is told how many were asked so far.

    Nothing is recorded: these are no person's questions, and nothing is learnt from them.
    """
    service.search("Is everything warm?", audience, 1)  # the first question would take the time of what loads lazily
    outcomes = []
    for number, known in enumerate(questions, start=1):
        answer = service.ask(known.text, audience, writer, lambda piece: None)
        outcomes.append(outcome(known, answer, service.search(known.text, audience, CHUNKS_SEARCHED)))
        on_asked(number)
    return outcomes
