"""One file a kind of source. A connector lists what a source holds now, and fetches what changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from storage.document import Audience

HeadingIds = Literal["unknown", "own", "github", "gitlab"]
"""How the page at a document's URL names its headings, so that a link can lead to one: not known; as the bytes of the
document do (ids in HTML and in Markdown, the pages of a PDF); or as GitHub or GitLab make ids from Markdown."""


class ConnectorError(Exception):
    """A source could not be listed or a document not be fetched; the message says what to do."""


@dataclass(frozen=True)
class DocumentRef:
    """A document as its source lists it: enough to tell whether it changed, without fetching it.

    `revision` is any string that changes when the content does. `audience` is None where the source has no
    permissions of its own: then the audience configured for the source holds. `changed_at` is when the content was last
    changed, where the source says so.
    """

    id: str
    url: str
    title: str
    revision: str
    audience: Audience | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True)
class RawDocument:
    """A document's bytes. `name` is a file name (its suffix is a hint); `media_type` is what the source claims.

    `heading_ids` says how the document's URL leads to its headings.
    """

    content: bytes
    name: str
    media_type: str | None = None
    heading_ids: HeadingIds = "unknown"


class Connector(Protocol):
    """A kind of source. Constructed with the keys of its `[[sources]]` table that are the connector's own."""

    def list(self) -> Iterator[DocumentRef]:
        """Every document of the source, cheaply and completely; raises ConnectorError when it cannot be complete."""
        ...

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The document's bytes; raises ConnectorError when they cannot be had."""
        ...
