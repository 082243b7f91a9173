"""The questions that a version of the embedding model was taught, near which it is used."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    with op.batch_alter_table("model_tensors") as table:
        table.add_column(sa.Column("taught", sa.LargeBinary(), nullable=True))
