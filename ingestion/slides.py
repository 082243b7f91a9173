"""PowerPoint presentations as Markdown: a heading a slide, its text, its tables, and what the speaker says."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from ingestion.parsed_document import ParsedDocument, ParseError
from ingestion.spreadsheet import table

_MOST_GROUPS_DEEP = 20


def parse_slides(content: bytes, name: str) -> ParsedDocument:
    """The slides in order. Raises ParseError where the file is damaged."""
    import pptx

    try:
        slides = [_slide(slide) for slide in pptx.Presentation(io.BytesIO(content)).slides]
    except MemoryError:
        raise
    except Exception as error:
        raise ParseError(
            f"{name} is damaged or cut off and cannot be read as a PowerPoint presentation: save it again."
        ) from error
    return ParsedDocument(None, "\n\n".join(filter(None, slides)))


def _slide(slide: Any) -> str:
    title = slide.shapes.title
    blocks: list[str] = []
    if title is not None and (words := " ".join(title.text_frame.text.split())):
        blocks.append(f"# {words}")
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        blocks.extend(_blocks(shape))
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None and notes.text.strip():
        blocks.append("**Notes:**")
        blocks.append("\n\n".join(line.strip() for line in notes.text.replace("\x0b", "\n").split("\n")).strip())
    return "\n\n".join(blocks)


def _shapes(shapes: Iterable[Any], deep: int = 0) -> Iterator[Any]:
    """From the top down and the left to the right, those of a group where the group is."""
    placed = [(shape.top or 0, shape.left or 0, number, shape) for number, shape in enumerate(shapes)]
    for *_, shape in sorted(placed, key=lambda place: place[:3]):
        if hasattr(shape, "shapes"):
            if deep < _MOST_GROUPS_DEEP:
                yield from _shapes(shape.shapes, deep + 1)
        else:
            yield shape


def _blocks(shape: Any) -> Iterator[str]:
    if getattr(shape, "has_table", False):
        yield table([[cell.text for cell in row.cells] for row in shape.table.rows])
    elif getattr(shape, "has_chart", False):
        yield _chart(shape.chart)
    elif getattr(shape, "has_text_frame", False):
        # A body's paragraphs are its bullets, unless there is only one.
        paragraphs = [each for each in shape.text_frame.paragraphs if each.text.strip()]
        is_list = shape.is_placeholder and len(paragraphs) > 1
        lines = [_line(each.text.replace("\x0b", " "), each.level, is_list=is_list) for each in paragraphs]
        yield ("\n" if is_list else "\n\n").join(lines)


def _line(text: str, level: int, *, is_list: bool) -> str:
    words = " ".join(text.split())
    return f"{'  ' * level}- {words}" if is_list else words


def _chart(chart: Any) -> str:
    """A chart's figures as a table, below its title."""
    try:
        title = chart.chart_title.text_frame.text.strip() if chart.has_title else ""
        plot = chart.plots[0]
        names = [series.name for series in plot.series]
        rows = zip(plot.categories, *(series.values for series in plot.series), strict=False)
        figures = table([["", *names], *map(list, rows)])
    except (AttributeError, IndexError, KeyError, ValueError, NotImplementedError):
        return ""
    return f"{title}\n\n{figures}".strip()
