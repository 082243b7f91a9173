"""Versions of the embedding model, what training changed of each, the runs that made them, and questions' vectors."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SAID_OF_VERSIONS = {
    "base": sa.String(length=300),
    "documents": sa.String(length=300),
    "dense_scale": sa.Double(),
    "state": sa.String(length=20),
    "reason": sa.Text(),
    "figures": sa.JSON(),
}


def upgrade() -> None:
    with op.batch_alter_table("embedding_models") as table:
        for name, type in _SAID_OF_VERSIONS.items():
            table.add_column(sa.Column(name, type, nullable=True))
        table.add_column(sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True))
    # Until now every version was a model of the settings.
    op.execute(
        "UPDATE embedding_models SET base = name, documents = name, dense_scale = 1, state = 'ready', reason = '', "
        "figures = '{}', activated_at = CASE WHEN active THEN created_at END"
    )
    with op.batch_alter_table("embedding_models") as table:
        for name, type in _SAID_OF_VERSIONS.items():
            table.alter_column(name, existing_type=type, nullable=False)
    with op.batch_alter_table("feedback") as table:
        table.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "model_tensors",
        sa.Column("model_id", sa.Integer(), nullable=False),
        sa.Column("tensors", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["embedding_models.id"],
            name=op.f("fk_model_tensors_model_id_embedding_models"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_model_tensors")),
    )
    op.create_table(
        "learning_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sides", sa.String(length=20), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("triplets", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=100), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["embedding_models.id"],
            name=op.f("fk_learning_runs_model_id_embedding_models"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_runs")),
    )
    op.create_table(
        "question_vectors",
        sa.Column("model", sa.String(length=300), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("model", "digest", name=op.f("pk_question_vectors")),
    )
