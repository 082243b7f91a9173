"""A table for the private answers that people share with a channel, and an index of questions by who asked."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "shared_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("thread_ts", sa.String(length=60), nullable=True),
        sa.Column("user", sa.String(length=60), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply_ts", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answers.id"], name=op.f("fk_shared_answers_answer_id_answers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_answers")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_shared_answers_answer_id")),
    )
    op.create_index("ix_shared_answers_channel_reply_ts", "shared_answers", ["channel", "reply_ts"])
    op.create_index("ix_questions_user", "questions", ["user"])
