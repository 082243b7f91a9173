"""What somebody may see of the documents, as the tables have it now: which of these, and how many of each source."""

import json
from collections.abc import Collection
from typing import TypeAlias

from sqlalchemy import Text, cast, func, or_, select

from storage.database import Database
from storage.document import Audience
from storage.document_rows import pages
from storage.tables import DocumentRow, SourceRow

DocumentKey: TypeAlias = tuple[str, str]
"""The source's name, and the document's id in it."""


def visible_documents(database: Database, documents: Collection[DocumentKey], audience: Audience) -> set[DocumentKey]:
    """Those of these documents that are there now and that somebody of `audience` may see."""
    wanted = set(documents)
    found: set[DocumentKey] = set()
    with database.session() as session:
        for some in pages(sorted({id for _, id in wanted})):
            query = (
                select(SourceRow.name, DocumentRow.external_id, DocumentRow.audience)
                .join(DocumentRow.source)
                .where(DocumentRow.external_id.in_(some))
            )
            found |= {(source, id) for source, id, seen_by in session.execute(query) if audience & set(seen_by)}
    return found & wanted


def visible_counts(database: Database, audience: Audience) -> dict[str, int]:
    """How many documents of each source somebody of `audience` may see, by the source's name; none that has none.

    Documents that could never be read are in no count.
    """
    # As text: PostgreSQL cannot group by JSON values. A source has few audiences, however many documents.
    seen_by = cast(DocumentRow.audience, Text)
    query = (
        select(SourceRow.name, seen_by, func.count())
        .join(DocumentRow.source)
        .where(or_(DocumentRow.error.is_(None), DocumentRow.content_hash != ""))
        .group_by(SourceRow.name, seen_by)
    )
    counts: dict[str, int] = {}
    with database.session() as session:
        for source, names, count in session.execute(query):
            if audience & set(json.loads(names)):
                counts[source] = counts.get(source, 0) + count
    return counts
