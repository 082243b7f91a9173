"""How far a file in a folder that is watched is on its way into the knowledge base."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select

from ingestion.connectors import ConnectorError, DocumentRef
from ingestion.connectors.files import FilesConnector
from ingestion.sync import Source
from storage.clock import database_now
from storage.database import Database
from storage.tables import ChunkRow, DocumentRow, SourceRow

State = Literal["waiting", "reading", "ready", "failed", "unknown"]


@dataclass(frozen=True)
class FileProgress:
    """`says` adds to the state what there is to know: how many passages, or what went wrong."""

    state: State
    says: str = ""


def file_progress(database: Database, sources: Sequence[Source], name: str) -> FileProgress:
    """Of the file with this id, as it lies in the folder now, in the first watched source that has it."""
    for source in sources:
        connector = source.connector
        if isinstance(connector, FilesConnector) and connector.watch and (connector.path / name).is_file():
            return _of_source(database, source, _listed(connector, name), name)
    return FileProgress("unknown", "it is in no folder that is watched")


def _of_source(database: Database, source: Source, ref: DocumentRef | None, name: str) -> FileProgress:
    if ref is None:
        return FileProgress("failed", "this kind of file is not read")
    query = (
        select(DocumentRow)
        .join(DocumentRow.source)
        .where(SourceRow.name == source.name, DocumentRow.external_id == name)
    )
    with database.session() as session:
        row = session.scalar(query)
        if row is not None and row.error is not None and _is_of(row.failed_revision, ref):
            return FileProgress("failed", row.error)
        if row is not None and row.error is None and _is_of(row.revision, ref):
            chunks = session.scalar(select(func.count()).select_from(ChunkRow).where(ChunkRow.document_id == row.id))
            return FileProgress("ready", f"{chunks} passages" if chunks != 1 else "1 passage")
        leased_until = session.scalar(select(SourceRow.leased_until).where(SourceRow.name == source.name))
        reading = leased_until is not None and leased_until > database_now(session)
        return FileProgress("reading" if reading else "waiting")


def _is_of(revision: str | None, ref: DocumentRef) -> bool:
    """Whether it is the file as it lies there now; how it was read stands in a revision too, after a space."""
    return revision is not None and revision.startswith(f"{ref.revision} ")


def _listed(connector: FilesConnector, name: str) -> DocumentRef | None:
    try:
        return next((ref for ref in connector.list() if ref.id == name), None)
    except ConnectorError:
        return None
