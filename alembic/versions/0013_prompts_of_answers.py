"""The prompts by which a language model was asked, with their versions, beside each answer."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("answers", sa.Column("prompts", sa.String(length=200), nullable=True))
