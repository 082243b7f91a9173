"""A source that is gone from lore.toml, removed with its documents: until then it answers as before."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from ingestion.lease import Leases
from ingestion.source_rows import UnknownSourceError, source_names
from storage.database import Database
from storage.knowledge import KnowledgeBase
from storage.tables import DocumentRow, SourceRow

AT_ONCE = 500
"""Documents that go in one transaction."""


@dataclass(frozen=True)
class Removed:
    """How much went with a source."""

    documents: int
    chunks: int


def remove_source(database: Database, knowledge: KnowledgeBase, leases: Leases, name: str) -> Removed:
    """Forget a source, its documents and its runs. Stopped at any point, it can be run again.

    Raises UnknownSourceError, LeaseTakenError where it is being synced, Interruption where this process was paused.
    """
    with database.session() as session:
        source_id = session.scalar(select(SourceRow.id).where(SourceRow.name == name))
    if source_id is None:
        known = ", ".join(source_names(database)) or "none"
        raise UnknownSourceError(f"Lore knows no source named {name}; there is: {known}.")
    documents = chunks = 0
    with leases.hold(source_id) as lease:
        while ids := _some_documents(database, source_id):
            lease.check()
            chunks += knowledge.remove(source_id, ids)
            documents += len(ids)
        lease.check()
        with database.session() as session:
            session.execute(delete(SourceRow).where(SourceRow.id == source_id))
    knowledge.optimize()
    return Removed(documents, chunks)


def _some_documents(database: Database, source_id: int) -> Sequence[str]:
    query = select(DocumentRow.external_id).where(DocumentRow.source_id == source_id).limit(AT_ONCE)
    with database.session() as session:
        return session.scalars(query).all()
