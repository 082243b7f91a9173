"""The questions that people voted on, each with the documents that its votes name as right or wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from learning.voices import Said, by_question, says, standing
from learning.votes import CastVote, DocumentKey, Snapshot
from storage.database import Database
from storage.saved_answers import SOURCE_KIND
from storage.tables import DocumentRow, FeedbackRow, SourceRow


@dataclass(frozen=True)
class VotedQuestion:
    """A question, and for each document that votes on it name: 1 where it is right for it, -1 where it is wrong."""

    text: str
    documents: Mapping[DocumentKey, int]


def voted_questions(votes: Sequence[CastVote]) -> list[VotedQuestion]:
    """What these votes (oldest first) say of documents; the question with the latest vote comes first.

    The rules are those of learning.voices, as for triplets: 👍 is for what the answer cites, 👎 for a wrong source
    against it, a correction for the document that it names; a person has one voice on a document, and voices for and
    against it cancel. A question whose votes leave no document higher or lower is left out.
    """
    questions: list[tuple[int, VotedQuestion]] = []
    order = {id(cast): at for at, cast in enumerate(votes)}
    for casts in by_question(votes):
        said: dict[DocumentKey, list[Said]] = {}
        for cast in casts:
            for one in says(cast, cast.correction, _document):
                said.setdefault(_document(one.passage), []).append(one)
        left = {document: standing(ones) for document, ones in said.items() if document[1]}
        documents = {document: ones[0].value for document, ones in left.items() if ones}
        if documents:
            questions.append((order[id(casts[-1])], VotedQuestion(casts[-1].question, documents)))
    return [question for _, question in sorted(questions, key=lambda one: -one[0])]


@dataclass(frozen=True)
class Standing:
    """What tells cheaply whether votes were cast, changed or withdrawn since, or mean something else: one on a saved
    answer that is not synced yet names no document until it is."""

    votes: int
    reasons: int
    corrections: int
    latest: object
    saved_answers: int


def votes_standing(database: Database) -> Standing:
    """How many votes stand, and when the latest was cast: whoever changes a vote must set its `updated_at`."""
    with database.session() as session:
        row = session.execute(
            select(
                func.count(),
                func.count(FeedbackRow.reason),
                func.count(FeedbackRow.correction),
                func.max(FeedbackRow.updated_at),
            )
        ).one()
        answers = select(func.count()).join(DocumentRow.source).where(SourceRow.connector == SOURCE_KIND)
        saved = session.scalar(answers.select_from(DocumentRow)) or 0
    return Standing(*row, saved_answers=saved)


def _document(passage: Snapshot) -> DocumentKey:
    return passage.source, passage.document
