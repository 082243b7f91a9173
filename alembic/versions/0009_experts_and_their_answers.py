"""Questions that experts are asked, and more of each saved answer: its author's name, its date, what it puts right."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "expert_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("experts", sa.JSON(), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("thread_ts", sa.String(length=60), nullable=True),
        sa.Column("ts", sa.String(length=60), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answers.id"], name=op.f("fk_expert_requests_answer_id_answers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_requests")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_expert_requests_answer_id")),
    )
    op.create_index("ix_expert_requests_channel_ts", "expert_requests", ["channel", "ts"])
    with op.batch_alter_table("saved_answers") as table:
        table.add_column(sa.Column("ts", sa.String(length=60), nullable=True))
        table.add_column(sa.Column("author_name", sa.Text(), nullable=True))
        table.add_column(sa.Column("said_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("answer_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_saved_answers_answer_id_answers"), "answers", ["answer_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index("ix_saved_answers_channel_ts", "saved_answers", ["channel", "ts"])
