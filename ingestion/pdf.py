"""PDF files as Markdown, by PDFium."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingestion.anchors import Anchor, few_enough
from ingestion.parsed_document import ParsedDocument, ParseError, ScannedError
from ingestion.pdf_lines import Line, reading_order
from ingestion.pdf_markdown import pages_to_markdown
from ingestion.pdf_text import page_runs

MOST_PAGES = 20_000

PICTURE_OF_TEXT = 40
"""Characters: a page of fewer that is mostly a picture was scanned, whatever stamp the scanner left on it."""

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})


def parse_pdf(content: bytes, name: str, *, recognise_text: bool = False, has_pages: bool = False) -> ParsedDocument:
    """The text of all pages. Raises ParseError where the file is encrypted or damaged, or ScannedError.

    With `recognise_text`, pages that are pictures are read by the program tesseract. With `has_pages`, people are led
    to the PDF itself, and so to the page that a heading is on.
    """
    with _opened(content, name) as document:
        count = len(document)
        if count > MOST_PAGES:
            raise ParseError(f"{name} has {count} pages, more than {MOST_PAGES}: split it, or exclude it.")
        pages: list[list[Line]] = []
        numbers: list[int] = []
        pictures: list[int] = []
        for number in range(count):
            page = _page(document, number)
            if page is None:
                continue
            runs = page_runs(page)
            pages.append(reading_order(runs))
            numbers.append(number + 1)
            if sum(len(run.text) for run in runs) < PICTURE_OF_TEXT and _is_mostly_picture(page):
                pictures.append(number)
            page.close()
        if not pages and count:
            raise ParseError(f"{name} is damaged and none of its pages can be read: save it again.")
        if not any(pages):
            pictures = list(range(count))
        scanned = bool(pictures) and len(pictures) >= sum(1 for page in pages if page)
        if recognise_text and pictures:
            from ingestion.recognised_text import recognised

            return ParsedDocument(None, recognised(document, pictures, name))
        if scanned:
            raise ScannedError(
                f"{name} holds no text, only pictures of it: it was scanned. Run it through text recognition (OCR), or "
                "install the program tesseract on the machine that runs Lore, which then does that.",
                len(pictures),
            )
        text, headings = pages_to_markdown(pages)
        # Viewers take it from https://pdfobject.com/pdf/pdf_open_parameters_acro8.pdf
        anchors = [Anchor(heading, f"page={numbers[place]}") for heading, place in headings if has_pages]
        return ParsedDocument(None, text.translate(_LIGATURES), few_enough(anchors))


@contextmanager
def _opened(content: bytes, name: str) -> Iterator[Any]:
    import pypdfium2
    import pypdfium2.raw

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if pypdfium2.raw.FPDF_GetLastError() == pypdfium2.raw.FPDF_ERR_PASSWORD or b"/Encrypt" in content:
            raise ParseError(f"{name} is encrypted: save a copy without a password.") from error
        raise ParseError(f"{name} is damaged or cut off and cannot be read as a PDF: save it again.") from error
    try:
        yield document
    finally:
        document.close()


def _page(document: Any, number: int) -> Any:
    """A page, None where that one is damaged."""
    import pypdfium2

    try:
        return document[number]
    except pypdfium2.PdfiumError:
        return None


def _is_mostly_picture(page: Any) -> bool:
    import pypdfium2.raw

    left, bottom, right, top = page.get_bbox()
    area = 0.0
    for image in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        x0, y0, x1, y1 = image.get_bounds()
        area += max(min(x1, right) - max(x0, left), 0.0) * max(min(y1, top) - max(y0, bottom), 0.0)
    return bool(area > 0.4 * abs((right - left) * (top - bottom)))
