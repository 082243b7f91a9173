"""HTML tables as Markdown can have them: a cell in every row and column, and no line that ends a cell."""

from copy import copy
from typing import Any

MOST_COLUMNS = 200
"""That one cell may span. Markdown has to write down each."""


def make_tables_whole(soup: Any) -> None:
    """Cells that span rows are repeated in each, so that a row can be read alone."""
    for table in soup("table"):
        if table.find("table") is None:
            _fill(table)
    for cell in soup(["td", "th"]):
        for text in cell.find_all(string=lambda string: "|" in string):
            text.replace_with(text.replace("|", "\\|"))


def _fill(table: Any) -> None:
    """Gives each row the cells of the rows above that reach into it."""
    rows = table("tr")
    reaching: dict[int, tuple[Any, int]] = {}
    """Into the row that is looked at: by their first column, a cell and how many rows it takes from there."""
    for row in rows:
        column = 0
        below: dict[int, tuple[Any, int]] = {}
        for cell in row.find_all(["td", "th"], recursive=False):
            while column in reaching:
                column = _repeat(reaching, below, column, cell.insert_before)
            _, down = _spans(cell)
            if down > 1:
                below[column] = (cell, down - 1)
            column += _bounded(cell)
        for left in sorted(reaching):
            if left >= column:
                _repeat(reaching, below, left, row.append)
        reaching = below


def _repeat(reaching: dict[int, tuple[Any, int]], below: dict[int, tuple[Any, int]], column: int, put: Any) -> int:
    """Puts the cell that reaches into this row at `column`; returns the column after it."""
    cell, down = reaching.pop(column)
    put(copy(cell))
    if down > 1:
        below[column] = (cell, down - 1)
    return column + min(_spans(cell)[0], MOST_COLUMNS)


def _bounded(cell: Any) -> int:
    """The columns that a cell spans, after what it says of them is made bearable."""
    width = min(_spans(cell)[0], MOST_COLUMNS)
    if "colspan" in cell.attrs:
        cell["colspan"] = str(width)
    return width


def _spans(cell: Any) -> tuple[int, int]:
    """The columns and rows that a cell says it spans, each at least 1."""
    values = (str(cell.get(name, "")).strip() for name in ("colspan", "rowspan"))
    width, down = (int(value) if value.isdecimal() and len(value) < 7 else 1 for value in values)
    return max(width, 1), max(down, 1)
