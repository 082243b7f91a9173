"""The fitted confidence of each version of the embedding model, in the tables."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from storage.database import Database
from storage.measured_tables import ConfidenceFitRow
from storage.tables import EmbeddingModelRow


@dataclass(frozen=True)
class ConfidenceFit:
    """A fit as it is kept: empty where there were too few questions; and of how many chunks the corpus was."""

    fit: dict[str, Any]
    chunks: int
    questions: int


class ConfidenceFits:
    """Keeps one fit a version. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, model: str) -> ConfidenceFit | None:
        """The fit of the version of this name; None where none was made."""
        query = (
            select(ConfidenceFitRow)
            .join(EmbeddingModelRow, ConfidenceFitRow.model_id == EmbeddingModelRow.id)
            .where(EmbeddingModelRow.name == model)
        )
        with self._database.session() as session:
            row = session.scalar(query)
            return None if row is None else ConfidenceFit(dict(row.fit), row.chunks, row.questions)

    def keep(self, model_id: int, fit: ConfidenceFit) -> None:
        """Replace the version's fit by this one."""
        with self._database.session() as session:
            # Locked, so that two processes that fit at once replace one another in turn.
            session.get_one(EmbeddingModelRow, model_id, with_for_update=True)
            session.execute(delete(ConfidenceFitRow).where(ConfidenceFitRow.model_id == model_id))
            session.add(ConfidenceFitRow(model_id=model_id, fit=fit.fit, chunks=fit.chunks, questions=fit.questions))
