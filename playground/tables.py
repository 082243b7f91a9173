"""The limits of `table` blocks. https://docs.slack.dev/reference/block-kit/blocks/table-block"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playground.text_objects import at

ROWS = 100
CELLS = 20
CELL_TYPES = frozenset({"raw_text", "rich_text"})


def table_problems(block: dict[str, Any], where: str) -> Iterator[str]:
    """Complaints about a table: its rows, which are lists of cells, and their number."""
    rows = block.get("rows")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        yield at(f"{where}/rows", "must be an array with at least 1 item")
        return
    if len(rows) > ROWS:
        yield at(f"{where}/rows", f"no more than {ROWS} items allowed")
    for number, row in enumerate(rows):
        if len(row) > CELLS:
            yield at(f"{where}/rows/{number}", f"no more than {CELLS} items allowed")
        for place, cell in enumerate(row):
            if not isinstance(cell, dict) or cell.get("type") not in CELL_TYPES:
                yield at(f"{where}/rows/{number}/{place}", "unsupported type: a cell is raw_text or rich_text")
