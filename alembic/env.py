"""Runs the migrations on the connection that storage.database hands over.

They go forward only: to go back, restore the backup. A new one is drafted from the models, against an up-to-date
database, with `alembic -x url=sqlite:////path/lore.db revision --autogenerate -m "what it adds"`.
"""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from storage.database import Database
from storage.tables import Base, UtcDateTime


def _render(kind: str, item: Any, _autogenerate: Any) -> str | Literal[False]:
    """A migration is a record of its day: it names the database's types, not ours, which may change."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=_render,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is not None:
    _run(handed_over)
else:
    with Database(context.get_x_argument(as_dictionary=True)["url"]).engine.connect() as own:
        _run(own)
        own.commit()
