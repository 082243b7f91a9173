"""Bytes to Markdown with structure: finds out what a document is, by its content first, and reads it as that."""

import re
from pathlib import PurePosixPath

from ingestion.connectors import RawDocument
from ingestion.embedded_files import without_embedded_files
from ingestion.encoding import NotTextError, decode
from ingestion.markdown_page import first_heading, parse_markdown
from ingestion.mdx import is_mdx
from ingestion.parsed_document import ParsedDocument, ParseError
from ingestion.plain_text import with_line_breaks
from storage.unseen import without_unseen

__all__ = ["MARKDOWN_SUFFIXES", "READABLE_SUFFIXES", "ParseError", "ParsedDocument", "parse"]

MOST_CHARACTERS = 20_000_000
"""Of Markdown from one document."""

MOST_LINES, MOST_CELLS = 300_000, 300_000
"""Of one document. A cell takes a kilobyte and a half while the document is cut into chunks; all, half a gigabyte."""

SMALL_TEXT = 200_000
"""Bytes of plain text or Markdown without tags that are parsed in any process: it takes moments, whatever they are."""

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd"})
_HTML = frozenset({".html", ".htm", ".xhtml"})
_CSV = frozenset({".csv", ".tsv"})
_TEXT = frozenset({".txt", ".text", ".rst", ".adoc", ".asciidoc", ".org"})
_MESSAGE = frozenset({".eml"})
_OFFICE = frozenset({".pdf", ".docx", ".docm", ".pptx", ".pptm", ".ppsx", ".xlsx", ".xlsm"})
READABLE_SUFFIXES = MARKDOWN_SUFFIXES | _HTML | _CSV | _TEXT | _MESSAGE | _OFFICE

_MEDIA_TYPES = {
    "text/markdown": ".md",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/csv": ".csv",
    "text/tab-separated-values": ".csv",
    "text/plain": ".txt",
    "message/rfc822": ".eml",
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


def is_small_text(raw: RawDocument) -> bool:
    """Whether a document is plain text or Markdown of Markdown's own marks alone: in UTF-8, without tags, not long.

    What reads those is linear in their length. What reads tags (HTML, JSX, templates) looks back and ahead.
    """
    content = raw.content
    suffix = PurePosixPath(raw.name).suffix.lower()
    if len(content) > SMALL_TEXT or suffix not in MARKDOWN_SUFFIXES | _TEXT:
        return False
    if b"%PDF-" in content[:1024] or content.startswith((b"PK", _OLE, *(start for start, _ in _OTHER_KINDS))):
        return False
    if b"<" in content or b"{" in content:
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def parse(raw: RawDocument, *, recognise_text: bool = False) -> ParsedDocument:
    """The document's title, if it has one, and its Markdown.

    Its content says what it is where it can; else its suffix does, then its media type. Raises ParseError where there
    is no text to be had: an encrypted, damaged, empty or huge file, or one of a kind that holds none; ScannedError for
    pictures of text, unless `recognise_text` has them read by tesseract.

    It takes what time and memory the document makes it take: `ingestion.parser_process` sets limits to that.
    """
    if not raw.content.strip(b"\x00 \t\r\n"):
        raise ParseError(f"{raw.name} is empty.")
    parsed = _parsed(raw, recognise_text=recognise_text)
    markdown = without_unseen(parsed.markdown).strip()
    _refuse_huge(markdown, raw.name)
    title = without_unseen(parsed.title or "").strip() or first_heading(markdown)
    if not re.search(r"\w", markdown):
        raise ParseError(f"{raw.name} holds no text.")
    return ParsedDocument(title, markdown, parsed.anchors, parsed.changed_at)


def _refuse_huge(markdown: str, name: str) -> None:
    for what, count, most in (
        ("characters of text", len(markdown), MOST_CHARACTERS),
        ("lines", markdown.count("\n"), MOST_LINES),
        ("cells in its tables", markdown.count("|"), MOST_CELLS),
    ):
        if count > most:
            raise ParseError(
                f"{name} has more than {most:,} {what}, which is data rather than a text to read: keep what people ask "
                "about in a smaller file, or exclude it."
            )


def _parsed(raw: RawDocument, *, recognise_text: bool) -> ParsedDocument:
    content, name = raw.content, raw.name
    if b"%PDF-" in content[:1024]:
        from ingestion.pdf import parse_pdf

        return parse_pdf(content, name, recognise_text=recognise_text, has_pages=raw.heading_ids == "own")
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        from ingestion.office_archive import office_kind
        from ingestion.slides import parse_slides
        from ingestion.spreadsheet import parse_workbook
        from ingestion.word import parse_word

        read = {".docx": parse_word, ".pptx": parse_slides, ".xlsx": parse_workbook}
        return read[office_kind(content, name)](content, name)
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise ParseError(f"{name} is encrypted: save a copy without a password.")
        if "__substg1.0_".encode("utf-16-le") in content:
            raise ParseError(f"{name} is a message in Outlook's own format: save it as .eml.")
        raise ParseError(f"{name} is in an Office format from before 2007: save it as .docx, .xlsx or .pptx.")
    for start, kind in _OTHER_KINDS:
        if content.startswith(start):
            raise ParseError(f"{name} is {kind}, which holds no text that can be read: exclude it.")
    return _parsed_text(raw)


def _parsed_text(raw: RawDocument) -> ParsedDocument:
    media_type, _, parameters = (raw.media_type or "").lower().partition(";")
    charset = re.search(r"charset\s*=\s*[\"']?([\w:-]+)", parameters)
    try:
        text = without_embedded_files(decode(raw.content, charset[1] if charset else None))
    except NotTextError:
        raise ParseError(f"{raw.name} is not text, nor a kind of document that can be read: exclude it.") from None
    suffix = PurePosixPath(raw.name).suffix.lower()
    if suffix in _OFFICE:
        raise ParseError(f"{raw.name} is not a {suffix[1:].upper()} file, whatever its name says: save it again.")
    if suffix not in READABLE_SUFFIXES:
        suffix = _MEDIA_TYPES.get(media_type.strip(), ".txt")
    if suffix in _MESSAGE:
        from ingestion.email_message import parse_message

        return parse_message(raw.content, raw.name)
    if suffix in _HTML or _HTML_START.match(text):
        from ingestion.web_page import parse_html

        return parse_html(text, has_ids=raw.heading_ids == "own")
    if suffix in _CSV:
        from ingestion.spreadsheet import parse_csv

        return parse_csv(text)
    if suffix in MARKDOWN_SUFFIXES:
        return parse_markdown(text, has_jsx=suffix == ".mdx" or is_mdx(text), heading_ids=raw.heading_ids)
    return ParsedDocument(None, with_line_breaks(text))
