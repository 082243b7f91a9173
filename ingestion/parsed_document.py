"""What parsing a document gives, or why it cannot be parsed."""

from dataclasses import dataclass
from datetime import datetime

from ingestion.anchors import Anchor


class ParseError(Exception):
    """A document's bytes hold no text that can be read; the message says why, and what to do about it."""


class ScannedError(ParseError):
    """A document of so many `pages` is pictures of text: text recognition can read it, which takes time by the page."""

    def __init__(self, message: str, pages: int) -> None:
        super().__init__(message)
        self.pages = pages


@dataclass(frozen=True)
class ParsedDocument:
    """A document's Markdown, and its title where it has one.

    `anchors` are those of the page's headings, in their order, where they are known; the Markdown need not have all of
    these headings, nor only these. `changed_at` is when the document itself says that it was last changed.
    """

    title: str | None
    markdown: str
    anchors: tuple[Anchor, ...] = ()
    changed_at: datetime | None = None
