"""Documents in the tables, for what is learnt from them."""

from sqlalchemy import select

from storage.database import Database
from storage.tables import ChunkRow, DocumentRow, SourceRow


def add_page(
    database: Database,
    id: str,
    *texts: str,
    source: str = "handbook",
    title: str | None = None,
    url: str | None = None,
    audience: tuple[str, ...] = ("everyone",),
) -> None:
    """A document of one chunk a text; its source is made where it is not there yet."""
    with database.session() as session:
        of = session.scalar(select(SourceRow).where(SourceRow.name == source))
        page = DocumentRow(
            source=of or SourceRow(name=source, connector="files", audience=["everyone"]),
            external_id=id,
            title=id if title is None else title,
            url=f"https://{source}.example/{id}" if url is None else url,
            revision="1",
            content_hash="",
            markdown="",
            audience=list(audience),
        )
        page.chunks = [
            ChunkRow(id=f"{source}-{id}-{n}", position=n, heading=[], text=text, embedded=text)
            for n, text in enumerate(texts)
        ]
        session.add(page)
