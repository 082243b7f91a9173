"""When a source is due, who syncs it, and how far a sync is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("sources") as table:
        table.add_column(sa.Column("schedule", sa.Text(), nullable=True))
        table.add_column(sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("lease_token", sa.String(length=36), nullable=True))
        table.add_column(sa.Column("lease_holder", sa.Text(), nullable=True))
        table.add_column(sa.Column("lease_machine", sa.Text(), nullable=True))
        table.add_column(sa.Column("lease_process", sa.Integer(), nullable=True))
        table.add_column(sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("sync_runs") as table:
        table.add_column(sa.Column("done", sa.Double(), nullable=True))
        table.add_column(sa.Column("total", sa.Integer(), nullable=True))
        table.add_column(sa.Column("per_second", sa.Double(), nullable=True))
        table.add_column(sa.Column("progress_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE sync_runs SET done = 0")
    with op.batch_alter_table("sync_runs") as table:
        table.alter_column("done", existing_type=sa.Double(), nullable=False)
