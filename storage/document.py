"""The values that pass between ingestion, storage and answering: documents and their chunks."""

from dataclasses import dataclass, field

EVERYONE = "everyone"

Audience = frozenset[str]
"""Who may see a document: {"everyone"}, or names of Slack channels ("#people") and user groups ("@hr"), any of which suffices."""

PUBLIC: Audience = frozenset({EVERYONE})


@dataclass(frozen=True)
class Chunk:
    """A piece of a document that fits the embedding model.

    `text` is Markdown, for people; `embedded` is what the embedding model and BM25 see: the heading path, then
    the text without markup. `heading` is the path of headings above the text, outermost first, without the title.
    """

    heading: tuple[str, ...]
    text: str
    embedded: str


@dataclass(frozen=True)
class Document:
    """One page of a source, parsed. `id` is unique within its source; `revision` changes whenever the page does."""

    id: str
    title: str
    url: str
    revision: str
    markdown: str
    audience: Audience = PUBLIC
    chunks: tuple[Chunk, ...] = field(default=())
