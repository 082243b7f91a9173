"""The text in a PDF's pictures of pages, recognised by the program tesseract where it is installed."""

import math
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from ingestion.parsed_document import ParseError

DOTS_PER_INCH = 300
MOST_PIXELS = 25_000_000
"""Of one page: A4 at 300 dots an inch has nine million."""

MOST_LANGUAGES = 4
"""That are tried at once, of those that are installed: each takes its time."""


def recognised(document: Any, pages: Sequence[int], name: str) -> str:
    """The text of the `pages` of a pypdfium2 document. Raises ParseError where the program is missing or fails."""
    program = shutil.which("tesseract")
    if program is None:
        raise ParseError(f"{name} was scanned, and the program tesseract, which could read it, is not installed.")
    languages = _languages(program)
    texts: list[str] = []
    for number in pages:
        try:
            done = subprocess.run(
                [program, "stdin", "stdout", *languages],
                input=_picture(document[number]),
                capture_output=True,
                check=True,
            )
        except (subprocess.CalledProcessError, OSError) as error:
            reason = getattr(error, "stderr", b"").decode(errors="replace").strip().rpartition("\n")[2] or str(error)
            raise ParseError(
                f"{name} was scanned, and tesseract could not read its page {number + 1} ({reason}): run it through "
                "text recognition (OCR) yourself."
            ) from error
        texts.append(done.stdout.decode("utf-8", "replace").replace("\x0c", "").strip())
    return "\n\n".join(filter(None, texts))


def _languages(program: str) -> list[str]:
    """The option that names the languages that are installed, nothing where those are many."""
    listed = subprocess.run([program, "--list-langs"], capture_output=True, check=False).stdout.decode(errors="replace")
    names = [line.strip() for line in listed.split("\n")[1:] if line.strip() and line.strip() not in ("osd", "equ")]
    return ["-l", "+".join(names)] if 0 < len(names) <= MOST_LANGUAGES else []


def _picture(page: Any) -> bytes:
    """The page in shades of grey, as a PGM file."""
    width, height = page.get_size()
    scale = min(DOTS_PER_INCH / 72, math.sqrt(MOST_PIXELS / max(width * height, 1.0)))
    bitmap = page.render(scale=scale, grayscale=True)
    pixels = bytes(bitmap.buffer)
    rows = (pixels[row * bitmap.stride : row * bitmap.stride + bitmap.width] for row in range(bitmap.height))
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + b"".join(rows)
