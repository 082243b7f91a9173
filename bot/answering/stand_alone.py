"""A thread's follow-up made to stand alone without a language model: joined with the question that it leans on."""

import re
from collections.abc import Sequence

from bot.answering.sentences import split_sentences
from bot.answering.words import content_words

_LONGEST_EARLIER = 300
"""Characters of the earlier question that are searched with: what is longer is a story, and drowns the follow-up."""

_FEW_WORDS = 4
"""Words that carry meaning, up to which a pronoun is taken to mean something that was said before."""

_GOES_ON = re.compile(
    r"\W*(?:and|or|but|so|also|what about|how about|what if|in that case|if so|if not|und|oder|aber|was ist mit|"
    r"wie ist es mit|et|ou|mais|y|pero|en|maar|ma|ed?)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:[Ii]t|[Ii]ts|(?i:them|they|their|theirs|he|she|him|her|his|same|else))\b|\b(?i:ones?)\b(?=\W*$)"
    r"|\b(?i:that|this|those|these)\b(?=\s*(?:$|[?.!,]|(?i:is|are|was|were|do|does|did|can|may|must|should|will|would|"
    r"apply|count|paid|mean|work|cost|last|take)\b))"
)
_CLAUSE = re.compile(r"[.,;:!?]\s")


def leans(question: str) -> bool:
    """Whether a question cannot be understood without what was said before it.

    It begins as a sentence that goes on, says next to nothing by itself, or has a pronoun for what it does not name.
    Measured in docs/decisions/follow-ups.md.
    """
    words = len(content_words(question))
    return words <= 1 or bool(_GOES_ON.match(question)) or (words <= _FEW_WORDS and _means_something_before(question))


def stand_alone(question: str, earlier: Sequence[str]) -> str:
    """The question as it is to be searched for: itself, or, where it leans, before the one that it leans on.

    `earlier` is what people said before, oldest first. The latest of it that stands alone is what is leant on, a
    question rather than a statement.
    """
    if not leans(question):
        return question
    whole = [text for text in earlier if text.strip() and not leans(text)]
    asked = [text for text in whole if "?" in text] or whole
    return f"{question.rstrip(' .!?')}? {_cut(asked[-1])}" if asked else question


def _means_something_before(question: str) -> bool:
    """Whether a pronoun stands in the question before anything that it could mean."""
    pronoun = _PRONOUN.search(question)
    if pronoun is None:
        return False
    clauses = [clause.end() for clause in _CLAUSE.finditer(question, 0, pronoun.start())]
    return not clauses or not content_words(question[: clauses[-1]])


def _cut(text: str) -> str:
    """The text, or of a long one the last of its questions, or its beginning if it has none."""
    text = " ".join(text.split())
    if len(text) <= _LONGEST_EARLIER:
        return text
    asked = [text[start:end] for start, end in split_sentences(text) if text[:end].endswith(("?", "？", "؟"))]
    return (asked[-1] if asked else text)[:_LONGEST_EARLIER]
