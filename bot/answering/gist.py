"""What a question is after: which sentences of the passages answer it, and so whether a drafted one does."""

import re
from collections.abc import Sequence

from bot.answering.evidence import Evidence
from bot.answering.expected import expected_answer
from bot.answering.words import content_words, tokens

_MUCH_LESS = 2.0
"""A sentence whose score is this much below the best is e² times less likely to answer."""

_ASKED_AGAIN = 0.6
"""The share of a question's words with which a sentence says again what was asked."""

_FIGURE = re.compile(
    r"\d[\d.,:]*\d|\d|\b(?:january|february|march|april|june|july|august|september|october|november|december)\b",
    re.IGNORECASE,
)
_IS = re.compile(r"\b(?:is|are|was|were|means?)\b", re.IGNORECASE)


class Gist:
    """The passages' sentences that most likely answer a question: `answering`, plain, the likeliest first."""

    def __init__(self, question: str, evidence: Sequence[Evidence]) -> None:
        """`evidence` is ranked, best first."""
        self._asked = frozenset(content_words(question))
        self._in_question = frozenset(tokens(question))
        self._expected = expected_answer(question)
        self.answering = [one.sentence.plain for one in evidence if one.score >= evidence[0].score - _MUCH_LESS]
        self._answering = [frozenset(tokens(sentence)) for sentence in self.answering]
        self._fits = any(self._expected.fit(sentence) > 0 for sentence in self.answering)

    def is_in(self, text: str, bearing_out: Sequence[str]) -> bool:
        """Whether a drafted sentence, borne out by these of the passages, speaks to the question.

        It rests on a sentence that likely answers, and looks like an answer where one of these does: for how many, a
        number that the question has not. And it says something: "the first paycheck is your first paycheck" does not.
        """
        if _says_nothing(text) or (self._fits and not self._looks_like_an_answer(text)):
            return False
        return any(frozenset(tokens(one)) in self._answering for one in bearing_out)

    def is_asked_by(self, text: str) -> bool:
        """Whether the text says again most of what was asked."""
        return bool(self._asked) and len(self._asked & set(content_words(text))) >= _ASKED_AGAIN * len(self._asked)

    def _looks_like_an_answer(self, text: str) -> bool:
        """Whether the text has what an answer has, not just the question's figures and months again."""
        if self._expected.fit(text) == 0:
            return False
        figures = {found.lower() for found in _FIGURE.findall(text)}
        return not figures or not figures <= self._in_question or self._expected.fit(_FIGURE.sub("", text)) > 0


def _says_nothing(text: str) -> bool:
    """Whether a sentence says of something that it is what it is."""
    parts = _IS.split(text, maxsplit=1)
    return len(parts) == 2 and set(content_words(parts[1])) <= set(content_words(parts[0]))
