"""The lines of a PDF's pages as Markdown: headings by the size of their font, paragraphs, lists and tables."""

import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingestion.pdf_lines import Line
from ingestion.pdf_table import table_rows
from ingestion.spreadsheet import table

LARGER = 1.15
"""Times the size of the text: what a heading's font is, at least."""

LONGEST_HEADING, LONGEST_BOLD_HEADING = 200, 90
MOST_LEVELS = 4
REPEATED_ON = 0.4
"""Of the pages: a line at their top or bottom that is on so many is the document's, not the page's."""

_EDGE_LINES = 3
_STANDS_OFF = 1.8
_PARAGRAPH_GAP = 1.35
_SHORT = 0.3
"""Of its column: what a line leaves empty that ends where its author wanted it to."""

_BULLET = re.compile(r"^[•●▪■◦○‣⁃∙·–—*\uf0b7\uf0a7-]\s+(?=\S)")
_BETWEEN_ITEMS = re.compile(r"^(- [^\n]*)\n\n(?=- )", re.MULTILINE)
_NUMBERED = re.compile(r"^(?:\d{1,3}|[a-zA-Z])[.)]\s+\S")
_SENTENCE_END = re.compile(r"[.!?:;…。！？]['\"”’)\]]*$")
_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:page|seite|p\.)\s*)?(?:\d{1,4}|[ivxlc]{1,7})\W*(?:(?:of|von|/)\s*\d{1,4}\W*)?$", re.I
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def pages_to_markdown(pages: Sequence[Sequence[Line]]) -> tuple[str, list[tuple[str, int]]]:
    """One text of all pages' lines, each page's in reading order; and its headings, each with its page's place."""
    lines = list(_without_running_heads(pages))
    if not lines:
        return "", []
    writer = _Writer(lines)
    text = _BETWEEN_ITEMS.sub(r"\1\n", "\n\n".join(writer.blocks()))
    places = {id(line): place for place, page in enumerate(pages) for line in page}
    return text, [(heading, places[id(line)]) for heading, line in writer.headings]


def _without_running_heads(pages: Sequence[Sequence[Line]]) -> Iterator[Line]:
    """The lines, without the headers, footers and page numbers that pages repeat."""
    body = _body_size([line for page in pages for line in page])
    edges = [_edge_lines(page, LARGER * body) for page in pages]
    counts = Counter(key for edge in edges for key in set(edge.values()))
    enough = max(3, REPEATED_ON * len(pages))
    for page, edge in zip(pages, edges, strict=True):
        for number, line in enumerate(page):
            is_number = len(pages) >= 3 and _PAGE_NUMBER.match(line.text) is not None
            if number not in edge or not (is_number or counts[edge[number]] >= enough):
                yield line


def _edge_lines(page: Sequence[Line], heading: float) -> dict[int, str]:
    """The lines at a page's top and bottom that stand off from the rest, as what is the same on every page.

    By their place among the page's lines. Those as large as a `heading` are not among them.
    """
    downwards = sorted(range(len(page)), key=lambda number: -page[number].top)
    numbers: set[int] = set()
    for order in (downwards, downwards[::-1]):
        for count in range(1, min(_EDGE_LINES, len(order) - 1) + 1):
            edge, next_line = page[order[count - 1]], page[order[count]]
            if abs(edge.bottom - next_line.bottom) > _STANDS_OFF * max(edge.size, next_line.size):
                numbers.update(order[:count])
                break
    return {
        number: re.sub(r"\d+", "#", page[number].text.casefold()) for number in numbers if page[number].size < heading
    }


