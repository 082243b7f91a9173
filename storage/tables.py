"""SQLAlchemy models: the truth about sources, documents, questions, answers and votes. The index is made from them.

All tables can be imported from here, those of `storage.learning_tables` too.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.learning_tables import EmbeddingModelRow as EmbeddingModelRow
from storage.learning_tables import ImportedTripletRow as ImportedTripletRow
from storage.learning_tables import LearningRunRow as LearningRunRow
from storage.learning_tables import ModelTensorsRow as ModelTensorsRow
from storage.learning_tables import QuestionVectorRow as QuestionVectorRow
from storage.table_base import Base as Base
from storage.table_base import UtcDateTime as UtcDateTime
from storage.table_base import utc_now as utc_now


class SourceRow(Base):
    """A configured place that documents come from, when it is due, and which process syncs it now.

    `next_run_at` was computed from `schedule`, as lore.toml had it then; both are NULL where it is only synced by hand.
    The lease is one process's until `leased_until` by the database's clock, or until that process gives it up, which
    makes all of it NULL. `lease_token` is another for each time that it is taken; `lease_machine` and `lease_process`
    tell others on the same machine whether the holder is alive.
    """

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    connector: Mapped[str] = mapped_column(String(100))
    audience: Mapped[list[str]]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    schedule: Mapped[str | None]
    next_run_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    lease_token: Mapped[str | None] = mapped_column(String(36))
    lease_holder: Mapped[str | None]
    lease_machine: Mapped[str | None]
    lease_process: Mapped[int | None]
    leased_until: Mapped[datetime | None]


class DocumentRow(Base):
    """One page of a source. `content_hash` is of its bytes. `changed_at` is when these were last changed, by what the
    document or its source says; `updated_at` is when this row was, for its content, its link or its audience.

    `error` says why the last fetch or parse failed, of `failed_revision`; what was read before stands. It was tried
    `attempts` times since `failed_since`, and will be at the first sync after `retry_at`. All of these are unset, and
    `attempts` is 0, where nothing failed.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("source_id", "external_id"),
        Index("ix_documents_source_id_retry_at", "source_id", "retry_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    external_id: Mapped[str]
    title: Mapped[str]
    url: Mapped[str]
    revision: Mapped[str]
    content_hash: Mapped[str] = mapped_column(String(64))
    markdown: Mapped[str]
    audience: Mapped[list[str]]
    error: Mapped[str | None]
    failed_revision: Mapped[str | None]
    failed_since: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    retry_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)

    source: Mapped[SourceRow] = relationship()
    chunks: Mapped[list["ChunkRow"]] = relationship(
        back_populates="document", cascade="all, delete-orphan", passive_deletes=True, order_by="ChunkRow.position"
    )


