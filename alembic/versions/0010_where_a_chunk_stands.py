"""The heading that a chunk's citation leads to, and by what a chunk is known that another document has too.

Both are filled in as a document is next read, which its next sync does.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("chunks", sa.Column("anchor", sa.Text(), nullable=True))
    op.add_column("chunks", sa.Column("digest", sa.String(length=32), nullable=True))
    op.create_index("ix_chunks_digest", "chunks", ["digest"])
    op.add_column("passages", sa.Column("anchor", sa.Text(), nullable=True))
    # Whole documents were known by it, before their chunks were.
    op.drop_index("ix_documents_text_digest", "documents")
    op.drop_column("documents", "text_digest")
