"""Rows and columns as Markdown tables: CSV text and Excel workbooks."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from ingestion.parsed_document import ParsedDocument, ParseError

_DELIMITERS = ",;\t|"
_LONGEST_FIELD = 1_000_000


def parse_csv(text: str) -> ParsedDocument:
    """One table, its first row the column names, whatever the delimiter."""
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=_delimiter(text)))
    except csv.Error:
        rows = [line.split(_delimiter(text)) for line in text.split("\n")]
    return ParsedDocument(None, table(rows))


def _delimiter(text: str) -> str:
    """The character that divides the first lines into the same number of fields, more than one."""
    lines = [line for line in text[:20_000].split("\n")[:20] if line.strip()]
    best, most = ",", 0.0
    for candidate in _DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=candidate)]
        if not widths or widths[0] < 2:
            continue
        score = widths.count(widths[0]) / len(widths) + widths[0] / 1_000
        if score > most:
            best, most = candidate, score
    return best


def parse_workbook(content: bytes, name: str) -> ParsedDocument:
    """A heading and a table for each sheet that holds anything. Formulas show the value that was saved with them."""
    import openpyxl  # type: ignore[import-untyped]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheets = [(sheet.title, table(_rows(sheet, content))) for sheet in workbook.worksheets]
    except MemoryError:
        raise
    except Exception as error:
        raise ParseError(f"{name} is damaged and cannot be read as an Excel workbook: save it again.") from error
    filled = [(title, markdown) for title, markdown in sheets if markdown]
    if len(filled) == 1:
        return ParsedDocument(None, filled[0][1])
    return ParsedDocument(None, "\n\n".join(f"## {title}\n\n{markdown}" for title, markdown in filled))


def _rows(sheet: Any, content: bytes) -> Iterator[Sequence[object]]:
    """A sheet's rows of values. A cell merged down over several rows is in each of them."""
    # What a sheet says of its size may be wrong, or a million empty rows.
    sheet.reset_dimensions()
    reaching: dict[int, list[tuple[int, int]]] = {}
    for column, first, last in _merged_down(sheet, content):
        reaching.setdefault(first, []).append((column, last))
    held: dict[int, tuple[int, object]] = {}
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        row = list(values)
        held = {column: (last, value) for column, (last, value) in held.items() if last >= number}
        for column, (_, value) in held.items():
            row.extend([None] * (column + 1 - len(row)))
            row[column] = value if row[column] is None else row[column]
        for column, last in reaching.get(number, ()):
            if column < len(row):
                held[column] = (last, row[column])
        yield row


def _merged_down(sheet: Any, content: bytes) -> Iterator[tuple[int, int, int]]:
    """The column (from 0) and the first and last rows (from 1) of the cells that are merged over several rows."""
    from openpyxl.utils import range_boundaries  # type: ignore[import-untyped]

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.read(sheet._worksheet_path)
    for match in re.finditer(rb'<(?:\w+:)?mergeCell\s[^<>]{0,200}?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"', part):
        column, first, _, last = range_boundaries(match[1].decode())
        if last > first:
            yield column - 1, first, last


def table(rows: Iterable[Sequence[object]]) -> str:
    """Rows as a Markdown table without its empty rows and columns; the first row that is left names the columns."""
    written = [[_cell(value) for value in row] for row in rows]
    written = [row for row in written if any(row)]
    if not written:
        return ""
    width = max(map(len, written))
    written = [row + [""] * (width - len(row)) for row in written]
    kept = [column for column in range(width) if any(row[column] for row in written)]
    lines = [f"| {' | '.join(row[column] for column in kept)} |" for row in written]
    return "\n".join([lines[0], "|" + " --- |" * len(kept), *lines[1:]])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    return " ".join(str(value).split()).replace("|", "\\|")
