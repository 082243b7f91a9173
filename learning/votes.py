"""The votes as learning needs them: each with its question and the passages that its answer was made from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import AwareDatetime
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, load_only, selectinload

from learning.named_documents import documents_named
from storage.database import Database
from storage.questions import Reason
from storage.tables import AnswerRow, ChunkRow, DocumentRow, FeedbackRow, PassageRow, QuestionRow

DocumentKey = tuple[str, str]
"""A document: the name of its source, and its id there."""

WRONG_SOURCE: Reason = "wrong_source"
"""The reason of a 👎 that says that the cited passages were the wrong ones."""

FEWEST_WORDS = 4
"""Of a correction in a person's own words: a shorter one that names no document may be the name of a lost one."""

_AT_ONCE = 200


@dataclass(frozen=True)
class Snapshot:
    """A text as it was: of a passage, of a better document's chunk, or a person's own words.

    `source`, `document` and `chunk` are empty for a person's own words; `rank` is None for what was not retrieved.
    """

    text: str
    source: str = ""
    document: str = ""
    chunk: str = ""
    rank: int | None = None


@dataclass(frozen=True)
class Vote:
    """Who voted what on which answer, when, and which embedding model had found the answer's passages."""

    user: str
    at: AwareDatetime
    answer: int
    vote: Literal[1, -1]
    reason: str | None
    embedding_model: str


@dataclass(frozen=True)
class CastVote:
    """A vote that stands, and what it was cast on; passages by rank, a correction's chunks in their order."""

    vote: Vote
    question: str
    asked_by: str
    cited: tuple[Snapshot, ...]
    not_cited: tuple[Snapshot, ...]
    correction: tuple[Snapshot, ...] = ()


def read_votes(database: Database) -> list[CastVote]:
    """Every vote that stands now, oldest first.

    A correction is the id or the URL of a document, which stands for that document's chunks as they are now, or else a
    person's own words, of FEWEST_WORDS at least. An id that documents of several sources share names none of them.
    """
    query = (
        select(FeedbackRow)
        .order_by(FeedbackRow.updated_at, FeedbackRow.answer_id, FeedbackRow.user)
        .options(
            selectinload(FeedbackRow.answer).selectinload(AnswerRow.passages),
            selectinload(FeedbackRow.answer).selectinload(AnswerRow.question),
        )
    )
    with database.session() as session:
        rows = session.scalars(query).all()
        named = _documents(session, {row.correction.strip() for row in rows if row.correction})
        return [_cast(row, named) for row in rows]


def read_votes_on_documents(database: Database, most: int) -> list[CastVote]:
    """The latest `most` of the votes that stand now and say anything of documents, oldest first.

    They have the documents that were cited and the one that the correction names, and no texts: one snapshot a
    document, nothing that was not cited, and no corrections in a person's own words.
    """
    asked = func.coalesce(AnswerRow.searched, QuestionRow.text)  # a follow-up's own words say too little
    query = (
        select(FeedbackRow, AnswerRow.embedding_model, asked, QuestionRow.user)
        .join(AnswerRow, FeedbackRow.answer_id == AnswerRow.id)
        .join(QuestionRow, AnswerRow.question_id == QuestionRow.id)
        .where(or_(FeedbackRow.vote > 0, FeedbackRow.reason == WRONG_SOURCE, FeedbackRow.correction.is_not(None)))
        .order_by(FeedbackRow.updated_at.desc(), FeedbackRow.answer_id.desc(), FeedbackRow.user.desc())
        .limit(most)
    )
    with database.session() as session:
        rows = session.execute(query).all()[::-1]
        cited = _cited_documents(session, sorted({row.answer_id for row, *_ in rows}))
        named = _named_documents(session, {row.correction.strip() for row, *_ in rows if row.correction})
    return [
        CastVote(
            _vote(row, model),
            question,
            asked_by,
            cited=cited.get(row.answer_id, ()),
            not_cited=(),
            correction=named.get((row.correction or "").strip(), ()),
        )
        for row, model, question, asked_by in rows
    ]


def _cast(row: FeedbackRow, named: dict[str, tuple[Snapshot, ...]]) -> CastVote:
    answer, question = row.answer, row.answer.question
    correction = (row.correction or "").strip()
    own_words = (Snapshot(correction),) if len(correction.split()) >= FEWEST_WORDS else ()
    return CastVote(
        vote=_vote(row, answer.embedding_model),
        question=answer.searched or question.text,
        asked_by=question.user,
        cited=tuple(_snapshot(passage) for passage in answer.passages if passage.citation is not None),
        not_cited=tuple(_snapshot(passage) for passage in answer.passages if passage.citation is None),
        correction=named.get(correction, own_words),
    )


def _vote(row: FeedbackRow, embedding_model: str) -> Vote:
    return Vote(row.user, row.updated_at, row.answer_id, 1 if row.vote > 0 else -1, row.reason, embedding_model)


def _snapshot(row: PassageRow) -> Snapshot:
    return Snapshot(row.text, row.source, row.document, row.chunk_id, row.rank)


def _cited_documents(session: Session, answers: Sequence[int]) -> dict[int, tuple[Snapshot, ...]]:
    found: dict[int, tuple[Snapshot, ...]] = {}
    for some in _parts(answers):
        query = (
            select(PassageRow.answer_id, PassageRow.source, PassageRow.document)
            .where(PassageRow.answer_id.in_(some), PassageRow.citation.is_not(None))
            .order_by(PassageRow.answer_id, PassageRow.rank)
        )
        for answer, source, document in session.execute(query):
            found[answer] = (*found.get(answer, ()), Snapshot("", source, document))
    return found


def _documents(session: Session, names: set[str]) -> dict[str, tuple[Snapshot, ...]]:
    """The chunks of each document that a correction names, by the name; none for a name that several have."""
    rows = documents_named(session, names, selectinload(DocumentRow.chunks), selectinload(DocumentRow.source))
    return {
        name: () if row is None else tuple(_chunk(chunk, row) for chunk in row.chunks) for name, row in rows.items()
    }


def _named_documents(session: Session, names: set[str]) -> dict[str, tuple[Snapshot, ...]]:
    """The document that each correction names, by the name; none for a name that several have."""
    ids = (load_only(DocumentRow.external_id, DocumentRow.url), selectinload(DocumentRow.source))
    return {
        name: () if row is None else (Snapshot("", row.source.name, row.external_id),)
        for name, row in documents_named(session, names, *ids).items()
    }


def _chunk(row: ChunkRow, document: DocumentRow) -> Snapshot:
    return Snapshot(row.text, document.source.name, document.external_id, row.id)


def _parts(items: Sequence[int]) -> Iterator[Sequence[int]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
