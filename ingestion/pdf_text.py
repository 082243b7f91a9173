"""The text of a PDF's page, as runs of characters that stand together, each with its place."""

import ctypes
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ingestion.pdf_unseen import Unseen

GAP = 1.2
"""Of the font's size: what parts two columns. Spaces between words of justified text are seldom as wide."""

_BOLD = 600
_HYPHENS = {0xFFFE: "-", 0x02: "-", 0xAD: "-"}
"""What PDFium gives for a hyphen at the end of a line."""


@dataclass(frozen=True)
class Run:
    """Text on one line, in points from the page's lower left corner, as the text is read: turned upright."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool

    @property
    def height(self) -> float:
        return self.top - self.bottom


def page_runs(page: Any) -> list[Run]:
    """A pypdfium2 page's runs, in the order that the file has them. Text in another direction than most comes last.

    Text that nobody sees on the page is left out.
    """
    import pypdfium2.raw as pdfium

    text_page = page.get_textpage()
    try:
        reader = _RunReader(pdfium, text_page.raw, Unseen(pdfium, page, text_page.raw))
        reader.read(text_page.count_chars())
    finally:
        text_page.close()
    directions = Counter[int]()
    for turns, run in reader.runs:
        directions[turns] += len(run.text)
    most = directions.most_common(1)[0][0] if directions else 0
    upright = [run for turns, run in reader.runs if turns == most]
    # Text along a margin, such as a stamp: below all else.
    aside = [run for turns, run in reader.runs if turns != most]
    lowest = min((run.bottom for run in upright), default=0.0)
    for number, run in enumerate(aside, start=1):
        top = lowest - 3 * number * run.size
        upright.append(Run(run.text, 0.0, run.right - run.left, top - run.size, top, run.size, run.bold))
    return upright


class _RunReader:
    """Goes through a page's characters once and joins those that stand together."""

    def __init__(self, pdfium: Any, text_page: Any, unseen: Unseen) -> None:
        self.runs: list[tuple[int, Run]] = []
        self._pdfium = pdfium
        self._page = text_page
        self._unseen = unseen
        self._kind = 0
        self._suspicious = False
        self._place = [0.0, 0.0, 0.0, 0.0]
        """Of the run on the page, as it lies there."""
        self._characters: list[str] = []
        self._box = [0.0, 0.0, 0.0, 0.0]
        self._first = 0
        self._turns = 0
        self._size = 1.0

    def read(self, count: int) -> None:
        pdfium, page = self._pdfium, self._page
        unicode_of, box_of = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
        rectangle = pdfium.FS_RECTF()
        reference = ctypes.byref(rectangle)
        space = False
        for index in range(count):
            code = unicode_of(page, index)
            if code in (10, 13):
                self._end()
                space = False
                continue
            if code in (32, 160, 9):
                space = True
                continue
            if code == 0 or not box_of(page, index, reference):
                continue
            edges = (rectangle.left, rectangle.right, rectangle.bottom, rectangle.top)
            left, right, bottom, top = _turned(edges, self._turns)
            kind = self._unseen.kind(index)
            suspicious = self._suspicious if kind == self._kind else self._unseen.is_suspicious(kind, index)
            if self._characters and (suspicious != self._suspicious or not self._goes_on(left, bottom, top)):
                self._end()
            self._kind, self._suspicious = kind, suspicious
            if not self._characters:
                self._begin(index)
                left, right, bottom, top = _turned(edges, self._turns)
                self._box = [left, right, bottom, top]
                self._place = [*edges]
            elif space:
                self._characters.append(" ")
            space = False
            self._characters.append(_HYPHENS.get(code) or chr(code))
            place = self._place
            place[0], place[1] = min(place[0], edges[0]), max(place[1], edges[1])
            place[2], place[3] = min(place[2], edges[2]), max(place[3], edges[3])
            box = self._box
            box[1], box[2], box[3] = max(box[1], right), min(box[2], bottom), max(box[3], top)
        self._end()

    def _goes_on(self, left: float, bottom: float, top: float) -> bool:
        _, right, lowest, highest = self._box
        size = self._size
        if not right - 2 * size < left < right + GAP * size:
            return False
        return abs((bottom + top) - (lowest + highest)) < 1.4 * size

    def _begin(self, index: int) -> None:
        pdfium, page = self._pdfium, self._page
        self._first = index
        angle = pdfium.FPDFText_GetCharAngle(page, index)
        self._turns = round(max(angle, 0.0) / (math.pi / 2)) % 4
        matrix = pdfium.FS_MATRIX()
        scale = 1.0
        if pdfium.FPDFText_GetMatrix(page, index, matrix):
            scale = math.hypot(matrix.c, matrix.d) or 1.0
        self._size = max(pdfium.FPDFText_GetFontSize(page, index) * scale, 0.5)

    def _end(self) -> None:
        # Some PDFs have characters beyond Unicode's basic plane as two halves.
        text = "".join(self._characters).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip()
        self._characters = []
        left, right, bottom, top = self._place
        if text and self._unseen.is_seen((left, right, bottom, top), self._size, suspicious=self._suspicious):
            left, right, bottom, top = self._box
            run = Run(text, left, right, bottom, top, self._size, self._is_bold())
            self.runs.append((self._turns, run))
        self._turns = 0

    def _is_bold(self) -> bool:
        pdfium, page = self._pdfium, self._page
        if pdfium.FPDFText_GetFontWeight(page, self._first) >= _BOLD:
            return True
        name = ctypes.create_string_buffer(128)
        pdfium.FPDFText_GetFontInfo(page, self._first, name, len(name), ctypes.c_int())
        return any(word in name.value.lower() for word in (b"bold", b"black", b"heavy", b"semibold"))


def _turned(edges: tuple[float, float, float, float], turns: int) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a box after `turns` quarter turns, clockwise, of its text are taken back."""
    left, right, bottom, top = edges
    if turns == 1:
        return -top, -bottom, left, right
    if turns == 2:
        return -right, -left, -top, -bottom
    if turns == 3:
        return bottom, top, -right, -left
    return left, right, bottom, top
