"""The votes as learning needs them: each with its question and the passages that its answer was made from."""

from dataclasses import dataclass
from typing import Literal

from pydantic import AwareDatetime
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from learning.named_documents import documents_named
from storage.database import Database
from storage.questions import Reason
from storage.tables import AnswerRow, ChunkRow, DocumentRow, FeedbackRow, PassageRow

DocumentKey = tuple[str, str]
"""A document: the name of its source, and its id there."""

WRONG_SOURCE: Reason = "wrong_source"
"""The reason of a 👎 that says that the cited passages were the wrong ones."""

FEWEST_WORDS = 4
"""Of a correction in a person's own words: a shorter one that names no document may be the name of a lost one."""


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


def _cast(row: FeedbackRow, named: dict[str, tuple[Snapshot, ...]]) -> CastVote:
    answer, question = row.answer, row.answer.question
    correction = (row.correction or "").strip()
    own_words = (Snapshot(correction),) if len(correction.split()) >= FEWEST_WORDS else ()
    return CastVote(
        vote=Vote(
            row.user, row.updated_at, row.answer_id, 1 if row.vote > 0 else -1, row.reason, answer.embedding_model
        ),
        question=question.text,
        asked_by=question.user,
        cited=tuple(_snapshot(passage) for passage in answer.passages if passage.citation is not None),
        not_cited=tuple(_snapshot(passage) for passage in answer.passages if passage.citation is None),
        correction=named.get(correction, own_words),
    )


def _snapshot(row: PassageRow) -> Snapshot:
    return Snapshot(row.text, row.source, row.document, row.chunk_id, row.rank)


def _documents(session: Session, names: set[str]) -> dict[str, tuple[Snapshot, ...]]:
    """The chunks of each document that a correction names, by the name; none for a name that several have."""
    rows = documents_named(session, names, selectinload(DocumentRow.chunks), selectinload(DocumentRow.source))
    return {
        name: () if row is None else tuple(_chunk(chunk, row) for chunk in row.chunks) for name, row in rows.items()
    }


def _chunk(row: ChunkRow, document: DocumentRow) -> Snapshot:
    return Snapshot(row.text, document.source.name, document.external_id, row.id)
