"""Pieces that no chunk could hold, divided: into sentences, into runs of words, table rows into cells."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingestion.measure import Measure
from ingestion.pieces import Piece
from ingestion.spans import Span, cut, plain

# What a cut costs between and inside of sentences, on the scale of `chunk`'s costs.
_BETWEEN_SENTENCES, _INSIDE_SENTENCE = 30.0, 60.0

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]”’]*\s+(?=[^\sa-z])|(?<=[。！？])|\n+")


def small_enough(pieces: Sequence[Piece], room: int, measure: Measure) -> list[Piece]:
    """The pieces, those that no chunk could hold cut into sentences, and sentences into runs of words."""
    costs = measure.costs([piece.plain for piece in pieces])
    if all(cost <= room for cost in costs):
        return list(pieces)
    small: list[Piece] = []
    for piece, cost in zip(pieces, costs, strict=True):
        small.extend([piece] if cost <= room else _divided(piece, room, measure))
    return small


def _divided(piece: Piece, room: int, measure: Measure) -> list[Piece]:
    if piece.cells is not None:
        return [part for cell in cells_of(piece) for part in small_enough([cell], room, measure)]
    text = plain(piece.spans)
    ends = [match.end() for match in _SENTENCE_END.finditer(text)] if piece.fence is None else []
    bounds = _bounds(ends, len(text))
    costs = measure.costs([text[start:end].strip() for start, end in bounds])
    divided: list[Piece] = []
    for (start, end), cost in zip(bounds, costs, strict=True):
        if cost <= room:
            divided.append(part_of(piece, start, end, _BETWEEN_SENTENCES, first=not divided))
            continue
        for run_start, run_end in _word_runs(text, start, end, max(room // 2, 1), measure):
            divided.append(part_of(piece, run_start, run_end, _INSIDE_SENTENCE, first=not divided))
    return [part for part in divided if part.plain]


def _bounds(ends: Sequence[int], length: int) -> list[tuple[int, int]]:
    edges = sorted({0, length, *ends})
    return list(pairwise(edges))


def _word_runs(text: str, start: int, end: int, most: int, measure: Measure) -> list[tuple[int, int]]:
    """Runs of words, as long as fit; a word too long by itself is cut where a tokenizer would give up on it."""
    longest = max(1, min(most // 2, 80))
    words = [match.span() for match in re.finditer(rf"\S{{1,{longest}}}\s*", text[start:end])]
    if not words:
        return []
    costs = measure.costs([text[start + first : start + last].strip() for first, last in words])
    runs: list[tuple[int, int]] = []
    run_start, used = words[0][0], 0
    for (first, _), cost in zip(words, costs, strict=True):
        if used and used + cost > most:
            runs.append((start + run_start, start + first))
            run_start, used = first, 0
        used += cost
    runs.append((start + run_start, end))
    return runs


def part_of(piece: Piece, start: int, end: int, reluctance: float, *, first: bool) -> Piece:
    spans = cut(piece.spans, start, end) if piece.fence is None else (Span(plain(piece.spans)[start:end]),)
    text = plain(spans).strip()
    if first:
        return replace(piece, spans=spans, plain=text)
    before = plain(piece.spans)[start - 1 : start]
    glue = "" if piece.fence is not None or not before.isspace() else "\n" if before == "\n" else " "
    return replace(piece, spans=spans, plain=text, glue=glue, first=piece.rest, reluctance=reluctance)


def cells_of(row: Piece) -> list[Piece]:
    """A table row too long for a chunk, as a paragraph a cell with its column's name before it."""
    paragraphs: list[Piece] = []
    for index, cell in enumerate(row.cells or ()):
        name = plain(row.header[index]) if index < len(row.header) else ""
        spans = (Span(name, ("**",)), Span(": "), *cell) if name and cell else cell
        if not plain(spans):
            continue
        glue, first = ("\n", row.rest) if paragraphs else (row.glue, row.first)
        context = row.context[:-1] if row.header else row.context
        block = -(row.block * 1_000 + index)
        paragraphs.append(Piece(spans, plain(spans), block, glue, first, row.rest, _BETWEEN_SENTENCES, context))
    return paragraphs
