"""The versions of the embedding model in the tables: which there are, which one serves, and which served before."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage.database import Database
from storage.embedder import Embedder, EmbedderError
from storage.scope import Scope
from storage.tables import EmbeddingModelRow, ModelTensorsRow, QuestionVectorRow, utc_now
from storage.versions import Sides, State, VersionError, VersionInfo

DENSE_WEIGHT = 0.5
"""The share of the cosine in the fused score, until votes fit another for a model (docs/decisions/fusion.md)."""


class VersionRows:
    """The rows of the versions. Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settle(self, base: Embedder) -> EmbeddingModelRow:
        """The version that serves: the active one, or, where the settings name another model, the last one of that.

        A model that was never served gets its row, for which it is loaded.
        """
        with self._database.session() as session:
            active = session.scalar(_active())
            if active is not None and active.base == base.name:
                return active
            row = session.scalar(_served(base.name)) or session.scalar(
                select(EmbeddingModelRow).where(EmbeddingModelRow.name == base.name)
            )
            if row is None:
                row = EmbeddingModelRow(
                    name=base.name,
                    base=base.name,
                    documents=base.name,
                    dimension=base.dimension,
                    max_tokens=base.max_tokens,
                    fusion_weight=DENSE_WEIGHT,
                )
                session.add(row)
                session.flush()
            _activate(session, row.id)
            return row

    def active(self) -> EmbeddingModelRow | None:
        """The version that serves, whoever switched to it."""
        with self._database.session() as session:
            return session.scalar(_active())

    def get(self, version_id: int) -> EmbeddingModelRow:
        """Raises VersionError where there is none."""
        with self._database.session() as session:
            row = session.get(EmbeddingModelRow, version_id)
        if row is None:
            raise VersionError(f"There is no version {version_id} of the embedding model. `lore models` lists them.")
        return row

    def measure(self, base: Embedder) -> None:
        """Note how long the model's vectors are now: under its name there may be another than there was, whose vectors
        of questions are others too."""
        with self._database.session() as session:
            session.execute(delete(QuestionVectorRow).where(QuestionVectorRow.model == base.name))
            session.execute(
                update(EmbeddingModelRow)
                .where(EmbeddingModelRow.name == base.name)
                .values(dimension=base.dimension, max_tokens=base.max_tokens)
            )

    def all(self) -> list[VersionInfo]:
        """Every version, the newest first."""
        with self._database.session() as session:
            rows = session.scalars(select(EmbeddingModelRow).order_by(EmbeddingModelRow.id.desc()))
            return [info(row) for row in rows]

    def add(self, row: EmbeddingModelRow, tensors: bytes, scope: Scope | None = None) -> int:
        """Keep a version; returns its id. Raises VersionError where its name is taken."""
        try:
            with self._database.session() as session:
                session.add(row)
                session.flush()
                session.add(ModelTensorsRow(model_id=row.id, tensors=tensors, taught=scope and scope.to_bytes()))
                return row.id
        except IntegrityError as error:
            raise VersionError(f"There is a version named {row.name!r} already; give this one another name.") from error

    def tensors(self, name: str) -> bytes:
        """What training changed of the version's base. Raises EmbedderError where that is not in the database."""
        with self._database.session() as session:
            tensors = session.scalar(
                select(ModelTensorsRow.tensors).join(EmbeddingModelRow).where(EmbeddingModelRow.name == name)
            )
        if tensors is None:
            raise EmbedderError(
                f"The database has no weights for the version {name!r} of the embedding model. "
                "Go back to the version before it with `lore models rollback`, or learn anew with `lore learn`."
            )
        return tensors

    def scope(self, name: str, dimension: int) -> Scope | None:
        """Where what this version has learnt holds; None where it holds everywhere."""
        with self._database.session() as session:
            taught = session.scalar(
                select(ModelTensorsRow.taught).join(EmbeddingModelRow).where(EmbeddingModelRow.name == name)
            )
        return None if taught is None else Scope.from_bytes(taught, dimension)

    def set_state(self, version_id: int, state: State, reason: str | None = None) -> None:
        """Note how far a version is, and why."""
        values: dict[str, str] = {"state": state} | ({} if reason is None else {"reason": reason})
        with self._database.session() as session:
            session.execute(update(EmbeddingModelRow).where(EmbeddingModelRow.id == version_id).values(**values))

    def preparing(self, base: str) -> list[EmbeddingModelRow]:
        """The versions of this model whose promotion was begun and not ended, the oldest first."""
        with self._database.session() as session:
            query = select(EmbeddingModelRow).where(
                EmbeddingModelRow.base == base, EmbeddingModelRow.state == "preparing"
            )
            return list(session.scalars(query.order_by(EmbeddingModelRow.id)))

    def forget(self, row: EmbeddingModelRow) -> None:
        """Delete a version that was learnt, with its tensors and the questions' vectors that were kept for it.

        Raises VersionError where it serves, or where another version needs it.
        """
        name, model = repr(row.name), EmbeddingModelRow
        if row.name == row.base:
            raise VersionError(f"{name} is a model of the settings, not a version that was learnt; it stays.")
        with self._database.session() as session:
            towards = session.scalars(select(model.name).where(model.documents == row.name, model.id != row.id)).all()
            if towards:
                raise VersionError(f"The documents' vectors of {name} are those of {', '.join(towards)} too.")
            gone = session.scalars(delete(model).where(model.id == row.id, ~model.active).returning(model.id)).all()
            if not gone:
                raise VersionError(f"The version {name} serves; go back with `lore models rollback` first.")
            session.execute(delete(QuestionVectorRow).where(QuestionVectorRow.model == row.name))

    def judge(
        self,
        version_id: int,
        state: State,
        reason: str,
        figures: dict[str, Any],
        fusion_weight: float,
        dense_scale: float,
    ) -> None:
        """Note what was found of a candidate, and the weight and scale that it is to serve with."""
        values = {
            "state": state,
            "reason": reason,
            "figures": figures,
            "fusion_weight": fusion_weight,
            "dense_scale": dense_scale,
        }
        with self._database.session() as session:
            session.execute(update(EmbeddingModelRow).where(EmbeddingModelRow.id == version_id).values(**values))

    def activate(self, version_id: int) -> None:
        """Let this version serve, and no other."""
        with self._database.session() as session:
            _activate(session, version_id)

    def before(self, base: str) -> EmbeddingModelRow:
        """The version of this model that served before the one that serves. Raises VersionError where none did."""
        with self._database.session() as session:
            row = session.scalar(_served(base).where(~EmbeddingModelRow.active))
        if row is None:
            raise VersionError(
                "No other version of the embedding model served before this one, so there is none to go back to. "
                "`lore models` lists the versions."
            )
        return row

    def roll_back(self, to: int) -> None:
        """Let this version serve, as it did before, and forget that the one that serves now ever did."""
        with self._database.session() as session:
            session.execute(update(EmbeddingModelRow).where(EmbeddingModelRow.active).values(activated_at=None))
            session.execute(update(EmbeddingModelRow).values(active=EmbeddingModelRow.id == to))


