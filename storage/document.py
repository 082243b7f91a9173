"""The values that pass between ingestion, storage and answering: documents and their chunks."""

from dataclasses import dataclass, field
from datetime import datetime

EVERYONE = "everyone"

Audience = frozenset[str]
"""Who may see a document: {"everyone"}, or Slack channels ("#people") and user groups ("@hr"): members of any."""

PUBLIC: Audience = frozenset({EVERYONE})


@dataclass(frozen=True)
class Chunk:
    """A piece of a document that fits the embedding model.

    `text` is Markdown, for people; `embedded` is what the embedding model and BM25 see: the heading path, then
    the text without markup. `heading` is the path of headings above the text, outermost first, without the title.
    `anchor` is the fragment that leads to the nearest of these on the document's page, percent-encoded, or None.
    """

    heading: tuple[str, ...]
    text: str
    embedded: str
    anchor: str | None = None


@dataclass(frozen=True)
class Document:
    """One page of a source, parsed.

    `id` is unique within its source; `revision` changes whenever the page does; `content_hash` is the SHA-256 of its
    bytes and of what else it is made from. `changed_at` is when its content was last changed, where that is known.
    """

    id: str
    title: str
    url: str
    revision: str
    content_hash: str
    markdown: str
    audience: Audience = PUBLIC
    chunks: tuple[Chunk, ...] = field(default=())
    changed_at: datetime | None = None
