"""SQLAlchemy models of what is learnt: versions of the embedding model, runs of learning, and what they learn from."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.table_base import Base, utc_now


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
    shares the database can load the version.

    `taught` are the vectors by the untrained model of the questions that it was taught, near which it is used: unit
    length, float16, little-endian, one after the other. It is null where the version is used for every question.
    """

    __tablename__ = "model_tensors"

    model_id: Mapped[int] = mapped_column(ForeignKey("embedding_models.id", ondelete="CASCADE"), primary_key=True)
    tensors: Mapped[bytes] = mapped_column(LargeBinary)
    taught: Mapped[bytes | None] = mapped_column(LargeBinary)


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


class ImportedTripletRow(Base):
    """A triplet from elsewhere, as it came. Those of this place's own votes are in no table: the votes are.

    `digest` is the SHA-256 of what it says, so that importing a file twice adds nothing.
    """

    __tablename__ = "imported_triplets"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    triplet: Mapped[dict[str, Any]]
    imported_at: Mapped[datetime] = mapped_column(default=utc_now)
