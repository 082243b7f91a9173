"""Tables of what is measured by itself: how sure answers may be, and how good those to known questions were."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables import Base, utc_now


class ConfidenceFitRow(Base):
    """How likely passages hold an answer, fitted for a version of the embedding model and the corpus as it was.

    `fit` has the weights, None in it where the corpus had too few `questions` to fit on. `chunks` is how many there
    were, so that it is known when the corpus has become another.
    """

    __tablename__ = "confidence_fits"

    model_id: Mapped[int] = mapped_column(ForeignKey("embedding_models.id", ondelete="CASCADE"), primary_key=True)
    fit: Mapped[dict[str, Any]]
    chunks: Mapped[int]
    questions: Mapped[int]
    fitted_at: Mapped[datetime] = mapped_column(default=utc_now)


class EvaluationRunRow(Base):
    """One evaluation of the answers to the questions that a company keeps.

    `digest` is of the questions: figures are compared where it is the same. `fallen` has what was better before: names
    of figures with both values. `page` is the path of the HTML page.
    """

    __tablename__ = "evaluation_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    finished_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    digest: Mapped[str] = mapped_column(String(64))
    embedding_model: Mapped[str] = mapped_column(String(300))
    because: Mapped[str] = mapped_column(String(40))
    figures: Mapped[dict[str, Any]]
    fallen: Mapped[dict[str, Any]]
    page: Mapped[str]
