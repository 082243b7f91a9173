"""Receipts: whose 👎 for a wrong source has borne fruit, so that they are told, once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from learning.corrections import DocumentKey, visible
from learning.named_documents import documents_named
from learning.triplets import question_words
from learning.votes import WRONG_SOURCE, CastVote, Snapshot, read_votes
from storage.database import Database
from storage.document import Audience
from storage.knowledge import DocumentLink
from storage.questions import Asked, Surface
from storage.tables import AnswerRow, DocumentRow, FeedbackRow, QuestionRow, SourceRow, utc_now

Search: TypeAlias = Callable[[str, Audience], Sequence[DocumentKey]]
"""The documents found for a question that an audience may see, best first."""

WITH_A_THREAD: tuple[Surface, ...] = ("mention", "direct_message", "follow_up", "overheard")
"""The surfaces whose questions have a thread to be told in."""


@dataclass(frozen=True)
class Receipt:
    """A person to tell in `thread_ts` of `channel` that `question` finds `document` now.

    `feedback` is the vote's id and `voted_at` when it was given or last explained: a vote that is changed or given
    anew since is another one, though its id may be the same.
    """

    feedback: int
    voted_at: datetime
    user: str
    channel: str
    thread_ts: str
    question: str
    document: DocumentLink


def due(database: Database, search: Search, audience_of: Callable[[Asked], Audience]) -> list[Receipt]:
    """The receipts that nobody was given yet, in the order of the votes.

    Due is a standing 👎 for a wrong source whose right source was neither cited nor found first then, and is what
    `search` finds first now in what `audience_of` says that the question's place may see. The right source is the
    document that the person named, or, where they named none, one that more people's 👍 than 👎 named for the same
    question, their own votes aside.
    """
    found: dict[tuple[str, Audience], DocumentKey | None] = {}
    receipts = []
    for row, right in _waiting(database):
        question = row.answer.question
        text = row.answer.searched or question.text
        audience = audience_of(_asked(question))
        if (text, audience) not in found:
            found[text, audience] = next(iter(search(text, audience)), None)
        first = found[text, audience]
        if first is None or first not in right:
            continue
        if (document := _document(database, first, audience)) is not None:
            thread = question.thread_ts or question.ts
            receipts.append(
                Receipt(row.id, row.updated_at, row.user, question.channel, thread, question.text, document)
            )
    return receipts


def claim(database: Database, receipt: Receipt) -> datetime | None:
    """Mark the receipt as given, at the moment that is returned; None where it was given, or its vote is another now.

    Of several that claim a receipt at once, one gets it.
    """
    now = utc_now()
    standing = (
        FeedbackRow.id == receipt.feedback,
        FeedbackRow.user == receipt.user,
        FeedbackRow.updated_at == receipt.voted_at,
        FeedbackRow.vote == -1,
        FeedbackRow.reason == WRONG_SOURCE,
        FeedbackRow.told_at.is_(None),
    )
    with database.session() as session:
        claimed = session.scalar(update(FeedbackRow).where(*standing).values(told_at=now).returning(FeedbackRow.id))
        return None if claimed is None else now


def release(database: Database, receipt: Receipt, claimed_at: datetime) -> None:
    """Take back the claim that was made at this moment: the person could not be told."""
    claimed = (FeedbackRow.id == receipt.feedback, FeedbackRow.told_at == claimed_at)
    with database.session() as session:
        session.execute(update(FeedbackRow).where(*claimed).values(told_at=None))


def _waiting(database: Database) -> list[tuple[FeedbackRow, set[DocumentKey]]]:
    """The votes whose people were not told yet, each with its right sources that the answer did not have."""
    query = (
        select(FeedbackRow)
        .where(FeedbackRow.vote == -1, FeedbackRow.reason == WRONG_SOURCE, FeedbackRow.told_at.is_(None))
        .order_by(FeedbackRow.updated_at, FeedbackRow.id)
        .options(
            selectinload(FeedbackRow.answer).selectinload(AnswerRow.passages),
            selectinload(FeedbackRow.answer).selectinload(AnswerRow.question),
        )
    )
    with database.session() as session:
        rows = [row for row in session.scalars(query) if row.answer.question.surface in WITH_A_THREAD]
        corrections = {correction for row in rows if (correction := _correction(row))}
        named = documents_named(session, corrections, selectinload(DocumentRow.source))
    liked = _Liked.of(database) if any(not _correction(row) for row in rows) else _Liked({})
    waiting = [(row, _right(row, named, liked) - _known_then(row.answer)) for row in rows]
    return [(row, right) for row, right in waiting if right]


def _right(row: FeedbackRow, named: Mapping[str, DocumentRow | None], liked: "_Liked") -> set[DocumentKey]:
    if correction := _correction(row):
        document = named.get(correction)
        return set() if document is None else {(document.source.name, document.external_id)}
    return liked.by_others(row.answer.searched or row.answer.question.text, row.user)


def _known_then(answer: AnswerRow) -> set[DocumentKey]:
    """The documents that the answer cites, and the one that was found first."""
    first = min((passage.rank for passage in answer.passages), default=0)
    return {(each.source, each.document) for each in answer.passages if each.citation is not None or each.rank == first}


def _document(database: Database, key: DocumentKey, audience: Audience) -> DocumentLink | None:
    source, id = key
    query = select(DocumentRow).join(DocumentRow.source).where(SourceRow.name == source, DocumentRow.external_id == id)
    with database.session() as session:
        row = session.scalar(query)
    return DocumentLink(id, row.title, row.url, source) if row is not None and visible(row, audience) else None


def _correction(row: FeedbackRow) -> str:
    return (row.correction or "").strip()


def _asked(row: QuestionRow) -> Asked:
    surface: Any = row.surface
    return Asked(surface, row.team, row.channel, row.ts, row.user, row.text, row.thread_ts, row.reply_to)


@dataclass(frozen=True)
class _Liked:
    """For each question's words, each document that votes named, and who named it with what balance."""

    voices: Mapping[tuple[str, ...], Mapping[DocumentKey, Mapping[str, int]]]

    @classmethod
    def of(cls, database: Database) -> "_Liked":
        voices: dict[tuple[str, ...], dict[DocumentKey, dict[str, int]]] = {}
        for vote in read_votes(database):
            for key in _documents(vote):
                people = voices.setdefault(question_words(vote.question), {}).setdefault(key, {})
                people[vote.vote.user] = people.get(vote.vote.user, 0) + vote.vote.vote
        return cls(voices)

    def by_others(self, question: str, user: str) -> set[DocumentKey]:
        """The documents that more of the others are for than against."""
        of_question = self.voices.get(question_words(question), {})
        return {key for key, people in of_question.items() if _balance(people, user) > 0}


def _documents(vote: CastVote) -> set[DocumentKey]:
    """The documents that a 👍, or a 👎 for a wrong source, says something of."""
    says = vote.vote.vote > 0 or vote.vote.reason == WRONG_SOURCE
    passages: tuple[Snapshot, ...] = vote.cited if says else ()
    return {(passage.source, passage.document) for passage in passages if passage.document}


def _balance(people: Mapping[str, int], without: str) -> int:
    """How many more are for than against; a person has one voice, however often they voted."""
    return sum((value > 0) - (value < 0) for user, value in people.items() if user != without)
