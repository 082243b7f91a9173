"""The ZIP archive that an Office file is: what is in it, and whether it may be opened."""

import io
import re
import zipfile
from collections.abc import Iterator

from ingestion.parsed_document import ParseError

MOST_UNPACKED = 500_000_000
"""Bytes that an Office file may unpack to, its pictures and films included."""

MOST_XML = 200_000_000
"""Bytes that its text and its settings may unpack to."""

MOST_ENTRIES = 50_000

_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)")
_DECLARATIONS = tuple(word.encode(code) for word in ("<!DOCTYPE", "<!ENTITY") for code in ("utf-8", "utf-16-le"))
_BLOCK = 1 << 20


def office_kind(content: bytes, name: str) -> str:
    """The suffix that fits a ZIP archive's content: ".docx", ".pptx" or ".xlsx".

    Raises ParseError for any other, and where the archive is one that no Office program writes: one that unpacks to
    too much, names files outside of itself, or declares entities, which can grow without end.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _refuse_large(entries, name)
            names = {entry.filename for entry in entries}
            kinds = [
                kind
                for part, kind in (("word/", ".docx"), ("ppt/", ".pptx"), ("xl/", ".xlsx"))
                if any(entry.startswith(part) for entry in names)
            ]
            if not kinds:
                raise ParseError(f"{name} is a ZIP archive, not a document: unpack it into the source's folder.")
            if any(_OUTSIDE.search(entry) for entry in names):
                raise ParseError(f"{name} names files outside of itself, as no Office program does: exclude it.")
            for entry in entries:
                if entry.filename.lower().endswith((".xml", ".rels", ".vml")) and _declares(archive, entry):
                    raise ParseError(
                        f"{name} declares XML entities, as no Office program does, and was not opened: exclude it."
                    )
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise ParseError(f"{name} is damaged or cut off: save it again.") from error
    except RuntimeError as error:
        raise ParseError(f"{name} is encrypted: save a copy without a password.") from error
    return kinds[0]


def _refuse_large(entries: list[zipfile.ZipInfo], name: str) -> None:
    # What an archive says of its sizes holds: no more of an entry than that is ever unpacked.
    xml = sum(entry.file_size for entry in entries if entry.filename.lower().endswith((".xml", ".rels", ".vml")))
    if xml > MOST_XML or sum(entry.file_size for entry in entries) > MOST_UNPACKED or len(entries) > MOST_ENTRIES:
        most = MOST_XML if xml > MOST_XML else MOST_UNPACKED
        raise ParseError(
            f"{name} would unpack to more than {most // 1_000_000} MB and was not opened: split it, or exclude it."
        )


def _declares(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Whether a part of the archive has a document type or entities declared in it."""
    tail = b""
    for block in _blocks(archive, entry):
        seen = tail + block
        if any(declaration in seen for declaration in _DECLARATIONS):
            return True
        tail = block[-32:]
    return False


def _blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as file:
        while block := file.read(_BLOCK):
            yield block
