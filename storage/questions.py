"""What was asked, what was said, and the votes on it: the record that retries, restarts and learning rely on."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import case, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.exc import StaleDataError

from storage.database import Database
from storage.knowledge import DocumentLink, Passage, Scores
from storage.shared_table import SharedAnswerRow
from storage.storable import storable as storable
from storage.tables import AnswerRow, FeedbackRow, PassageRow, QuestionRow, utc_now

Surface = Literal["mention", "direct_message", "follow_up", "overheard", "command", "shortcut", "terminal"]
"""Where a question came from. A `follow_up` was said in a thread with Lore, and `overheard` in a channel where every
question is answered; neither mentions Lore."""

Kind = Literal["answered", "abstained", "failed", "silent"]
"""What became of a question. `silent`: it was not put to Lore, which had nothing to say to it."""

Vote = Literal[1, -1]
Cast = Literal["new", "same"]
Reason = Literal["wrong_source", "outdated", "incomplete", "not_clear", "other"]
"""What a person can say was wrong with an answer."""

MOST_ATTEMPTS = 10
"""Of writing one vote, while the same person's other clicks are written."""

LONGEST_QUESTION = 40_000
"""Characters kept of a question: as many as Slack lets a message have."""


@dataclass(frozen=True)
class Asked:
    """A question as it arrived. `team`, `channel` and `ts` name its message; `reply_to` is the surface's own note."""

    surface: Surface
    team: str
    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    reply_to: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Citation:
    """A numbered link from sentences of an answer to the passage that supports them; `n` stands as [n] in the text."""

    n: int
    passage: Passage


@dataclass(frozen=True)
class Answer:
    """What is said to a question. `text` is Markdown with [n] where a citation supports it.

    `confidence` (0 to 1) is how likely the passages hold the answer, None where it was not judged; `reason` says in
    a sentence why this is an answer, an abstention or a failure; a failure's `error_id` is in the log.
    `timings_ms` has embed, search, write, ground and total. `searched` is what was searched for in place of a
    follow-up's own words, None where these stood alone. `prompts` names, with their versions, the prompts by which a
    language model was asked. `repeats` is the id of the answer whose words it says again.
    """

    question: str
    kind: Kind
    text: str
    citations: tuple[Citation, ...]
    confidence: float | None
    reason: str
    passages: tuple[Passage, ...]
    timings_ms: Mapping[str, float]
    embedding_model: str
    llm: str | None
    error_id: str | None = None
    searched: str | None = None
    prompts: tuple[str, ...] = ()
    repeats: int | None = None


@dataclass(frozen=True)
class Pending:
    """A question whose reply does not stand whole yet: `reply_ts` if it was begun, `answer` if it was found."""

    id: int
    asked: Asked
    reply_ts: str | None
    answer: Answer | None


@dataclass(frozen=True)
class Answered:
    """A question with its answer, as both were written down."""

    asked: Asked
    answer: Answer


