"""HTML tables as Markdown can have them: a cell in every row and column, and no line that ends a cell."""

from copy import copy
from typing import Any

MOST_COLUMNS = 200
"""That one cell may span. Markdown has to write down each."""


def fill_spans(soup: Any) -> bool:
    """Repeats cells that span rows in each of them, so that a row can be read alone; whether there were any."""
    tables = [table for table in soup("table") if table.find(["td", "th"], rowspan=True) is not None]
    for table in tables:
        if table.find("table") is None:
            _fill(table)
    for cell in soup.find_all(["td", "th"], colspan=True):
        cell["colspan"] = str(min(_spans(cell)[0], MOST_COLUMNS))
    return bool(tables)


def escape_bars(soup: Any) -> None:
    """Escapes in cells the bar that ends a cell of Markdown's."""
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
            cell.attrs.pop("rowspan", None)
            if down > 1:
                below[column] = (cell, down - 1)
            column += min(_spans(cell)[0], MOST_COLUMNS)
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


def _spans(cell: Any) -> tuple[int, int]:
    """The columns and rows that a cell says it spans, each at least 1."""
    values = (str(cell.get(name, "")).strip() for name in ("colspan", "rowspan"))
    width, down = (int(value) if value.isdecimal() and len(value) < 7 else 1 for value in values)
    return max(width, 1), max(down, 1)
