"""Documents in the tables for what is shown of them in Slack, and who may see each."""

from sqlalchemy import select, update

from storage.database import Database
from storage.knowledge import DocumentLink
from storage.tables import DocumentRow
from tests.learning.documents import add_page
from tests.slack.stage import LEAVE, TRAVEL

PAY = DocumentLink("pay.md", "Everybody's pay", "https://board.example/pay", "board")


def add_documents(database: Database) -> None:
    """LEAVE and TRAVEL for everyone, and PAY, of a source of its own, for the members of #board."""
    for document in (LEAVE, TRAVEL):
        add_page(database, document.id, source=document.source, title=document.title, url=document.url)
    add_page(database, PAY.id, source=PAY.source, title=PAY.title, url=PAY.url, audience=("#board",))


def let_see(database: Database, document: DocumentLink, *names: str) -> None:
    """Only these may see the document from now on."""
    change = update(DocumentRow).where(DocumentRow.external_id == document.id).values(audience=list(names))
    with database.session() as session:
        session.execute(change)


def forget(database: Database, document: DocumentLink) -> None:
    """The document is gone."""
    with database.session() as session:
        session.delete(session.scalars(select(DocumentRow).where(DocumentRow.external_id == document.id)).one())
