"""Questions that a channel's experts are asked: each once, whoever asks and whatever is restarted meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.channel_tables import ChannelSettingsRow
from storage.database import Database
from storage.expert_tables import ExpertRequestRow
from storage.storable import storable
from storage.tables import AnswerRow, FeedbackRow, QuestionRow

_IN_THREADS = ("mention", "follow_up", "overheard", "direct_message")


@dataclass(frozen=True)
class ExpertRequest:
    """A question for the experts of `channel`: in the thread of `thread_ts`, or, without one, in a thread of its own.

    `ts` is its message's, None until it stands.
    """

    answer_id: int
    asked_by: str
    question: str
    experts: tuple[str, ...]
    channel: str
    thread_ts: str | None
    ts: str | None = None


@dataclass(frozen=True)
class AskedInThread:
    """A question in a thread, put to Lore or to experts in the message `ts`, and the id of Lore's answer to it.

    `is_open` where that answer left it open: Lore had none, somebody gave it 👎, or experts were asked.
    """

    answer_id: int
    question: str
    asked_by: frozenset[str]
    ts: str
    is_open: bool


class ExpertRequests:
    """The requests in a database. Safe to share between threads and processes. Raises DatabaseError at any use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def channels(self, team: str) -> dict[str, tuple[str, ...]]:
        """The experts of each channel that has any."""
        query = select(ChannelSettingsRow.channel, ChannelSettingsRow.experts).where(ChannelSettingsRow.team == team)
        with self._database.session() as session:
            return {channel: tuple(experts) for channel, experts in session.execute(query) if experts}

    def claim(self, request: ExpertRequest) -> bool:
        """Write down that this is going to be posted; False where the experts were asked for this answer before."""
        row = ExpertRequestRow(
            answer_id=request.answer_id,
            asked_by=request.asked_by,
            question=storable(request.question),
            experts=list(request.experts),
            channel=request.channel,
            thread_ts=request.thread_ts,
        )
        try:
            with self._database.session() as session:
                session.add(row)
        except IntegrityError:
            return False
        return True

    def of_answer(self, answer_id: int) -> ExpertRequest | None:
        """What the experts were asked for an answer, or are going to be."""
        with self._database.session() as session:
            row = session.scalar(select(ExpertRequestRow).where(ExpertRequestRow.answer_id == answer_id))
            return None if row is None else _request(row)

    def posted(self, answer_id: int, ts: str) -> None:
        """The request stands in Slack."""
        with self._database.session() as session:
            session.execute(update(ExpertRequestRow).where(ExpertRequestRow.answer_id == answer_id).values(ts=ts))

    def release(self, answer_id: int) -> None:
        """The request could not be posted: it can be made again."""
        unposted = (ExpertRequestRow.answer_id == answer_id, ExpertRequestRow.ts.is_(None))
        with self._database.session() as session:
            session.execute(delete(ExpertRequestRow).where(*unposted))

    def unposted(self, since: datetime) -> list[ExpertRequest]:
        """What an earlier process left to be posted; what was asked before `since` can be asked again instead."""
        unposted = ExpertRequestRow.ts.is_(None)
        query = select(ExpertRequestRow).where(unposted).order_by(ExpertRequestRow.id)
        with self._database.session() as session:
            session.execute(delete(ExpertRequestRow).where(unposted, ExpertRequestRow.requested_at < since))
            return [_request(row) for row in session.scalars(query)]

    def has_asked(self, channel: str, user: str) -> bool:
        """Whether a question or a request of this person stands in this channel."""
        questions = select(QuestionRow.id).where(QuestionRow.channel == channel, QuestionRow.user == user).limit(1)
        requests = select(ExpertRequestRow.id).where(
            ExpertRequestRow.channel == channel, ExpertRequestRow.asked_by == user
        )
        with self._database.session() as session:
            return session.scalar(questions) is not None or session.scalar(requests.limit(1)) is not None

    def in_thread(self, channel: str, thread_ts: str) -> list[AskedInThread]:
        """What was asked in the thread that begins at `thread_ts`, oldest first. A request stands for its question."""
        with self._database.session() as session:
            to_experts = _to_experts(session, channel, thread_ts)
            handed_over = {one.answer_id for one in to_experts}
            to_lore = [one for one in _to_lore(session, channel, thread_ts) if one.answer_id not in handed_over]
        return sorted([*to_experts, *to_lore], key=lambda one: float(one.ts))


def _to_experts(session: Session, channel: str, thread_ts: str) -> list[AskedInThread]:
    query = (
        select(ExpertRequestRow, QuestionRow.user)
        .join(AnswerRow, AnswerRow.id == ExpertRequestRow.answer_id)
        .join(QuestionRow, QuestionRow.id == AnswerRow.question_id)
        .where(
            ExpertRequestRow.channel == channel,
            ExpertRequestRow.ts.is_not(None),
            or_(ExpertRequestRow.thread_ts == thread_ts, ExpertRequestRow.ts == thread_ts),
        )
    )
    return [
        AskedInThread(row.answer_id, row.question, frozenset({row.asked_by, user}), str(row.ts), is_open=True)
        for row, user in session.execute(query)
    ]


def _to_lore(session: Session, channel: str, thread_ts: str) -> list[AskedInThread]:
    disliked = exists().where(FeedbackRow.answer_id == AnswerRow.id, FeedbackRow.vote < 0)
    query = (
        select(QuestionRow, AnswerRow.id, AnswerRow.kind, AnswerRow.searched, disliked)
        .join(AnswerRow, AnswerRow.question_id == QuestionRow.id)
        .where(
            QuestionRow.channel == channel,
            QuestionRow.surface.in_(_IN_THREADS),
            or_(QuestionRow.thread_ts == thread_ts, QuestionRow.ts == thread_ts),
        )
    )
    return [
        AskedInThread(id, searched or row.text, frozenset({row.user}), row.ts, kind != "answered" or voted_down)
        for row, id, kind, searched, voted_down in session.execute(query)
        if row.text.strip()
    ]


def forget_requests(session: Session, user: str) -> None:
    """Delete what a person had experts asked. What was asked for their own questions goes with these."""
    session.execute(delete(ExpertRequestRow).where(ExpertRequestRow.asked_by == user))


def _request(row: ExpertRequestRow) -> ExpertRequest:
    experts: Sequence[str] = row.experts
    return ExpertRequest(row.answer_id, row.asked_by, row.question, tuple(experts), row.channel, row.thread_ts, row.ts)
