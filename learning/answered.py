"""Questions that were answered and that nobody voted on: what learning should leave as it is."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from learning.judging import Judged
from learning.lessons import question_digest
from storage.database import Database
from storage.tables import AnswerRow, FeedbackRow, QuestionRow

MOST = 200


def answered_questions(database: Database, voted: frozenset[str], most: int = MOST) -> list[Judged]:
    """The latest, each once, with the documents that their answers cite; those with a digest in `voted` are left out.

    What an answer cites is what the model of that day found, not a judgement. So any other model does worse by it, and
    only a great loss tells of harm.
    """
    query = (
        select(AnswerRow)
        .join(QuestionRow)
        .outerjoin(FeedbackRow)
        .where(AnswerRow.kind == "answered", FeedbackRow.id.is_(None))
        .order_by(AnswerRow.id.desc())
        .limit(4 * most)
        .options(selectinload(AnswerRow.passages), selectinload(AnswerRow.question))
    )
    found: dict[str, Judged] = {}
    with database.session() as session:
        for answer in session.scalars(query):
            cited = frozenset((one.source, one.document) for one in answer.passages if one.citation is not None)
            text = answer.searched or answer.question.text
            digest = question_digest(text)
            if cited and digest not in voted and len(found) < most:
                found.setdefault(digest, Judged(text, cited))
    return list(found.values())
