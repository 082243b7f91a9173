"""SQLAlchemy models: the truth about sources, documents, questions, answers and votes. The index is made from them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.schema import MetaData


def utc_now() -> datetime:
    """The current moment, timezone-aware."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, timezone-aware in Python on every database (SQLite itself forgets the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Declares the tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[str]: JSON, str: Text}  # noqa: RUF012


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
    """One page of a source. `content_hash` is of its bytes.

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


class EmbeddingModelRow(Base):
    """A version of the embedder. Vectors of two versions never mix: each version has its own index collection.

    `base` is the model of the settings that it was made from, its own name where it is that model. `documents` is the
    version whose vectors the documents have: its own name, or, where only the question side was trained, the name of
    the version that it was trained towards. `fusion_weight` is the share of the dense score in the fusion, kept with
    the version that it was fitted for. Cosines are multiplied by `dense_scale`, so that they say of every version the
    same: how likely a passage is to the point. `state` is ready, candidate (not served yet), preparing (documents are
    being embedded with it), or refused; `reason` and `figures` say what the gate found. The version that was active
    before is the one with the second-latest `activated_at`.
    """

    __tablename__ = "embedding_models"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(300), unique=True)
    base: Mapped[str] = mapped_column(String(300))
    documents: Mapped[str] = mapped_column(String(300))
    dimension: Mapped[int]
    max_tokens: Mapped[int]
    fusion_weight: Mapped[float]
    dense_scale: Mapped[float] = mapped_column(default=1.0)
    active: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(20), default="ready")
    reason: Mapped[str] = mapped_column(default="")
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    activated_at: Mapped[datetime | None]


class ModelTensorsRow(Base):
    """What training changed of a version's base: a safetensors file of just these tensors, so that every process that
    shares the database can load the version."""

    __tablename__ = "model_tensors"

    model_id: Mapped[int] = mapped_column(ForeignKey("embedding_models.id", ondelete="CASCADE"), primary_key=True)
    tensors: Mapped[bytes] = mapped_column(LargeBinary)


class LearningRunRow(Base):
    """One run of learning: what it learnt from, how far it is, and what came of it.

    `state` is running, promoted, refused, failed or stopped. `phase` says what is being done, `done` of `total` how
    far. `reason` is the gate's, or what went wrong; `figures` is what `lore learn --json` prints. `report` is the path
    of the HTML report.
    """

    __tablename__ = "learning_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20), default="running")
    sides: Mapped[str] = mapped_column(String(20))
    seed: Mapped[int]
    triplets: Mapped[int]
    questions: Mapped[int]
    phase: Mapped[str] = mapped_column(String(100), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("embedding_models.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(default="")
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    report: Mapped[str | None]


class QuestionVectorRow(Base):
    """The vector of a question's text by one embedding model: float32, little-endian, as long as the model says.

    `digest` is the SHA-256 of the text. A vector that is missing is computed again.
    """

    __tablename__ = "question_vectors"

    model: Mapped[str] = mapped_column(String(300), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class QuestionRow(Base):
    """What was asked, by whom and where. One row a message: Slack's retries and twin events meet the constraint.

    `surface` is mention, direct_message, command or terminal. `reply_to` is what an answer after a restart needs
    to reach the asker, as the surface wrote it (a response URL, say). `reply_ts` is the reply's own timestamp from its
    first visible character on: a restart finishes the message that was begun, and reactions on it find the answer.
    """

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("team", "channel", "ts"),
        Index("ix_questions_channel_reply_ts", "channel", "reply_ts"),
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
    """What was said to a question: `kind` is answered, abstained or failed; `error_id` is in the log of a failure.

    `delivered_at` is set once the reply stands whole in front of the asker: a restart delivers what lacks it.
    """

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str]
    confidence: Mapped[float | None]
    reason: Mapped[str]
    embedding_model: Mapped[str] = mapped_column(String(300))
    llm: Mapped[str | None] = mapped_column(String(300))
    timings_ms: Mapped[dict[str, Any]]
    error_id: Mapped[str | None] = mapped_column(String(20))
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


class ImportedTripletRow(Base):
    """A triplet from elsewhere, as it came. Those of this place's own votes are in no table: the votes are.

    `digest` is the SHA-256 of what it says, so that importing a file twice adds nothing.
    """

    __tablename__ = "imported_triplets"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    triplet: Mapped[dict[str, Any]]
    imported_at: Mapped[datetime] = mapped_column(default=utc_now)


class SavedAnswerRow(Base):
    """An answer that somebody saved from Slack, to be found by the next who asks. Saving its message again replaces it.

    `author` wrote it and `saved_by` kept it: Slack's ids. `permalink` leads to its message. One that was removed again
    has `removed_at`.
    """

    __tablename__ = "saved_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str]
    answer: Mapped[str]
    author: Mapped[str] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(30))
    permalink: Mapped[str] = mapped_column(String(500), unique=True)
    audience: Mapped[list[str]]
    saved_by: Mapped[str] = mapped_column(String(60))
    saved_at: Mapped[datetime] = mapped_column(default=utc_now)
    removed_at: Mapped[datetime | None]
