"""Texts as a drafted sentence and a passage's are compared: their words, figures and stance, each read once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from bot.answering.amounts import Amount, amounts, without_dates
from bot.answering.stance import Stance, stance
from bot.answering.words import content_words, stem, tokens

EMPTY = frozenset(
    stem(word)
    for word in """
    employee employees staff person people individual organization company provide provides provided following
    information document passage section text question answer
    need needs required require requires allowed permitted able can
    """.split()
)
"""Words that say little, or are judged as modality."""

NO_NEWS = EMPTY | frozenset(
    stem(word)
    for word in """
    use used uses using gives since least most one two three four five six seven eight nine ten eleven twelve
    """.split()
)
"""Words, too, that may be new in a sentence: figures and their bounds are judged by themselves."""


_IRREGULAR = {
    stem(form): stem(verb)
    for verb, forms in {
        "begin": "began begun", "bring": "brought", "build": "built", "buy": "bought", "choose": "chose chosen",
        "find": "found", "give": "gave given", "hold": "held", "keep": "kept", "know": "knew known", "lose": "lost",
        "make": "made", "meet": "met", "pay": "paid", "run": "ran", "see": "saw seen", "sell": "sold", "send": "sent",
        "show": "shown", "speak": "spoke spoken", "spend": "spent", "take": "took taken", "teach": "taught",
        "tell": "told", "think": "thought", "write": "wrote written",
    }.items()
    for form in forms.split()
}  # fmt: skip


def regular(stems: Iterable[str]) -> frozenset[str]:
    """Stems, those of irregular forms ("kept") as those of their verbs ("keep")."""
    return frozenset(_IRREGULAR.get(one, one) for one in stems)


class Read:
    """A text as it is compared; each part is read when it is first asked for."""

    def __init__(self, text: str, lead: str = "") -> None:
        self.text = f"{lead}\n{text}" if lead else text
        self.own = text

    @cached_property
    def words(self) -> list[str]:
        """All words and signs of money, in order, without what leads in to them."""
        return [*tokens(self.own), *re.findall(r"[$£€¥%]", self.own)]

    @cached_property
    def stems(self) -> frozenset[str]:
        """Of the words that carry meaning, but for figures."""
        return regular(word for word in content_words(without_dates(self.text)) if not word[0].isdigit())

    @cached_property
    def amounts(self) -> tuple[Amount, ...]:
        return tuple(amounts(self.text))

    @cached_property
    def stance(self) -> Stance:
        return stance(self.text)

    @cached_property
    def all_words(self) -> frozenset[str]:
        """The stems of all words and of their parts."""
        return regular(
            stem(part) for word in tokens(self.text) for part in (word, *re.split(r"[-/.&:']", word)) if part
        )

    @cached_property
    def values(self) -> frozenset[str]:
        return frozenset(amount.value for amount in self.amounts)


@dataclass(frozen=True)
class Told:
    """A sentence of a passage that a drafted one is compared with, and what stands above it."""

    part: Read
    above: Read

    @cached_property
    def stems(self) -> frozenset[str]:
        return self.part.stems | self.part.all_words | self.above.stems | self.above.all_words
