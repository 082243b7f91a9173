"""What a question is after: which sentences of the passages answer it, and so whether a drafted one does."""

from collections.abc import Sequence

from bot.answering.evidence import Evidence
from bot.answering.expected import expected_answer
from bot.answering.words import content_words, tokens

_MUCH_LESS = 2.0
"""A sentence whose score is this much below the best is e² times less likely to answer."""

_ASKED_AGAIN = 0.6
"""The share of a question's words with which a sentence says again what was asked."""


class Gist:
    """The passages' sentences that most likely answer a question: `answering`, plain, the likeliest first."""

    def __init__(self, question: str, evidence: Sequence[Evidence]) -> None:
        """`evidence` is ranked, best first."""
        self._asked = frozenset(content_words(question))
        self._expected = expected_answer(question)
        self.answering = [one.sentence.plain for one in evidence if one.score >= evidence[0].score - _MUCH_LESS]
        self._answering = [frozenset(tokens(sentence)) for sentence in self.answering]
        self._fits = bool(evidence) and self._expected.fit(evidence[0].sentence.plain) > 0

    def is_in(self, text: str, bearing_out: Sequence[str]) -> bool:
        """Whether a drafted sentence, borne out by these of the passages, speaks to the question.

        It rests on a sentence that likely answers, and looks like an answer where that does: for how many, a number.
        """
        if self._fits and self._expected.fit(text) == 0:
            return False
        return any(frozenset(tokens(one)) in self._answering for one in bearing_out)

    def is_asked_by(self, text: str) -> bool:
        """Whether the text says again most of what was asked."""
        return bool(self._asked) and len(self._asked & set(content_words(text))) >= _ASKED_AGAIN * len(self._asked)
