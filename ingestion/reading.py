"""From what was fetched to what can be written: documents parsed and cut into chunks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from ingestion.chunk import chunk
from ingestion.connectors import RawDocument
from ingestion.listing import Listed
from ingestion.measure import CountTokens
from ingestion.parsed_document import ParsedDocument, ParseError
from storage.document import Chunk
from storage.knowledge import KnowledgeBase
from storage.projection import ReadyVectors
from storage.unseen import without_unseen

log = structlog.get_logger()

Parse = Callable[[RawDocument], ParsedDocument]
"""As `ParserProcesses.parse`: raises ParseError for a document that cannot be read."""


@dataclass(frozen=True)
class Fetched:
    """A document that was fetched, and is to be read."""

    listed: Listed
    raw: RawDocument
    content_hash: str
    is_known: bool


@dataclass(frozen=True)
class Text:
    """What a document says: its title, its Markdown, its chunks, and when it was last changed if it says that."""

    title: str
    markdown: str
    chunks: tuple[Chunk, ...]
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Read:
    """A document that was read, or why it could not be; with the vectors of its chunks where they were made already."""

    fetched: Fetched
    text: Text | None
    error: str | None = None
    ready: ReadyVectors | None = None


class Reading(Protocol):
    """Reads documents as they come; it may take some together, and give them back in another order."""

    def read(self, source: str, fetched: Iterable[Fetched]) -> Iterator[Read]: ...


class ReadingHere:
    """Reads one document after the other, in this process and that of the parser; what is written embeds them."""

    def __init__(self, knowledge: KnowledgeBase, parse: Parse) -> None:
        self._knowledge = knowledge
        self._parse = parse

    def read(self, source: str, fetched: Iterable[Fetched]) -> Iterator[Read]:
        embedder = self._knowledge.embedder
        for one in fetched:
            try:
                parsed = self._parse(one.raw)
                text = text_of(one.listed.ref.title, parsed, embedder.count_tokens, embedder.max_tokens)
            except Exception as error:  # noqa: BLE001  # whatever one document does to a parser, the others go on
                yield Read(one, None, why_unread(error, source, one.listed.ref.id))
            else:
                yield Read(one, text)


def text_of(listed_title: str, parsed: ParsedDocument, count_tokens: CountTokens, max_tokens: int) -> Text:
    """The document's text in chunks. Its own title goes before the one that it was listed by."""
    title = parsed.title or without_unseen(listed_title).strip() or listed_title
    chunks = chunk(title, parsed.markdown, count_tokens, max_tokens, parsed.anchors)
    return Text(title, parsed.markdown, tuple(chunks), parsed.changed_at)


def why_unread(error: Exception, source: str, document: str) -> str:
    """What is kept of a document's failure. One that is not the document's is in the log, as a fault of Lore's own."""
    if isinstance(error, ParseError):
        return str(error)
    log.exception("document failed", source=source, document=document, exc_info=error)
    return f"Lore failed to read it, by a fault of its own: {type(error).__name__}: {error}"
