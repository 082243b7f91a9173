"""Pieces written as one piece of Markdown, for people."""

import re
from collections.abc import Sequence

from ingestion.pieces import Piece, runs
from ingestion.spans import markdown, plain


def write_pieces(pieces: Sequence[Piece]) -> str:
    """The pieces as one piece of Markdown, for people."""
    lines: list[str] = []
    previous: Piece | None = None
    for run in runs(pieces):
        if previous is not None and (run[0].glue == "\n\n" or (run[0].is_item and not previous.is_item)):
            lines.append(_shared(run[0].rest, previous.rest).rstrip())
        if run[0].fence is not None:
            lines.extend(_fenced(run))
        elif run[0].cells is not None:
            lines.extend(_table(run))
        else:
            lines.extend(_prose(run))
        previous = run[-1]
    return "\n".join(_without_indent(lines))


def _shared(one: str, other: str) -> str:
    """The beginning that two line prefixes have in common: the quote that a blank line between them is in."""
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]


def _prose(run: Sequence[Piece]) -> list[str]:
    text = ""
    for piece in run:
        text += (piece.glue.replace("\n\n", "\n") if text else "") + markdown(piece.spans)
    first, *others = text.split("\n")
    # Two spaces at its end keep a line break a line break.
    lines = [run[0].first + first, *(run[0].rest + line for line in others)]
    return [line + "  " for line in lines[:-1]] + lines[-1:]


def _fenced(run: Sequence[Piece]) -> list[str]:
    fence, rest = run[0].fence or "```", run[0].rest
    text = ""
    for number, piece in enumerate(run):
        text += (piece.glue.replace("\n\n", "\n") if number else "") + plain(piece.spans)
    ticks = re.match(r"`+", fence)
    return [run[0].first + fence, *(rest + line for line in text.split("\n")), rest + (ticks[0] if ticks else "```")]


def _table(run: Sequence[Piece]) -> list[str]:
    lines: list[str] = []
    for number, piece in enumerate(run):
        cells = [markdown(cell).replace("\n", " ").replace("|", "\\|") for cell in piece.cells or ()]
        lines.append((piece.rest if number else piece.first) + f"| {' | '.join(cells)} |")
        if number == 0:
            lines.append(piece.rest + "|" + " --- |" * len(cells))
    return lines


def _without_indent(lines: list[str]) -> list[str]:
    """The lines moved left together, where the first one is indented: a nested item that stands alone."""
    if not lines or not lines[0].startswith(" "):
        return lines
    indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return [line[indent:] for line in lines]