class QuestionLog:
    """Questions, answers and votes in SQL. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def database(self) -> Database:
        """Where all of it is kept."""
        return self._database

    def accept(self, asked: Asked) -> int | None:
        """Write the question down; its id, or None if the same message was accepted before (a retry, a twin event)."""
        row = QuestionRow(
            surface=asked.surface,
            team=asked.team,
            channel=asked.channel,
            ts=asked.ts,
            thread_ts=asked.thread_ts,
            user=asked.user,
            text=storable(asked.text)[:LONGEST_QUESTION],
            reply_to=dict(asked.reply_to),
        )
        try:
            with self._database.session() as session:
                session.add(row)
                session.flush()
                return row.id
        except IntegrityError:
            return None

    def pending(self) -> list[Pending]:
        """The questions whose reply was not delivered, oldest first: what a restart has to finish."""
        query = (
            select(QuestionRow)
            .outerjoin(AnswerRow)
            .where(AnswerRow.delivered_at.is_(None))
            .order_by(QuestionRow.id)
            .options(selectinload(QuestionRow.answer).selectinload(AnswerRow.passages))
        )
        with self._database.session() as session:
            return [
                Pending(row.id, _asked(row), row.reply_ts, _answer(row, row.answer) if row.answer else None)
                for row in session.scalars(query)
            ]

    def begun(self, question_id: int, reply_ts: str) -> None:
        """The reply's message stands in Slack, with its first character at least."""
        with self._database.session() as session:
            session.get_one(QuestionRow, question_id).reply_ts = reply_ts

    def record(self, question_id: int, answer: Answer) -> int:
        """Write the answer down with its passages, before it is delivered; returns the answer's id.

        An answer that an earlier, stopped attempt wrote down is replaced.
        """
        cited = {citation.passage.chunk_id: citation.n for citation in answer.citations}
        row = AnswerRow(
            question_id=question_id,
            kind=answer.kind,
            text=storable(answer.text),
            searched=None if answer.searched is None else storable(answer.searched),
            confidence=answer.confidence,
            reason=storable(answer.reason),
            embedding_model=answer.embedding_model,
            llm=answer.llm,
            prompts=" ".join(answer.prompts) or None,
            timings_ms=dict(answer.timings_ms),
            error_id=answer.error_id,
            repeats_id=answer.repeats,
            passages=[
                PassageRow(
                    rank=passage.rank,
                    chunk_id=passage.chunk_id,
                    source=passage.document.source,
                    document=passage.document.id,
                    title=passage.document.title,
                    url=passage.document.url,
                    changed_at=passage.document.changed_at,
                    anchor=passage.anchor,
                    text=passage.text,
                    dense=passage.scores.dense,
                    bm25=passage.scores.bm25,
                    fused=passage.scores.fused,
                    citation=cited.get(passage.chunk_id),
                )
                for passage in answer.passages
            ],
        )
        with self._database.session() as session:
            # The question's row is the lock: two that answer it at once replace one another, in turn.
            session.get_one(QuestionRow, question_id, with_for_update=True)
            session.execute(delete(AnswerRow).where(AnswerRow.question_id == question_id))
            if answer.repeats is not None and session.get(AnswerRow, answer.repeats) is None:
                row.repeats_id = None  # whoever asked first was forgotten meanwhile
            session.add(row)
            session.flush()
            return row.id

    def delivered(self, question_id: int) -> None:
        """The reply stands whole in front of the asker."""
        with self._database.session() as session:
            row = session.scalar(select(AnswerRow).where(AnswerRow.question_id == question_id))
            if row is not None:
                row.delivered_at = utc_now()

    def answer_to_reply(self, channel: str, reply_ts: str) -> int | None:
        """The id of the answer that stands in this message, as a reply or shared, or None if it is no answer."""
        query = (
            select(AnswerRow.id)
            .join(QuestionRow)
            .where(QuestionRow.channel == channel, QuestionRow.reply_ts == reply_ts)
        )
        shared = select(SharedAnswerRow.answer_id).where(
            SharedAnswerRow.channel == channel, SharedAnswerRow.reply_ts == reply_ts
        )
        with self._database.session() as session:
            found = session.scalar(query)
            return session.scalar(shared) if found is None else found

    def answered(self, answer_id: int) -> Answered | None:
        """The answer of this id, with its question; None if there is no such answer."""
        query = (
            select(AnswerRow)
            .where(AnswerRow.id == answer_id)
            .options(selectinload(AnswerRow.passages), selectinload(AnswerRow.question))
        )
        with self._database.session() as session:
            row = session.scalar(query)
            return None if row is None else answered_of(row)

    def vote(self, answer_id: int, user: str, vote: Vote) -> Cast | None:
        """One person's vote on one answer, replacing an earlier one; None if there is no such answer.

        "new" if this vote did not stand before. What was said of the one that it replaces goes with that one.
        """
        for _ in range(MOST_ATTEMPTS - 1):
            # The same person's vote was written, or withdrawn, between the look and the write: look again.
            with suppress(IntegrityError, StaleDataError):
                return self._vote(answer_id, user, vote)
        return self._vote(answer_id, user, vote)

    def withdraw(self, answer_id: int, user: str, vote: Vote) -> None:
        """Take this vote back; one that was changed to the other since stays."""
        with self._database.session() as session:
            # One statement: a vote that is changed at this moment stays.
            session.execute(
                delete(FeedbackRow).where(
                    FeedbackRow.answer_id == answer_id, FeedbackRow.user == user, FeedbackRow.vote == vote
                )
            )

    def explain_vote(self, answer_id: int, user: str, reason: Reason, correction: str | None) -> bool:
        """Why this person gave 👎, and the right source where they name it; False where no 👎 of theirs stands.

        A correction is the id or the URL of a document, or a person's own words. Without one, the correction that was
        given with the same reason stays.
        """
        kept = case((FeedbackRow.reason == reason, FeedbackRow.correction), else_=None)
        # One statement: a vote that is changed or withdrawn at this moment is not explained.
        explain = (
            update(FeedbackRow)
            .where(FeedbackRow.answer_id == answer_id, FeedbackRow.user == user, FeedbackRow.vote == -1)
            .values(
                reason=reason,
                correction=kept if correction is None else storable(correction),
                updated_at=utc_now(),
            )
            .returning(FeedbackRow.id)
        )
        with self._database.session() as session:
            return session.scalar(explain) is not None

    def votes(self, answer_id: int) -> dict[str, int]:
        """Who voted what on an answer: user -> 1 or -1."""
        with self._database.session() as session:
            rows = session.scalars(select(FeedbackRow).where(FeedbackRow.answer_id == answer_id))
            return {row.user: row.vote for row in rows}

    def _vote(self, answer_id: int, user: str, vote: Vote) -> Cast | None:
        with self._database.session() as session:
            if session.get(AnswerRow, answer_id) is None:
                return None
            row = session.scalar(_votes(answer_id, user))
            if row is not None and row.vote == vote:
                return "same"
            if row is None:
                session.add(FeedbackRow(answer_id=answer_id, user=user, vote=vote))
            else:
                row.vote, row.updated_at = vote, utc_now()
                row.reason = row.correction = row.told_at = None
            return "new"


