"""The lines of a PDF's page in the order in which a person reads them: one column after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.pdf_text import Run

LEAST_LINES = 6
"""Of a column of prose: fewer side by side are a table or a form."""

LEAST_FILL = 0.6
"""Of its width, what the lines of a column of prose take on average. Cells of tables take less."""

LEAST_WIDTH = 0.2
"""Of the text's width on the page, what a column of prose has."""

MOST_ACROSS = 0.6
"""Of a page's lines, those that may run across two columns: a title, an abstract, a figure's caption."""

_STEPS = 80
_MOST_COLUMNS_DEEP = 3
_MOST_RUNS = 5_000
"""On one page. A drawing has more; nobody reads it in columns."""


@dataclass(frozen=True)
class Line:
    """A line of text. `left_edge` and `right_edge` are those of the column that it is in."""

    runs: tuple[Run, ...]
    left_edge: float
    right_edge: float

    @property
    def text(self) -> str:
        return " ".join(run.text for run in self.runs)

    @property
    def left(self) -> float:
        return self.runs[0].left

    @property
    def right(self) -> float:
        return max(run.right for run in self.runs)

    @property
    def top(self) -> float:
        return max(run.top for run in self.runs)

    @property
    def bottom(self) -> float:
        return min(run.bottom for run in self.runs)

    @property
    def size(self) -> float:
        """Of the font that most of the line is in."""
        return max(self.runs, key=lambda run: len(run.text)).size

    @property
    def bold(self) -> bool:
        return all(run.bold for run in self.runs)


def reading_order(runs: Sequence[Run], deep: int = 0) -> list[Line]:
    """The lines of a page from the runs on it."""
    if deep < _MOST_COLUMNS_DEEP and len(runs) <= _MOST_RUNS and (gutter := _gutter(runs)) is not None:
        return _by_columns(runs, gutter, deep)
    rows = _rows(runs)
    if not rows:
        return []
    left, right = min(row[0].left for row in rows), max(run.right for row in rows for run in row)
    return [Line(tuple(row), left, right) for row in rows]


def _by_columns(runs: Sequence[Run], gutter: float, deep: int) -> list[Line]:
    """Down the left column, then down the right one, as far as the next line that runs across both."""
    lines: list[Line] = []
    sides: tuple[list[Run], list[Run]] = ([], [])
    across: list[Run] = []

    def flush(*groups: list[Run]) -> None:
        for group in groups:
            lines.extend(reading_order(group, deep + 1))
            group.clear()

    for row in _rows(runs):
        if any(run.left < gutter < run.right for run in row):
            flush(*sides)
            across.extend(row)
        else:
            flush(across)
            for run in row:
                sides[run.left >= gutter].append(run)
    flush(across, *sides)
    return lines


def _rows(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs that stand beside each other, from left to right, from the top of the page down."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: -(run.top + run.bottom)):
        if rows:
            first = rows[-1][0]
            shared = min(first.top, run.top) - max(first.bottom, run.bottom)
            if shared > 0.5 * min(first.height, run.height):
                rows[-1].append(run)
                continue
        rows.append([run])
    for row in rows:
        row.sort(key=lambda run: run.left)
    return rows


def _gutter(runs: Sequence[Run]) -> float | None:
    """Where two columns of prose part, None where there are none."""
    if len(runs) < 2 * LEAST_LINES:
        return None
    left, right = min(run.left for run in runs), max(run.right for run in runs)
    width = right - left
    best: tuple[int, float] | None = None
    crossings: list[tuple[int, float]] = []
    for step in range(int(_STEPS * LEAST_WIDTH), int(_STEPS * (1 - LEAST_WIDTH)) + 1):
        x = left + width * step / _STEPS
        crossings.append((sum(run.left < x < run.right for run in runs), x))
    fewest = min(crossings)[0]
    free = [x for count, x in crossings if count == fewest]
    for x in (free[len(free) // 2], free[0], free[-1]):
        if _are_columns(runs, x, width):
            best = (fewest, x)
            break
    return None if best is None else best[1]


def _are_columns(runs: Sequence[Run], gutter: float, width: float) -> bool:
    sides: tuple[list[Run], list[Run]] = ([], [])
    across = 0
    for run in runs:
        if run.left < gutter < run.right:
            across += 1
        else:
            sides[run.left >= gutter].append(run)
    if across > MOST_ACROSS * len(runs):
        return False
    for side in sides:
        rows = _rows(side)
        if len(rows) < LEAST_LINES:
            return False
        left, right = min(row[0].left for row in rows), max(row[-1].right for row in rows)
        taken = sum(run.right - run.left for row in rows for run in row) / len(rows)
        if right - left < LEAST_WIDTH * width or taken < LEAST_FILL * (right - left):
            return False
    return True
