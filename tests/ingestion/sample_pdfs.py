"""PDFs as programs make them and as they should not be, by reportlab and by hand."""

import io
from collections.abc import Callable, Sequence

from reportlab.lib.pagesizes import letter  # type: ignore[import-untyped]
from reportlab.lib.pdfencrypt import StandardEncryption  # type: ignore[import-untyped]
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

LINE = 12.0
"""Points from one line to the next."""


def pages(*draw: Callable[[Canvas], None], encryption: StandardEncryption | None = None) -> bytes:
    """A PDF with a page for each function that draws one."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=letter, encrypt=encryption)
    for each in draw:
        canvas.setFont("Helvetica", 10)
        each(canvas)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def write(canvas: Canvas, x: float, y: float, lines: Sequence[str], size: float = 10, font: str = "Helvetica") -> None:
    """Lines of text, one below the other."""
    canvas.setFont(font, size)
    for number, line in enumerate(lines):
        canvas.drawString(x, y - number * LINE * size / 10, line)


def column(name: str, count: int) -> list[str]:
    """So many lines that fill a column, told apart by a name and their number."""
    return [f"{name} {number} has words that nearly fill the column" for number in range(count)]


def scanned(count: int = 1) -> bytes:
    """Pages that are pictures: a scan of a text."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (850, 1100), 255)
    ImageDraw.Draw(picture).text((100, 100), "Leave is 30 days", fill=0)

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(picture), 0, 0, *letter)

    return pages(*[draw] * count)


def with_empty_password(text: str) -> bytes:
    """A PDF that opens without a password and only forbids to change it."""
    encryption = StandardEncryption("", ownerPassword="owner", canModify=0, canCopy=0)
    return pages(lambda canvas: write(canvas, 72, 700, [text]), encryption=encryption)


def cyclic() -> bytes:
    """A PDF whose page tree, content and forms contain themselves."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R 2 0 R 2 0 R] /Count 2000000000 /Parent 2 0 R >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents [4 0 R 4 0 R] /Resources 5 0 R >>",
        b"<< /Length 35 >>\nstream\nBT /F1 12 Tf (Leave) Tj ET /X Do /X Do\nendstream",
        b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> /XObject << /X 7 0 R >> >>",
        b"<< /First 6 0 R /Last 6 0 R /Next 6 0 R /Prev 6 0 R /Title (A) >>",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources 5 0 R /Length 11 >>\nstream\n"
        b"/X Do /X Do\nendstream",
    ]
    file = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(file)
