"""Bytes to Markdown with structure: finds out what a document is, by its content first, and reads it as that."""

import re
from pathlib import PurePosixPath

from ingestion.connectors import RawDocument
from ingestion.encoding import NotTextError, decode
from ingestion.markdown_page import first_heading, parse_markdown
from ingestion.parsed_document import ParsedDocument, ParseError

__all__ = ["MARKDOWN_SUFFIXES", "READABLE_SUFFIXES", "ParseError", "ParsedDocument", "parse"]

MOST_CHARACTERS = 20_000_000
"""Of Markdown from one document."""

SHORT_LINE = 50
"""Characters of a line of plain text that its author ended on purpose."""

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd"})
_HTML = frozenset({".html", ".htm", ".xhtml"})
_CSV = frozenset({".csv", ".tsv"})
_TEXT = frozenset({".txt", ".text", ".rst", ".adoc", ".asciidoc", ".org"})
_OFFICE = frozenset({".pdf", ".docx", ".pptx", ".xlsx"})
READABLE_SUFFIXES = MARKDOWN_SUFFIXES | _HTML | _CSV | _TEXT | _OFFICE

_MEDIA_TYPES = {
    "text/markdown": ".md",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/csv": ".csv",
    "text/tab-separated-values": ".csv",
    "text/plain": ".txt",
}
_OTHER_KINDS = (
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML_START = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.DOTALL | re.I)


def parse(raw: RawDocument) -> ParsedDocument:
    """The document's title, if it has one, and its Markdown.

    Its content says what it is where it can; else its suffix does, then its media type. Raises ParseError where there
    is no text to be had: an encrypted, damaged, empty or huge file, or one of a kind that holds none.
    """
    if not raw.content.strip(b"\x00 \t\r\n"):
        raise ParseError(f"{raw.name} is empty.")
    parsed = _parsed(raw)
    markdown = parsed.markdown.strip()
    if len(markdown) > MOST_CHARACTERS:
        most = MOST_CHARACTERS // 1_000_000
        raise ParseError(f"{raw.name} holds more than {most} million characters of text: split it, or exclude it.")
    title = parsed.title or first_heading(markdown)
    if not re.search(r"\w", markdown):
        raise ParseError(_nothing_in(raw))
    return ParsedDocument(title, markdown)


def _nothing_in(raw: RawDocument) -> str:
    if raw.content.lstrip()[:5] == b"%PDF-":
        return f"{raw.name} holds no text, only pictures of it: it was scanned. Run it through text recognition (OCR)."
    return f"{raw.name} holds no text."


def _parsed(raw: RawDocument) -> ParsedDocument:
    content, name = raw.content, raw.name
    if b"%PDF-" in content[:1024]:
        from ingestion.office import parse_office

        return parse_office(content, ".pdf", name)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        from ingestion.office import office_kind, parse_office
        from ingestion.spreadsheet import parse_workbook

        kind = office_kind(content, name)
        return parse_workbook(content, name) if kind == ".xlsx" else parse_office(content, kind, name)
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise ParseError(f"{name} is encrypted: save a copy without a password.")
        raise ParseError(f"{name} is in an Office format from before 2007: save it as .docx, .xlsx or .pptx.")
    for start, kind in _OTHER_KINDS:
        if content.startswith(start):
            raise ParseError(f"{name} is {kind}, which holds no text that can be read: exclude it.")
    return _parsed_text(raw)


def _parsed_text(raw: RawDocument) -> ParsedDocument:
    media_type, _, parameters = (raw.media_type or "").lower().partition(";")
    charset = re.search(r"charset\s*=\s*[\"']?([\w:-]+)", parameters)
    try:
        text = decode(raw.content, charset[1] if charset else None)
    except NotTextError:
        raise ParseError(f"{raw.name} is not text, nor a kind of document that can be read: exclude it.") from None
    suffix = PurePosixPath(raw.name).suffix.lower()
    if suffix in _OFFICE:
        raise ParseError(f"{raw.name} is not a {suffix[1:].upper()} file, whatever its name says: save it again.")
    if suffix not in READABLE_SUFFIXES:
        suffix = _MEDIA_TYPES.get(media_type.strip(), ".txt")
    if suffix in _HTML or _HTML_START.match(text):
        from ingestion.web_page import parse_html

        return parse_html(text)
    if suffix in _CSV:
        from ingestion.spreadsheet import parse_csv

        return parse_csv(text)
    return parse_markdown(text) if suffix in MARKDOWN_SUFFIXES else ParsedDocument(None, _with_line_breaks(text))


def _with_line_breaks(text: str) -> str:
    """Plain text with Markdown's line breaks after lines that end well before the margin, as those of an address do."""
    return re.sub(rf"^(.{{1,{SHORT_LINE}}}\S)(?=\n[^\n])", r"\1  ", text, flags=re.MULTILINE)
