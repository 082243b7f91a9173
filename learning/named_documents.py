"""Which document a name means: its id or its URL, where no other document has that name."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ExecutableOption

from storage.tables import DocumentRow

_AT_ONCE = 200


def documents_named(
    session: Session, names: Collection[str], *options: ExecutableOption
) -> dict[str, DocumentRow | None]:
    """Of `names`, those that documents have as their id or URL: the document, or None where several have it."""
    found: dict[str, list[DocumentRow]] = {}
    for some in _parts(sorted(names)):
        query = select(DocumentRow).where(or_(DocumentRow.external_id.in_(some), DocumentRow.url.in_(some)))
        for row in session.scalars(query.options(*options)):
            for name in {row.external_id, row.url}.intersection(some):
                found.setdefault(name, []).append(row)
    return {name: rows[0] if len(rows) == 1 else None for name, rows in found.items()}


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    left = iter(names)
    while some := list(islice(left, _AT_ONCE)):
        yield some
