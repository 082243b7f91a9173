"""A source whose contents a test writes down, as a stand-in for a place outside: it can change, fail and be slow."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingestion.connectors import ConnectorError, DocumentRef, HeadingIds, RawDocument
from ingestion.sync import Source
from storage.document import PUBLIC, Audience


@dataclass
class Page:
    """A document as the source has it. It is broken where `error` says how."""

    content: bytes
    revision: str = "1"
    title: str = ""
    audience: Audience | None = None
    error: str | None = None
    changed_at: datetime | None = None


@dataclass
class ScriptedConnector:
    """Lists `pages`; fails after `listing_fails_after` of them; tells what it was asked for in `fetched`."""

    pages: dict[str, Page] = field(default_factory=dict)
    listing_fails_after: int | None = None
    fetched: list[str] = field(default_factory=list)
    on_list: Callable[[], None] = lambda: None
    heading_ids: HeadingIds = "unknown"

    def list(self) -> Iterator[DocumentRef]:
        self.on_list()
        for number, (id, page) in enumerate(self.pages.items()):
            if number == self.listing_fails_after:
                raise ConnectorError("the wiki hung up midway: try again later.")
            title = page.title or id
            yield DocumentRef(id, f"https://wiki.example/{id}", title, page.revision, page.audience, page.changed_at)

    def fetch(self, ref: DocumentRef) -> RawDocument:
        self.fetched.append(ref.id)
        page = self.pages[ref.id]
        if page.error is not None:
            raise ConnectorError(page.error)
        return RawDocument(page.content, f"{ref.id}.md", heading_ids=self.heading_ids)

    def taken(self) -> Sequence[str]:
        """What was fetched since this was last asked."""
        taken, self.fetched = self.fetched, []
        return taken

    def write(self, id: str, text: str, revision: str = "1") -> None:
        self.pages[id] = Page(text.encode(), revision)


def scripted_source(
    connector: ScriptedConnector, audience: Audience = PUBLIC, every: timedelta | None = None, name: str = "wiki"
) -> Source:
    """The connector as a source named `wiki`."""
    return Source(name, "scripted", connector, audience, every)
