"""All evidence there is: what this place's votes make, and what was imported; exported, added to, and forgotten."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, select

from learning.lessons import question_digest
from learning.question_vectors import forget_vectors
from learning.triplet_lines import digest, from_record, read_lines, to_record
from learning.triplets import Triplet, mine
from learning.votes import read_votes
from storage.database import Database
from storage.expert_requests import forget_requests
from storage.saved_answers import forget_saved
from storage.tables import AnswerRow, FeedbackRow, ImportedTripletRow, QuestionRow
from storage.version_rows import forget_questions


@dataclass(frozen=True)
class Imported:
    """How many triplets of a file were new, and how many were there already, imported or of the votes themselves."""

    added: int
    known: int


@dataclass(frozen=True)
class Forgotten:
    """How much of a person is gone: their votes, the questions that they asked, imported triplets of theirs, and the
    saved answers that they wrote or saved."""

    votes: int
    questions: int
    imported: int
    saved: int = 0


def gather(database: Database) -> list[Triplet]:
    """Every triplet: those of the votes that stand now, oldest first, then the imported ones, as they came."""
    mined = mine(read_votes(database))
    known = {digest(triplet) for triplet in mined}
    with database.session() as session:
        rows = session.scalars(select(ImportedTripletRow).order_by(ImportedTripletRow.id)).all()
    return mined + [from_record(row.triplet) for row in rows if row.digest not in known]


def import_lines(database: Database, lines: Iterable[str]) -> Imported:
    """Keep the triplets of these JSON Lines: all of them, or, where a line is wrong, none.

    Raises TripletFileError, which names the line.
    """
    triplets = list(read_lines(lines))
    known = {digest(triplet) for triplet in mine(read_votes(database))}
    new: dict[str, Triplet] = {}
    for triplet in triplets:
        if (id := digest(triplet)) not in known:
            new.setdefault(id, triplet)
    with database.session() as session:
        for id in session.scalars(select(ImportedTripletRow.digest)):
            new.pop(id, None)
        session.add_all(ImportedTripletRow(digest=id, triplet=to_record(triplet)) for id, triplet in new.items())
    return Imported(len(new), len(triplets) - len(new))


def forget(database: Database, user: str) -> Forgotten:
    """Delete what a person left: their votes, their questions, what they had experts asked, the imported triplets that
    either is part of, and the saved answers that they wrote or saved, with the documents made of these.

    A question's text is its asker's own words, so their questions go whole, with the answers, the passages that were
    found, the vectors of their texts, and the votes that others cast on them: such a vote says something of that
    question only, and without its text teaches nothing. Questions that others asked stay, with others' votes. Triplets
    of the votes are stored nowhere, so nothing of them is left, nor of the questions that a version of the model was
    taught. Its weights have been trained on them; those of the next training have not.
    """
    with database.session() as session:
        imported = {
            row.id: triplet
            for row in session.scalars(select(ImportedTripletRow))
            if user in _people(triplet := from_record(row.triplet))
        }
        for id in imported:
            session.execute(delete(ImportedTripletRow).where(ImportedTripletRow.id == id))
        votes = session.scalars(delete(FeedbackRow).where(FeedbackRow.user == user).returning(FeedbackRow.id)).all()
        theirs = select(AnswerRow.searched).join(AnswerRow.question).where(QuestionRow.user == user)
        searched = session.scalars(theirs.where(AnswerRow.searched.is_not(None))).all()
        asked = session.scalars(delete(QuestionRow).where(QuestionRow.user == user).returning(QuestionRow.text)).all()
        texts = [*asked, *(text for text in searched if text is not None)]
        texts += [triplet.anchor for triplet in imported.values() if triplet.asked_by == user]
        forget_vectors(session, texts)
        forget_questions(session, {question_digest(text) for text in texts})
        forget_requests(session, user)
        return Forgotten(len(votes), len(asked), len(imported), forget_saved(session, user))


def _people(triplet: Triplet) -> frozenset[str]:
    return triplet.voters | {triplet.asked_by}
