"""Which text of a PDF's page is there and not seen: white on white, invisible by its mode, out of the page.

The text that recognition lays invisibly over a scanned page is what that page says, and counts as seen: there is the
picture of each word under it.
"""

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_CONTRAST = 12
"""Of 255: what letters differ from the paper by, at least, where a person can read them."""

LEAST_DRAWN = 0.3
"""Of the width of a text: where letters are drawn. What reaches in from beside it is less."""

SMALLEST = 1.5
"""Points: letters this high are not there to be read."""

_SCALE = 1.5
_MOST_PIXELS = 6_000_000
_PALE, _FAINT = 232, 26
_NOT_DRAWN = (3, 7)
"""Render modes: neither filled nor stroked, and clipping alone."""

Box = tuple[float, float, float, float]
"""Left, right, bottom and top in points."""


class Unseen:
    """Judges the text of one page. It is drawn only where some of it is suspicious."""

    def __init__(self, pdfium: Any, page: Any, text_page: Any) -> None:
        self._pdfium = pdfium
        self._page = page
        self._text_page = text_page
        self._kinds: dict[int, bool] = {}
        self._drawn: NDArray[np.uint8] | None = None
        self._pictures: list[Box] | None = None

    def kind(self, index: int) -> int:
        """The text object that a character belongs to, as a number: characters of one look alike."""
        found = self._pdfium.FPDFText_GetTextObject(self._text_page, index)
        return ctypes.cast(found, ctypes.c_void_p).value or 0

    def is_suspicious(self, kind: int, index: int) -> bool:
        """Whether text of this kind, of which `index` is a character, may not be seen by how it is drawn."""
        if kind not in self._kinds:
            self._kinds[kind] = self._is_faint(kind, index)
        return self._kinds[kind]

    def is_seen(self, box: Box, size: float, *, suspicious: bool) -> bool:
        """Whether text in this box is on the page, large enough, and different from what is around it."""
        left, bottom, right, top = self._page.get_bbox()
        if box[1] <= left or box[0] >= right or box[3] <= bottom or box[2] >= top or size < SMALLEST:
            return False
        if not suspicious:
            return True
        height = box[3] - box[2]
        if self._is_on_picture(box):
            # Recognition does not place each word where it is to the point.
            drawn = self._drawn_in((box[0], box[1], box[2] - height / 2, box[3] + height / 2))
            return bool(drawn.size) and int(drawn.max()) - int(drawn.min()) >= LEAST_CONTRAST
        drawn = self._drawn_in((box[0], box[1], box[2] + height / 5, box[3] - height / 5))
        if not drawn.size:
            return False
        along = 0 if drawn.shape[1] >= drawn.shape[0] else 1
        contrast = drawn.max(axis=along).astype(int) - drawn.min(axis=along)
        return float((contrast >= LEAST_CONTRAST).mean()) >= LEAST_DRAWN

    def _is_faint(self, kind: int, index: int) -> bool:
        pdfium = self._pdfium
        red, green, blue, solid = (ctypes.c_uint() for _ in range(4))
        if kind:
            found = pdfium.FPDFText_GetTextObject(self._text_page, index)
            if pdfium.FPDFTextObj_GetTextRenderMode(found) in _NOT_DRAWN:
                return True
        if not pdfium.FPDFText_GetFillColor(self._text_page, index, red, green, blue, solid):
            return False
        return min(red.value, green.value, blue.value) >= _PALE or solid.value <= _FAINT

    def _is_on_picture(self, box: Box) -> bool:
        if self._pictures is None:
            images = self._page.get_objects(filter=[self._pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3)
            self._pictures = [image.get_bounds() for image in images]
        x, y = (box[0] + box[1]) / 2, (box[2] + box[3]) / 2
        return any(left <= x <= right and bottom <= y <= top for left, bottom, right, top in self._pictures)

    def _drawn_in(self, box: Box) -> NDArray[np.uint8]:
        """The part of the drawn page in the box: shades of grey by row and column."""
        if self._drawn is None:
            width, height = self._page.get_size()
            scale = min(_SCALE, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
            bitmap = self._page.render(scale=scale, grayscale=True, may_draw_forms=False)
            self._drawn = np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width, -1)[:, :, 0]
        places = [self._place(x, y) for x in box[:2] for y in box[2:]]
        columns, rows = sorted(x for x, _ in places), sorted(y for _, y in places)
        return self._drawn[max(rows[0], 0) : max(rows[-1], 0) + 1, max(columns[0], 0) : max(columns[-1], 0) + 1]

    def _place(self, x: float, y: float) -> tuple[int, int]:
        """Where a point of the page is in the drawing."""
        assert self._drawn is not None
        column, row = ctypes.c_int(), ctypes.c_int()
        height, width = self._drawn.shape
        self._pdfium.FPDF_PageToDevice(self._page.raw, 0, 0, width, height, 0, x, y, column, row)
        return column.value, row.value
