"""When a document that cannot be read is tried again, and by what a document is known that moved."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("documents", sa.Column("text_digest", sa.String(length=64), nullable=True))
    op.add_column("documents", sa.Column("failed_revision", sa.Text(), nullable=True))
    op.add_column("documents", sa.Column("failed_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("documents", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("documents", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    # Those that fail already are tried at the next sync, as they were at every one until now.
    op.execute(
        "UPDATE documents SET attempts = 1, failed_since = updated_at, retry_at = updated_at WHERE error IS NOT NULL"
    )
    op.create_index("ix_documents_text_digest", "documents", ["text_digest"])
    op.create_index("ix_documents_source_id_retry_at", "documents", ["source_id", "retry_at"])
