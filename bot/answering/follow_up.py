"""A question in its thread into one that stands alone: by the language model if there is one, else by joining."""

from dataclasses import dataclass

from bot.answering.context import THREAD_TOKENS, Context, newest
from bot.answering.rewrite import PROMPT, rewrite
from bot.answering.stand_alone import leans, stand_alone
from bot.answering.write import LanguageModel
from storage.embedder import Embedder


@dataclass(frozen=True)
class StandingAlone:
    """`text` is what to search for. `only_newest` is how many messages of a longer thread were read for it, None where
    all were, or none was needed. `prompt` is that by which a language model wrote the text, None where none did."""

    text: str
    only_newest: int | None
    prompt: str | None = None


def made_to_stand_alone(
    question: str, context: Context, llm: LanguageModel | None, embedder: Embedder
) -> StandingAlone:
    """The question as it can be understood without its thread. A model that fails is done without."""
    if not context.turns:
        return StandingAlone(question, 0 if context.is_part and leans(question) else None)
    turns = newest(context.turns, embedder.count_tokens, THREAD_TOKENS)
    text = rewrite(llm, question, turns) if llm else None
    prompt = PROMPT if text is not None else None
    if text is None:
        text = stand_alone(question, [turn.text for turn in turns if not turn.by_lore])
    is_part = context.is_part or len(turns) < len(context.turns)
    return StandingAlone(text, len(turns) if is_part and (text != question or leans(question)) else None, prompt)