def info(row: EmbeddingModelRow) -> VersionInfo:
    """What a list says of the version."""
    sides: Sides = "both" if row.documents == row.name else "question"
    return VersionInfo(
        id=row.id,
        name=row.name,
        base=row.base,
        documents=row.documents,
        sides=sides,
        fusion_weight=row.fusion_weight,
        dense_scale=row.dense_scale,
        active=row.active,
        state=cast(State, row.state),
        reason=row.reason,
        figures=dict[str, Any](row.figures),
        created_at=row.created_at,
        activated_at=row.activated_at,
    )


def _active() -> Select[EmbeddingModelRow]:
    return select(EmbeddingModelRow).where(EmbeddingModelRow.active)


def _served(base: str) -> Select[EmbeddingModelRow]:
    """The versions of a model that served, the last first."""
    return (
        select(EmbeddingModelRow)
        .where(EmbeddingModelRow.base == base, EmbeddingModelRow.activated_at.is_not(None))
        .order_by(EmbeddingModelRow.activated_at.desc())
        .limit(1)
    )


def _activate(session: Session, version_id: int) -> None:
    last: datetime | None = session.scalar(select(func.max(EmbeddingModelRow.activated_at)))
    # The order is what a rollback goes by, also where the clock was put back.
    moment = utc_now() if last is None else max(utc_now(), last + timedelta(microseconds=1))
    # One statement for all rows: of two that switch at once, the second waits for the first and undoes its choice.
    session.execute(update(EmbeddingModelRow).values(active=EmbeddingModelRow.id == version_id))
    session.execute(
        update(EmbeddingModelRow).where(EmbeddingModelRow.id == version_id).values(activated_at=moment, state="ready")
    )


def forget_questions(session: Session, digests: Collection[str]) -> None:
    """Take these questions out of what versions keep of those that they were taught: digest and vector.

    `learnt_from` of a version's figures has the digests, in the order of the vectors.
    """
    for row in session.scalars(select(EmbeddingModelRow)):
        learnt = row.figures.get("learnt_from", [])
        gone = [place for place, digest in enumerate(learnt) if digest in digests]
        if not gone:
            continue
        row.figures = {**row.figures, "learnt_from": [one for one in learnt if one not in digests]}
        tensors = session.get(ModelTensorsRow, row.id)
        if tensors is not None and tensors.taught is not None:
            tensors.taught = Scope.from_bytes(tensors.taught, row.dimension).without(gone).to_bytes()
