"""Files that are made to harm whoever opens them, or that are so badly broken that they might."""

import io
import struct
import zipfile
import zlib

from tests.ingestion import sample_documents

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPE = f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}<!ENTITY file SYSTEM "file:///etc/passwd">]>'
"""A billion laughs, and a file of the machine, as XML entities."""


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """An Office file with a part replaced or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as changed:
        for entry in archive.namelist():
            if entry != name:
                changed.writestr(entry, archive.read(entry))
        changed.writestr(name, part)
    return file.getvalue()


def office_files() -> dict[str, tuple[bytes, str]]:
    """An Office file of each kind, with the name of its part that holds the text."""
    return {
        "a.docx": (sample_documents.docx([("Normal", "Leave")]), "word/document.xml"),
        "a.pptx": (sample_documents.presentation([("Leave", "Text", "")]), "ppt/slides/slide1.xml"),
        "a.xlsx": (sample_documents.workbook({"Leave": [["Grade", "Days"]]}), "xl/worksheets/sheet1.xml"),
    }


def zip_bomb(content: bytes, part: str, megabytes: int) -> bytes:
    """An Office file a part of which unpacks to so many megabytes of spaces and words, from a thousandth of that."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read(part)
    end = text.rindex(b"</")
    return with_part(content, part, text[:end] + b"<!-- word -->" * (megabytes * 1_000_000 // 13) + text[end:])


def lying_zip(content: bytes, part: str, megabytes: int) -> bytes:
    """An Office file that unpacks to so many megabytes, and says that it unpacks to a hundred bytes."""
    bomb = bytearray(zip_bomb(content, part, megabytes))
    with zipfile.ZipFile(io.BytesIO(bytes(bomb))) as archive:
        entry = archive.getinfo(part)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = bomb.find(signature)
        while place >= 0:
            name = place + (30 if signature == b"PK\x03\x04" else 46)
            if bomb[name : name + len(part)] == part.encode() and entry.file_size > 1_000_000:
                bomb[place + offset : place + offset + 4] = struct.pack("<I", 100)
            place = bomb.find(signature, place + 4)
    return bytes(bomb)


def wide_workbook() -> bytes:
    """A workbook of a few bytes a row, each row with a cell in the last of 16,384 columns."""
    content, part = office_files()["a.xlsx"]
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 100_001))
    sheet = (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>'
    )
    return with_part(content, part, sheet.encode())


def pdf_with_stream(megabytes: int) -> bytes:
    """A PDF a page of which unpacks to so many megabytes of content."""
    content = zlib.compress(
        zlib.compress(b"0 0 m 9 9 l S BT /F1 9 Tf (a) Tj ET\n" * (megabytes * 1_000_000 // 36), 9), 9
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%b\nendstream" % (len(content), content),
    ]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%b\nendobj\n" % each for each in enumerate(objects, start=1))
    return body + b"trailer\n<< /Size 5 /Root 1 0 R >>\n%%EOF\n"
