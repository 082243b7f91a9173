"""Answers that people liked, as they can be given again: to whom, and whether their documents are still the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased, selectinload

from storage.database import Database
from storage.document import Audience
from storage.index import ALL_SOURCES
from storage.questions import Answered, answered_of
from storage.tables import AnswerRow, ChunkRow, DocumentRow, FeedbackRow, PassageRow, QuestionRow, SourceRow

MOST = 5_000
"""The latest liked answers, which are looked through."""


@dataclass(frozen=True)
class LikedAnswer:
    """An answer that somebody gave 👍 and nobody 👎, and the question, which stands alone, that was asked at `asked_at`
    in `channel`."""

    answer_id: int
    question: str
    asked_at: datetime
    team: str
    channel: str


class EarlierAnswers:
    """The liked answers in SQL. Safe to share between threads. Raises DatabaseError as its every use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def liked(self) -> list[LikedAnswer]:
        """The latest MOST, the newest first.

        A 👎 on one that was given again counts against the first. What was asked in a thread is left out: its words
        may mean what was said there.
        """
        again = aliased(AnswerRow)
        disliked = exists().where(
            FeedbackRow.vote < 0,
            or_(
                FeedbackRow.answer_id == AnswerRow.id,
                FeedbackRow.answer_id.in_(select(again.id).where(again.repeats_id == AnswerRow.id)),
            ),
        )
        query = (
            select(AnswerRow.id, QuestionRow.text, QuestionRow.asked_at, QuestionRow.team, QuestionRow.channel)
            .join(QuestionRow, AnswerRow.question_id == QuestionRow.id)
            .where(
                AnswerRow.kind == "answered",
                AnswerRow.repeats_id.is_(None),
                AnswerRow.searched.is_(None),
                or_(QuestionRow.thread_ts.is_(None), QuestionRow.thread_ts == QuestionRow.ts),
                exists().where(FeedbackRow.answer_id == AnswerRow.id, FeedbackRow.vote > 0),
                ~disliked,
            )
            .order_by(AnswerRow.id.desc())
            .limit(MOST)
        )
        with self._database.session() as session:
            return [LikedAnswer(*row) for row in session.execute(query)]

    def unchanged(self, liked: LikedAnswer, audience: Audience, sources: frozenset[str]) -> Answered | None:
        """The answer, if it is still so: all that it cites is there as it was when it was asked for, is of `sources`
        where any is named, and somebody of `audience` may see it. Else None."""
        query = (
            select(AnswerRow)
            .where(AnswerRow.id == liked.answer_id)
            .options(selectinload(AnswerRow.passages), selectinload(AnswerRow.question))
        )
        with self._database.session() as session:
            row = session.scalar(query)
            if row is None:
                return None
            cited = [passage for passage in row.passages if passage.citation is not None]
            if not cited or (sources != ALL_SOURCES and not {passage.source for passage in cited} <= sources):
                return None
            documents = (
                select(SourceRow.name, DocumentRow.external_id, DocumentRow.audience)
                .join(DocumentRow.source)
                .where(
                    DocumentRow.external_id.in_({passage.document for passage in cited}),
                    # Whatever is written of a document sets this, its audience too; and what could not be read since
                    # is not known to be the same.
                    DocumentRow.updated_at <= liked.asked_at,
                    DocumentRow.error.is_(None),
                )
            )
            same = {(source, id) for source, id, who in session.execute(documents) if audience & set(who)}
            chunks = select(ChunkRow.id).where(ChunkRow.id.in_({passage.chunk_id for passage in cited}))
            there = set(session.scalars(chunks))
            return answered_of(row) if _holds(cited, same, there) else None


def _holds(cited: Sequence[PassageRow], documents: set[tuple[str, str]], chunks: set[str]) -> bool:
    return all((one.source, one.document) in documents and one.chunk_id in chunks for one in cited)
