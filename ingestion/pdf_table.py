"""Tables in a PDF, which has no tables: lines whose parts stand below one another."""

from collections.abc import Sequence

from ingestion.pdf_lines import Line

LEAST_ROWS = 3
MOST_COLUMNS = 15
_MOST_ROWS = 400
"""Weighed as one table; a longer one is cut."""


def table_rows(lines: Sequence[Line], start: int) -> tuple[list[list[str]], int]:
    """The rows of the table whose first line is at `start`, and where it ends; no rows where there is none.

    A line with a part in one column only goes on with the row above it.
    """
    if len(lines[start].runs) < 2:
        return [], start
    end = start
    while end < len(lines) and end - start < _MOST_ROWS:
        line, above = lines[end], lines[max(end - 1, start)]
        if end > start and not 0 < above.bottom - line.bottom < 3 * line.size:
            break
        if len(line.runs) < 2 and (end == start or not _continues(line, above)):
            break
        end += 1
    while end > start and len(lines[end - 1].runs) < 2:
        end -= 1
    table = lines[start:end]
    if sum(len(line.runs) > 1 for line in table) < LEAST_ROWS:
        return [], start
    columns = _columns(table)
    if not 2 <= len(columns) <= MOST_COLUMNS:
        return [], start
    rows: list[list[str]] = []
    for line in table:
        if len(line.runs) > 1 or not rows:
            rows.append([""] * len(columns))
        for run in line.runs:
            place = next(n for n, (left, right) in enumerate(columns) if left <= run.left and run.right <= right)
            rows[-1][place] = f"{rows[-1][place]} {run.text}".strip()
    if sum(bool(cell) for row in rows for cell in row) < 0.6 * len(rows) * len(columns):
        return [], start
    return rows, end


def _continues(line: Line, above: Line) -> bool:
    """Whether a line of one part goes on in a cell of the line above."""
    run = line.runs[0]
    return above.bottom - line.bottom < 1.35 * line.size and any(
        abs(run.left - cell.left) < 0.5 * run.size for cell in above.runs[1:]
    )


def _columns(table: Sequence[Line]) -> list[tuple[float, float]]:
    """The left and right edges of what stands below one another, from left to right."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((run.left, run.right) for line in table for run in line.runs):
        if columns and left < columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns
