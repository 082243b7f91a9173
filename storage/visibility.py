"""Who may see which documents, by the tables: they are the truth, whatever the index or an old answer holds."""

import json
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from sqlalchemy import Text, cast, func, select

from storage.database import Database
from storage.document import Audience
from storage.tables import DocumentRow, SourceRow

DocumentKey: TypeAlias = tuple[str, str]
"""The source's name, and the document's id in it."""

_AT_ONCE = 500


def everyone_known(database: Database) -> Audience:
    """All who may see any document at all: somebody who is each of them sees everything."""
    # As text: PostgreSQL cannot tell whether two JSON values are equal.
    with database.session() as session:
        audiences = session.scalars(select(cast(DocumentRow.audience, Text)).distinct())
        return frozenset(one for audience in audiences for one in json.loads(audience))


def visible_documents(database: Database, documents: Iterable[DocumentKey], audience: Audience) -> set[DocumentKey]:
    """Those of the documents that are there now and that somebody of `audience` may see."""
    wanted = set(documents)
    ids = sorted({id for _, id in wanted})
    seen: set[DocumentKey] = set()
    columns = (SourceRow.name, DocumentRow.external_id, DocumentRow.audience)
    for start in range(0, len(ids), _AT_ONCE):
        query = (
            select(*columns)
            .join(SourceRow, DocumentRow.source_id == SourceRow.id)
            .where(DocumentRow.external_id.in_(ids[start : start + _AT_ONCE]))
        )
        with database.session() as session:
            seen |= {(source, id) for source, id, who in session.execute(query) if audience & set(who)}
    return seen & wanted


def visible_sources(database: Database, audience: Audience) -> Mapping[str, int]:
    """How many documents of each source somebody of `audience` may see; a source of which they see none is left out."""
    who = cast(DocumentRow.audience, Text)
    query = (
        select(SourceRow.name, who, func.count())
        .join(SourceRow, DocumentRow.source_id == SourceRow.id)
        .group_by(SourceRow.name, who)
        .order_by(SourceRow.name)
    )
    counts: dict[str, int] = {}
    with database.session() as session:
        for source, names, count in session.execute(query):
            if audience & set(json.loads(names)):
                counts[source] = counts.get(source, 0) + count
    return counts
