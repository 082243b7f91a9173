"""Questions that were answered, with what people thought of the answers: what suggestions are made of."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from storage.database import Database
from storage.tables import AnswerRow, FeedbackRow, PassageRow, QuestionRow
from storage.visible_documents import DocumentKey

MOST = 500


@dataclass(frozen=True)
class AnsweredInChannel:
    """A question that was answered in a channel; `up` and `down` count the people who gave the answer 👍 and 👎."""

    text: str
    user: str
    channel: str
    asked_at: datetime
    up: int
    down: int
    cited: frozenset[DocumentKey]


def answered_in_channels(database: Database, team: str, since: datetime) -> list[AnsweredInChannel]:
    """The latest questions in channels that were answered since then, the newest first; MOST at most."""
    votes = (
        select(
            FeedbackRow.answer_id,
            func.sum(case((FeedbackRow.vote > 0, 1), else_=0)).label("up"),
            func.sum(case((FeedbackRow.vote < 0, 1), else_=0)).label("down"),
        )
        .group_by(FeedbackRow.answer_id)
        .subquery()
    )
    query = (
        select(QuestionRow, AnswerRow.id, votes.c.up, votes.c.down)
        .join(AnswerRow, AnswerRow.question_id == QuestionRow.id)
        .outerjoin(votes, votes.c.answer_id == AnswerRow.id)
        .where(
            QuestionRow.team == team,
            QuestionRow.surface == "mention",
            QuestionRow.asked_at >= since,
            AnswerRow.kind == "answered",
        )
        .order_by(QuestionRow.id.desc())
        .limit(MOST)
    )
    with database.session() as session:
        rows = session.execute(query).all()
        ids = [answer_id for _, answer_id, _, _ in rows]
        cited: dict[int, set[DocumentKey]] = {}
        documents = select(PassageRow.answer_id, PassageRow.source, PassageRow.document).where(
            PassageRow.answer_id.in_(ids), PassageRow.citation.is_not(None)
        )
        for answer_id, source, document in session.execute(documents):
            cited.setdefault(answer_id, set()).add((source, document))
    return [
        AnsweredInChannel(
            question.text,
            question.user,
            question.channel,
            question.asked_at,
            int(up or 0),
            int(down or 0),
            frozenset(cited.get(answer_id, ())),
        )
        for question, answer_id, up, down in rows
    ]
