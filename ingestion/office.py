"""PDF, Word and PowerPoint files as Markdown, through markitdown."""

import io
import logging
import re
import zipfile
from typing import Any

from ingestion.parsed_document import ParsedDocument, ParseError

MOST_UNPACKED = 500_000_000
"""Bytes that an Office file, which is a ZIP archive, may unpack to."""

KINDS = {".pdf": "a PDF", ".docx": "a Word document", ".pptx": "a PowerPoint presentation"}

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_SLIDE_PICTURE = re.compile(r"^!\[[^\]]*\]\([^)\s]*\)[ \t]*$", re.MULTILINE)
_NAMELESS_TABLE = re.compile(r"^\|(?:[ \t]*\|)+\n(\|(?: --- \|)+\n)(\|.*(?:\n|\Z))", re.MULTILINE)
_NOISY = ("pdfminer", "pdfplumber", "markitdown", "mammoth", "openpyxl")


def parse_office(content: bytes, kind: str, name: str) -> ParsedDocument:
    """The Markdown of a file of `kind`, one of KINDS. Raises ParseError where it is encrypted or damaged."""
    from markitdown import StreamInfo, converters

    # The converters themselves: markitdown's front door would load a model to guess what the file is.
    converter: Any = {
        ".pdf": converters.PdfConverter,
        ".docx": converters.DocxConverter,
        ".pptx": converters.PptxConverter,
    }[kind]
    for logger in _NOISY:
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    try:
        converted = converter().convert(io.BytesIO(content), StreamInfo(extension=kind))
    except Exception as error:
        raise ParseError(_reason(error, content, kind, name)) from error
    markdown = str(converted.markdown).translate(_LIGATURES).replace("\x0c", "\n\n")
    # Word does not say which row names the columns; nearly always it is the first.
    markdown = _NAMELESS_TABLE.sub(r"\2\1", markdown)
    if kind == ".pptx":
        markdown = _SLIDE_PICTURE.sub("", re.sub(r"<!-- Slide number: \d+ -->", "", markdown))
    return ParsedDocument(None, markdown)


def _reason(error: Exception, content: bytes, kind: str, name: str) -> str:
    described = f"{type(error).__name__} {error}"
    if kind == ".pdf" and (b"/Encrypt" in content or "Password" in described):
        return f"{name} is encrypted: save a copy without a password."
    return f"{name} is damaged or cut off and cannot be read as {KINDS[kind]}: save it again."


def office_kind(content: bytes, name: str) -> str:
    """The suffix that fits a ZIP archive's content: ".docx", ".pptx" or ".xlsx". Raises ParseError for any other."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise ParseError(f"{name} is damaged or cut off: save it again.") from error
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise ParseError(f"{name} would unpack to more than {MOST_UNPACKED // 1_000_000} MB and was not opened.")
    names = {entry.filename for entry in entries}
    for part, kind in (("word/", ".docx"), ("ppt/", ".pptx"), ("xl/", ".xlsx")):
        if any(entry.startswith(part) for entry in names):
            return kind
    raise ParseError(f"{name} is a ZIP archive, not a document: unpack it into the source's folder.")
