"""A thread's follow-up rewritten by a language model, so that it stands alone."""

from collections.abc import Iterator, Sequence

import structlog

from bot.answering.context import Turn
from bot.answering.stand_alone import leans
from bot.answering.words import content_words
from bot.answering.write import LanguageModel, LanguageModelError, Message, as_data, rules

PROMPT = "stand-alone-1"
LONGEST = 500
"""Characters of a rewritten question: more is an answer, or an essay."""

_log = structlog.get_logger(__name__)


def rewrite(llm: LanguageModel, question: str, turns: Sequence[Turn]) -> str | None:
    """The question as it can be understood without `turns`, which came before it; None where the model makes no such.

    The model has read what other people wrote, so what it writes is only taken for the question where it keeps the
    question's own words: half of them where the question leans on the thread, else all.
    """
    try:
        written = _read(llm.stream(_messages(question, turns))).strip('"“”').strip()
    except LanguageModelError as error:
        _log.warning("rewriting_failed", llm=llm.name, error=str(error))
        return None
    return written if written and _is_faithful(written, question) else None


def _read(pieces: Iterator[str]) -> str:
    """What is written, as far as it can be a question: the rest of an essay is not waited for."""
    written = ""
    for piece in pieces:
        written += piece
        if len(written) > LONGEST or "\n" in written.strip():
            break
    return written.strip()


def _messages(question: str, turns: Sequence[Turn]) -> list[Message]:
    said = "\n".join(f"{'Lore' if turn.by_lore else 'Person'}: {as_data(turn.text)}" for turn in turns)
    return [
        {"role": "system", "content": rules(PROMPT)},
        {"role": "user", "content": f"<thread>\n{said}\n</thread>\n\nLast message: {as_data(question)}"},
    ]


def _is_faithful(written: str, question: str) -> bool:
    if len(written) > LONGEST or "\n" in written:
        return False
    own = set(content_words(question))
    kept = len(own & set(content_words(written)))
    return 2 * kept >= len(own) if leans(question) else kept == len(own)