def _body_size(lines: Sequence[Line]) -> float:
    """The size of the font that most of the text is in."""
    sizes = Counter[float]()
    for line in lines:
        sizes[_rounded(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 1.0


class _Writer:
    """Walks the lines once and writes down blocks of Markdown."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        sizes = Counter[float]()
        for line in lines:
            sizes[_rounded(line.size)] += len(line.text)
        self.body = sizes.most_common(1)[0][0]
        total = sum(sizes.values())
        larger = sorted((s for s in sizes if s >= LARGER * self.body and sizes[s] < 0.25 * total), reverse=True)
        self.levels = {size: min(level, MOST_LEVELS) for level, size in enumerate(larger, start=1)}
        self.bold_level = min(len(larger), MOST_LEVELS) + 1
        bold = sum(len(line.text) for line in lines if line.bold)
        self.bold_heads = bold < 0.3 * total
        self.words = Counter(word for line in lines for word in _WORD.findall(line.text.lower()))
        self.leading = self._leading()
        self.headings: list[tuple[str, Line]] = []
        """Those that were written, each with its first line."""

    def _leading(self) -> float:
        """The usual distance from one line of text to the next."""
        distances = [
            above.bottom - below.bottom
            for above, below in pairwise(self.lines)
            if 0 < above.bottom - below.bottom < 3 * self.body and _rounded(above.size) == _rounded(below.size)
        ]
        return statistics.median_low(distances) if distances else 1.2 * self.body

    def blocks(self) -> Iterator[str]:
        position = 0
        while position < len(self.lines):
            level = self._level(position)
            if level:
                end = position + 1
                while end < len(self.lines) and self._level(end) == level and self._follows(end):
                    end += 1
                text = " ".join(line.text for line in self.lines[position:end])
                if len(text) <= LONGEST_HEADING:
                    self.headings.append((text, self.lines[position]))
                    yield f"{'#' * level} {_literal(text)}"
                    position = end
                    continue
            rows, end = table_rows(self.lines, position)
            if rows:
                yield table(rows)
                position = end
                continue
            end = position + 1
            while end < len(self.lines) and not self._level(end) and self._is_same_paragraph(end):
                if table_rows(self.lines, end)[0]:
                    break
                end += 1
            yield self._paragraph(self.lines[position:end])
            position = end

    def _level(self, position: int) -> int:
        """Of the heading that the line is, or is part of; 0 where it is text."""
        line = self.lines[position]
        if len(line.text) > LONGEST_HEADING or not re.search(r"[^\W\d_]", line.text):
            return 0
        if level := self.levels.get(_rounded(line.size)):
            return level
        if not (self.bold_heads and line.bold and _rounded(line.size) >= 0.95 * self.body):
            return 0
        if len(line.text) > LONGEST_BOLD_HEADING or _SENTENCE_END.search(line.text) or len(line.runs) > 1:
            return 0
        after = self.lines[position + 1] if position + 1 < len(self.lines) else None
        before = self.lines[position - 1] if position else None
        alone = before is None or not before.bold or bool(self.levels.get(_rounded(before.size)))
        return self.bold_level if alone and after is not None and not after.bold else 0

    def _follows(self, position: int) -> bool:
        """Whether a line stands right below the one before it."""
        above, line = self.lines[position - 1], self.lines[position]
        return 0 < above.bottom - line.bottom < 1.6 * max(line.size, above.size)

    def _is_same_paragraph(self, position: int) -> bool:
        above, line = self.lines[position - 1], self.lines[position]
        if _BULLET.match(line.text) or _NUMBERED.match(line.text):
            return False
        if abs(above.size - line.size) > 0.2 * self.body:
            return False
        distance = above.bottom - line.bottom
        if not 0 < distance < 6 * self.leading:
            # In the next column or on the next page: it goes on where a sentence does.
            return not _SENTENCE_END.search(above.text) and line.text[:1].islower()
        if distance > _PARAGRAPH_GAP * max(self.leading, 1.1 * line.size):
            return False
        indent = line.left - above.left
        is_item = bool(_BULLET.match(above.text) or _NUMBERED.match(above.text))
        if (not is_item and indent > 0.8 * line.size and _reaches_edge(above)) or indent < -4 * line.size:
            return False
        return not (_is_short(above) and _SENTENCE_END.search(above.text) and line.text[:1].isupper())

    def _paragraph(self, lines: Sequence[Line]) -> str:
        text = _BULLET.sub("- ", lines[0].text)
        for above, line in pairwise(lines):
            if above.text.endswith("-") and (joined := self._joined(above.text, line.text)) is not None:
                text = text[:-1] + joined if text.endswith("-") else text + joined
            elif _is_short(above):
                # Two spaces keep a line break a line break.
                text += "  \n" + line.text
            else:
                text += " " + line.text
        return _literal(text)

    def _joined(self, above: str, below: str) -> str | None:
        """What follows a line that ends with a hyphen, in place of the hyphen; None where no word goes on."""
        start, end = re.search(r"([^\W\d_]+)-$", above), re.match(r"[^\W\d_]+", below)
        if start is None or end is None:
            return None
        if not end[0][0].islower():
            return "-" + below
        whole, divided = (start[1] + end[0]).lower(), f"{start[1]}-{end[0]}".lower()
        # A word that the document divides elsewhere too, within a line, has its hyphen for good.
        return ("-" if self.words[divided] > self.words[whole] else "") + below


def _literal(text: str) -> str:
    """Text so that Markdown shows it as it stands."""
    text = re.sub(r"<(?=[A-Za-z/!?])(?!https?://\S+>)|\*|`", r"\\\g<0>", text)
    return re.sub(r"^(?=#|>|\+ |=+$)", r"\\", text, flags=re.MULTILINE)


def _rounded(size: float) -> float:
    return round(2 * size) / 2


def _is_short(line: Line) -> bool:
    return line.right_edge - line.right > _SHORT * (line.right_edge - line.left_edge)


def _reaches_edge(line: Line) -> bool:
    return line.left - line.left_edge < line.size