def answered_of(row: AnswerRow) -> Answered:
    """An answer's row, whose passages and question are loaded, as it was written down."""
    return Answered(_asked(row.question), _answer(row.question, row))


def _votes(answer_id: int, user: str) -> Any:
    return select(FeedbackRow).where(FeedbackRow.answer_id == answer_id, FeedbackRow.user == user)


def _asked(row: QuestionRow) -> Asked:
    surface: Any = row.surface
    return Asked(surface, row.team, row.channel, row.ts, row.user, row.text, row.thread_ts, row.reply_to)


def _answer(question: QuestionRow, row: AnswerRow) -> Answer:
    passages = tuple(_passage(passage) for passage in row.passages)
    kind: Any = row.kind
    return Answer(
        question=question.text,
        kind=kind,
        text=row.text,
        citations=_citations(row.passages, passages),
        confidence=row.confidence,
        reason=row.reason,
        passages=passages,
        timings_ms=row.timings_ms,
        embedding_model=row.embedding_model,
        llm=row.llm,
        error_id=row.error_id,
        searched=row.searched,
        prompts=tuple((row.prompts or "").split()),
        repeats=row.repeats_id,
    )


def _citations(rows: Sequence[PassageRow], passages: Sequence[Passage]) -> tuple[Citation, ...]:
    cited = [
        Citation(row.citation, passage) for row, passage in zip(rows, passages, strict=True) if row.citation is not None
    ]
    return tuple(sorted(cited, key=lambda citation: citation.n))


def _passage(row: PassageRow) -> Passage:
    return Passage(
        rank=row.rank,
        chunk_id=row.chunk_id,
        document=DocumentLink(row.document, row.title, row.url, row.source, row.changed_at),
        heading=(),
        text=row.text,
        position=0,
        scores=Scores(row.dense, row.bm25, row.fused),
        anchor=row.anchor,
    )
