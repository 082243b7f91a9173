"""Settings of channels, threads where Lore was told to stop, and what a follow-up was searched as."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "channel_settings",
        sa.Column("team", sa.String(length=30), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("follow_threads", sa.String(length=20), nullable=False),
        sa.Column("experts", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("set_by", sa.String(length=60), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("team", "channel", name=op.f("pk_channel_settings")),
    )
    op.create_table(
        "stopped_threads",
        sa.Column("team", sa.String(length=30), nullable=False),
        sa.Column("channel", sa.String(length=30), nullable=False),
        sa.Column("thread_ts", sa.String(length=60), nullable=False),
        sa.Column("stopped_by", sa.String(length=60), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("team", "channel", "thread_ts", name=op.f("pk_stopped_threads")),
    )
    op.create_index("ix_questions_channel_thread_ts", "questions", ["channel", "thread_ts"])
    with op.batch_alter_table("answers") as table:
        table.add_column(sa.Column("searched", sa.Text(), nullable=True))
