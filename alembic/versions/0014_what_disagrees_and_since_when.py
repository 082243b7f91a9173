"""When documents were last changed, conflicts that were met in them, and answers that were given again."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    with op.batch_alter_table("documents") as table:
        table.add_column(sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("passages") as table:
        table.add_column(sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("answers") as table:
        table.add_column(sa.Column("repeats_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_answers_repeats_id_answers"), "answers", ["repeats_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index(op.f("ix_answers_repeats_id"), "answers", ["repeats_id"])
    op.create_table(
        "conflicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=20), nullable=False),
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("one_hash", sa.String(length=64), nullable=False),
        sa.Column("one_sentence", sa.Text(), nullable=False),
        sa.Column("one_anchor", sa.Text(), nullable=True),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("other_hash", sa.String(length=64), nullable=False),
        sa.Column("other_sentence", sa.Text(), nullable=False),
        sa.Column("other_anchor", sa.Text(), nullable=True),
        sa.Column("met", sa.Integer(), nullable=False),
        sa.Column("first_met_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_met_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["one_id"], ["documents.id"], name=op.f("fk_conflicts_one_id_documents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["documents.id"], name=op.f("fk_conflicts_other_id_documents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
        sa.UniqueConstraint("digest", name=op.f("uq_conflicts_digest")),
    )
    op.create_index(op.f("ix_conflicts_one_id"), "conflicts", ["one_id"])
    op.create_index(op.f("ix_conflicts_other_id"), "conflicts", ["other_id"])
