"""Which lessons are doubted: one person alone names a document that the question does not find, however far down.

Of real questions nearly every right document is among the first hundred passages, even where the first of them is
wrong: of 95 % of SciFact's claims and of all of a handbook's questions (docs/decisions/learning.md). Of documents named
by mistake or at random, few are. Learning from such a vote costs what is right elsewhere, and judging by it hides that
cost, for a question that finds its document neither before nor after says nothing. So it waits until a second person
says the same. It is felt at once by that question all the same (learning/felt.py).
"""

from collections.abc import Set

from learning.lessons import Lesson
from learning.votes import DocumentKey

PASSAGES_LOOKED_AT = 100
"""How far down a document is looked for."""

ENOUGH_VOICES = 2


def is_doubted(lesson: Lesson, known: Set[DocumentKey], found: Set[DocumentKey]) -> bool:
    """Whether the lesson waits for a second voice; `found` are the documents of those passages.

    A document that is not `known`, because it is gone, and a person's own words, which belong to none, cannot be
    looked for: they are believed.
    """
    looked_for = lesson.documents & known
    return len(lesson.voters) < ENOUGH_VOICES and bool(looked_for) and not looked_for & found
