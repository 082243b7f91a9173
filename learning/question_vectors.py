"""The vectors of questions' texts, kept in SQL for each embedding model, so that none is computed twice."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.embedder import Vectors
from storage.storable import storable
from storage.tables import QuestionVectorRow

_AT_ONCE = 500
_STORED = np.dtype("<f4")


def text_digest(text: str) -> str:
    """The SHA-256 of a question's text, by which its vector is kept."""
    return hashlib.sha256(storable(text).encode()).hexdigest()


def load_vectors(database: Database, model: str, digests: Sequence[str], dimension: int) -> dict[str, Vectors]:
    """Those of the vectors by this model that are kept, (dimension,) float32 each; of another length, none is."""
    found: dict[str, Vectors] = {}
    with database.session() as session:
        for start in range(0, len(digests), _AT_ONCE):
            query = select(QuestionVectorRow.digest, QuestionVectorRow.vector).where(
                QuestionVectorRow.model == model, QuestionVectorRow.digest.in_(digests[start : start + _AT_ONCE])
            )
            for digest, vector in session.execute(query):
                if len(vector) == dimension * _STORED.itemsize:
                    found[digest] = np.frombuffer(vector, dtype=_STORED).astype(np.float32)
    return found


def save_vectors(database: Database, model: str, vectors: Mapping[str, Vectors]) -> None:
    """Keep these vectors (by the texts' digests), in place of what was kept."""
    # Another process that writes the same vector at this moment has written this one too.
    with suppress(IntegrityError), database.session() as session:
        for digest, vector in vectors.items():
            session.merge(QuestionVectorRow(model=model, digest=digest, vector=vector.astype(_STORED).tobytes()))


def forget_vectors(session: Session, texts: Iterable[str]) -> None:
    """Delete the vectors of these texts, by whatever model."""
    digests = sorted({text_digest(text) for text in texts})
    for start in range(0, len(digests), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        session.execute(delete(QuestionVectorRow).where(QuestionVectorRow.digest.in_(some)))
