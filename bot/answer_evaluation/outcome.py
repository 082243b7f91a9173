"""What came of one question: its answer beside what is known of it."""

from dataclasses import dataclass

from bot.answer_evaluation.questions import KnownQuestion
from bot.answer_evaluation.support_check import CheckedSentence, check, plain
from bot.contract import Json

DOCUMENTS_RANKED = 10


@dataclass(frozen=True)
class AnswerOutcome:
    """A known question, what `lore ask --json` printed for it, and the ids of the documents that were found, in order.

    `sentences` are those of an answer, each checked; none where it abstained.
    """

    known: KnownQuestion
    answer: Json
    found: tuple[str, ...]
    sentences: tuple[CheckedSentence, ...]

    @property
    def answered(self) -> bool:
        """Whether it was answered, rightly or not."""
        return bool(self.answer["kind"] == "answered")

    @property
    def rank(self) -> int | None:
        """Where the first page stands that answers it, from 1; None where it is not among those found."""
        return next((rank for rank, id in enumerate(self.found, start=1) if id in self.known.pages), None)

    @property
    def holds(self) -> bool:
        """Whether the reply contains one of the known answers."""
        said = plain(self.answer["text"])
        return self.answered and any(plain(answer) in said for answer in self.known.answers)

    @property
    def cited(self) -> list[str]:
        """The ids of the documents that are cited, each once."""
        return list(dict.fromkeys(citation["document"]["id"] for citation in self.answer["citations"]))

    @property
    def confidence(self) -> float:
        """0 where it was not judged: then nothing was found."""
        return float(self.answer["confidence"] or 0.0)

    @property
    def cosine(self) -> float:
        """The best cosine of a passage, 0 where none was found."""
        return max((float(passage["scores"]["dense"]) for passage in self.answer["passages"]), default=0.0)

    @property
    def words(self) -> int:
        """Of the reply, with its markers."""
        return len(self.answer["text"].split())


def outcome(known: KnownQuestion, answer: Json, found: Json) -> AnswerOutcome:
    """Put together from what `lore ask` and `lore search` print."""
    documents = tuple(dict.fromkeys(passage["document"]["id"] for passage in found["passages"]))
    sentences = tuple(check(answer)) if answer["kind"] == "answered" else ()
    return AnswerOutcome(known, answer, documents[:DOCUMENTS_RANKED], sentences)