class ChunkRow(Base):
    """A piece of a document, with its text: what the vector index holds can be made again from this table.

    `id` is a UUID derived from the document and the text, and is the point's id in the index. `anchor` is the fragment
    that leads to its heading, where that is known. `digest` is of `embedded`, by which equal texts are found; it is
    NULL where the chunk was written before there were such.
    """

    __tablename__ = "chunks"
    __table_args__ = (Index("ix_chunks_document_id_position", "document_id", "position"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    position: Mapped[int]
    heading: Mapped[list[str]]
    text: Mapped[str]
    embedded: Mapped[str]
    anchor: Mapped[str | None]
    digest: Mapped[str | None] = mapped_column(String(32), index=True)

    document: Mapped[DocumentRow] = relationship(back_populates="chunks")


class SyncRunRow(Base):
    """One run of one source's sync: when, what it did, and why it stopped if it did.

    While it runs, `done` of `total` changed documents are done (fractions count chunks), `per_second` of them a second,
    as of `progress_at`; `total` is NULL until the source is listed.
    """

    __tablename__ = "sync_runs"
    __table_args__ = (Index("ix_sync_runs_source_id_started_at", "source_id", "started_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]
    listed: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    chunks_embedded: Mapped[int] = mapped_column(default=0)
    chunks_reused: Mapped[int] = mapped_column(default=0)
    chunks_removed: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    done: Mapped[float] = mapped_column(default=0.0)
    total: Mapped[int | None]
    per_second: Mapped[float | None]
    progress_at: Mapped[datetime | None]

    source: Mapped[SourceRow] = relationship()


class QuestionRow(Base):
    """What was asked, by whom and where. One row a message: Slack's retries and twin events meet the constraint.

    `surface` is mention, direct_message, follow_up, overheard, command, shortcut or terminal. `reply_to` is what an
    answer after a restart needs to reach the asker, as the surface wrote it (a response URL, say). `reply_ts` is the
    reply's own timestamp from its first visible character on: a restart finishes the message that was begun, and
    reactions on it find the answer.
    """

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("team", "channel", "ts"),
        Index("ix_questions_channel_reply_ts", "channel", "reply_ts"),
        Index("ix_questions_user", "user"),
        Index("ix_questions_channel_thread_ts", "channel", "thread_ts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    surface: Mapped[str] = mapped_column(String(20))
    team: Mapped[str] = mapped_column(String(30))
    channel: Mapped[str] = mapped_column(String(30))
    ts: Mapped[str] = mapped_column(String(60))
    thread_ts: Mapped[str | None] = mapped_column(String(60))
    user: Mapped[str] = mapped_column(String(60))
    text: Mapped[str]
    reply_to: Mapped[dict[str, Any]]
    reply_ts: Mapped[str | None] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(default=utc_now)

    answer: Mapped["AnswerRow | None"] = relationship(back_populates="question", passive_deletes=True)


class AnswerRow(Base):
    """What was said to a question: `kind` is answered, abstained, failed, or silent where nothing was; `error_id` is in
    the log of a failure.

    `searched` is what was searched for in place of a follow-up's own words, NULL where these stood alone. `prompts`
    names those by which a language model was asked, with their versions, a space between two; NULL where none was.
    `delivered_at` is set once the reply stands whole in front of the asker: a restart delivers what lacks it.
    `repeats_id` is the answer whose words it says again, to a question that means the same.
    """

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str]
    searched: Mapped[str | None]
    confidence: Mapped[float | None]
    reason: Mapped[str]
    embedding_model: Mapped[str] = mapped_column(String(300))
    llm: Mapped[str | None] = mapped_column(String(300))
    prompts: Mapped[str | None] = mapped_column(String(200))
    timings_ms: Mapped[dict[str, Any]]
    error_id: Mapped[str | None] = mapped_column(String(20))
    repeats_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id", ondelete="SET NULL"), index=True)
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    question: Mapped[QuestionRow] = relationship(back_populates="answer")
    passages: Mapped[list["PassageRow"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="PassageRow.rank"
    )


class PassageRow(Base):
    """A chunk that was found for a question, as it was then: its text is kept, whatever becomes of the document."""

    __tablename__ = "passages"

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"), index=True)
    rank: Mapped[int]
    chunk_id: Mapped[str] = mapped_column(String(36), index=True)
    source: Mapped[str] = mapped_column(String(200))
    document: Mapped[str]
    title: Mapped[str]
    url: Mapped[str]
    anchor: Mapped[str | None]
    changed_at: Mapped[datetime | None]
    text: Mapped[str]
    dense: Mapped[float]
    bm25: Mapped[float]
    fused: Mapped[float]
    citation: Mapped[int | None]


class FeedbackRow(Base):
    """One person's vote on one answer: `vote` is 1 or -1. Withdrawing it deletes the row.

    `reason` and `correction` are what the person said of a 👎; `told_at` is when they were told that their question
    finds the right source now.
    """

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("answer_id", "user"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    user: Mapped[str] = mapped_column(String(60))
    vote: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(40))
    correction: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
    told_at: Mapped[datetime | None]

    answer: Mapped[AnswerRow] = relationship()


class SavedAnswerRow(Base):
    """An answer that somebody saved from Slack, to be found by the next who asks. Saving its message again replaces it.

    `author` wrote it and `saved_by` kept it: Slack's ids; `author_name` is what people call the author. `permalink`
    leads to its message, which is `ts` in `channel` and was written at `said_at`. Where it says what an answer of
    Lore's should have said, that is `answer_id`. One that was removed again has `removed_at`.
    """

    __tablename__ = "saved_answers"
    __table_args__ = (Index("ix_saved_answers_channel_ts", "channel", "ts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str]
    answer: Mapped[str]
    author: Mapped[str] = mapped_column(String(60))
    author_name: Mapped[str | None]
    channel: Mapped[str] = mapped_column(String(30))
    ts: Mapped[str | None] = mapped_column(String(60))
    permalink: Mapped[str] = mapped_column(String(500), unique=True)
    audience: Mapped[list[str]]
    saved_by: Mapped[str] = mapped_column(String(60))
    said_at: Mapped[datetime | None]
    saved_at: Mapped[datetime] = mapped_column(default=utc_now)
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id", ondelete="SET NULL"))
    removed_at: Mapped[datetime | None]
