"""What parsing a document gives, or why it cannot be parsed."""

from dataclasses import dataclass


class ParseError(Exception):
    """A document's bytes hold no text that can be read; the message says why, and what to do about it."""


@dataclass(frozen=True)
class ParsedDocument:
    """A document's Markdown, and its title where it has one."""

    title: str | None
    markdown: str
