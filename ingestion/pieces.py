"""Markdown as sections of pieces: the paragraphs, list items, table rows and code lines that a chunk is packed from."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingestion.anchors import Anchor, matched
from ingestion.spans import Span, Spans, cut, parse_inline, plain, stripped, text_of_tag

DEEPEST_NESTING = 60
LONGEST_HEADING = 200
"""Characters. What is longer is a paragraph that a line of dashes below it made a heading by accident."""

_LEAD_IN_WORDS = 30
_PARENT_ITEM_WORDS = 12

# How reluctantly text is cut before a piece, on the scale of `chunk`'s costs.
_BEFORE_BLOCK, _BEFORE_ROW, _BEFORE_ITEM, _PER_LEVEL, _INSIDE_ITEM, _BEFORE_CODE_LINE = 5.0, 8.0, 10.0, 5.0, 25.0, 20.0
_AFTER_LEAD_IN = 60.0


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a document that is cut only where it cannot fit.

    `first` and `rest` stand before its first and its other lines (list markers, "> "). `glue` joins it to the piece
    before. `context` is what a chunk that begins here repeats: a table's header row, a list's lead-in, parent items.
    """

    spans: Spans
    plain: str
    block: int
    glue: str = "\n\n"
    first: str = ""
    rest: str = ""
    reluctance: float = _BEFORE_BLOCK
    context: tuple["Piece", ...] = ()
    fence: str | None = None
    cells: tuple[Spans, ...] | None = None
    header: tuple[Spans, ...] = ()

    @property
    def is_item(self) -> bool:
        """Whether a list item begins with it."""
        return self.first != self.rest


@dataclass
class Section:
    """The pieces below one heading, down to the next one. `anchor` leads to the nearest heading that has one."""

    heading: tuple[str, ...]
    pieces: list[Piece] = field(default_factory=list)
    anchor: str | None = None


@dataclass
class _Container:
    """A quote, a list or a list item, open while its content is read."""

    rest: str
    context: tuple[Piece, ...]
    depth: int
    previous: Piece | None = None
    number: int | None = None
    items: int = 0


@cache
def _parser() -> MarkdownIt:
    return (
        MarkdownIt("commonmark", {"maxNesting": DEEPEST_NESTING})
        .enable(["table", "strikethrough"])
        .disable(["inline", "text_join"])
    )


def sections(title: str, text: str, anchors: Sequence[Anchor] = ()) -> list[Section]:
    """A document's sections, in order, with their pieces. An outermost heading that repeats the title is left out.

    `anchors` are those of the headings on the page that people are led to.
    """
    tokens, references, lines = _tokens(text)
    return _Reader(title, references, lines, anchors).read(tokens)


def _tokens(text: str) -> tuple[list[Token], dict[str, object], list[str]]:
    """The parser's tokens, the link references, and the lines that the tokens' maps count."""
    parser = _parser()
    references: dict[str, object] = {}
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # A footnote's text is read like any other, not as the address of a link.
    text = re.sub(r"^( {0,3})\[\^([^\]\n]+)\]:", r"\1\\[^\2\\]:", text, flags=re.MULTILINE)
    # No person nests this deep; the parser would leave out what lies below.
    text = re.sub(r"^(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])){12,}", "", text, flags=re.MULTILINE)
    tokens = parser.parse(text, references)
    if any(token.level >= DEEPEST_NESTING - 1 for token in tokens):
        text = re.sub(r"^[ \t]*(?:>[ \t]*|[-*+][ \t]+|\d{1,9}[.)][ \t]+)*", "", text, flags=re.MULTILINE)
        tokens = parser.parse(text, references)
    return tokens, references, text.split("\n")


class _Reader:
    """Walks the parser's tokens once and writes down sections and pieces."""

    def __init__(
        self, title: str, references: dict[str, object], lines: Sequence[str], anchors: Sequence[Anchor]
    ) -> None:
        self.title = title
        self.references = references
        self.lines = lines
        self.anchors = anchors
        self.path: list[tuple[int, str, str | None]] = []
        self.sections: list[Section] = [Section(())]
        self.containers: list[_Container] = [_Container("", (), 0)]
        self.marker: str | None = None
        """What stands before the next line where a list item begins there."""
        self.block = 0

    def read(self, tokens: Sequence[Token]) -> list[Section]:
        headings = [
            self.inline(tokens[position + 1].content)
            for position, token in enumerate(tokens)
            if token.type == "heading_open"
        ]
        own = iter(zip(headings, matched(list(map(plain, headings)), self.anchors), strict=True))
        position = 0
        while position < len(tokens):
            token = tokens[position]
            kind = token.type
            if kind == "heading_open":
                self.heading(int(token.tag[1]), *next(own))
            elif kind == "paragraph_open":
                self.paragraph(self.inline(tokens[position + 1].content))
            elif kind in ("fence", "code_block"):
                self.code(token)
            elif kind == "html_block":
                self.paragraph(self.inline(re.sub(r"<!--.*?(?:-->|$)|<[^<>]*>", _tag_text, token.content, flags=re.S)))
            elif kind == "table_open":
                position = self.table(tokens, position)
            elif kind.endswith(("list_open", "item_open", "blockquote_open")):
                self.open(token)
            elif kind.endswith(("list_close", "item_close", "blockquote_close")):
                self.close()
            position += 1
        return self.sections

    def inline(self, content: str) -> Spans:
        return parse_inline(_parser(), content.strip(), self.references)

    def heading(self, level: int, spans: Spans, anchor: str | None) -> None:
        text = " ".join(plain(spans).split())
        if not text:
            return
        if len(text) > LONGEST_HEADING or len(self.containers) > 1:
            self.paragraph(tuple(replace(span, marks=("**", *span.marks)) for span in spans))
            return
        while self.path and self.path[-1][0] >= level:
            self.path.pop()
        if self.path or text.casefold() != self.title.casefold():
            self.path.append((level, text, anchor))
        nearest = next((anchor for _, _, anchor in reversed(self.path) if anchor is not None), None)
        self.sections.append(Section(tuple(name for _, name, _ in self.path), anchor=nearest))
        self.containers[-1].previous = None

    def open(self, token: Token) -> None:
        parent = self.containers[-1]
        opened = _Container(parent.rest, parent.context, parent.depth)
        if token.type == "blockquote_open":
            opened.rest += "> "
            self.marker = None if self.marker is None else self.marker + "> "
        elif token.type.endswith("list_open"):
            opened.depth += 1
            opened.number = int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None
            if parent.previous is not None and _leads_in(parent.previous):
                opened.context += (parent.previous,)
        else:
            marker = "- " if parent.number is None else f"{parent.number + parent.items}. "
            parent.items += 1
            self.marker = (parent.rest if self.marker is None else self.marker) + marker
            opened.rest += " " * len(marker)
        self.containers.append(opened)

    def close(self) -> None:
        self.containers.pop()
        self.containers[-1].previous = None
        self.marker = None

    def paragraph(self, spans: Spans) -> None:
        """Adds a piece of prose where the reader stands."""
        if not spans:
            return
        self.block += 1
        here = self.containers[-1]
        glue, reluctance = "\n\n", _BEFORE_BLOCK
        if self.marker is not None:
            reluctance = _BEFORE_ITEM + _PER_LEVEL * (here.depth - 1)
            glue = "\n\n" if here.depth == 1 and self.containers[-2].items == 1 else "\n"
        elif here.depth:
            reluctance = _INSIDE_ITEM
        piece = self.add(Piece(spans, plain(spans), self.block, glue, reluctance=reluctance))
        here.previous = piece
        if piece.is_item:
            here.context += (piece,)

    def code(self, token: Token) -> None:
        lines = token.content.rstrip("\n").split("\n")
        if not any(line.strip() for line in lines):
            return
        self.block += 1
        ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", token.content)), default=0))
        fence = ticks + "".join(token.info.split()[:1]).replace("`", "")
        for number, line in enumerate(lines):
            glue, reluctance = ("\n", _BEFORE_CODE_LINE) if number else ("\n\n", _BEFORE_BLOCK)
            self.add(Piece((Span(line),), line.strip(), self.block, glue, reluctance=reluctance, fence=fence))
        self.containers[-1].previous = None

    def add(self, piece: Piece) -> Piece:
        """Writes the piece down with what the containers put before it."""
        here = self.containers[-1]
        pieces = self.sections[-1].pieces
        piece = replace(
            piece,
            first=here.rest if self.marker is None else self.marker,
            rest=here.rest,
            context=here.context + piece.context,
            reluctance=max(piece.reluctance, _AFTER_LEAD_IN if pieces and _leads_in(pieces[-1]) else 0),
        )
        self.marker = None
        pieces.append(piece)
        return piece

    def table(self, tokens: Sequence[Token], position: int) -> int:
        """Adds the rows of the table that opens at `position`; returns where it closes."""
        self.block += 1
        header: Piece | None = None
        rows = 0
        cells: list[Spans] = []
        row_lines: list[int] | None = None
        while tokens[position].type != "table_close":
            token = tokens[position]
            if token.type == "tr_open":
                row_lines = token.map
            elif token.type == "inline":
                cells.append(self.inline(token.content))
            elif token.type == "tr_close":
                if row_lines is not None and header is not None:
                    cells.extend(map(self.inline, _beyond(self.lines[row_lines[0]], len(cells))))
                text = ", ".join(filter(None, map(plain, cells)))
                row = Piece((), text, self.block, "\n" if rows else "\n\n", cells=tuple(cells))
                if header is not None:
                    reluctance = _BEFORE_ROW if rows > 1 else _AFTER_LEAD_IN
                    row = replace(row, header=header.cells or (), context=(header,), reluctance=reluctance)
                row = self.add(row)
                header = header or replace(row, context=())
                rows += 1
                cells = []
            position += 1
        self.containers[-1].previous = None
        return position


def _beyond(line: str, columns: int) -> list[str]:
    """A table row's cells beyond its columns, which the parser leaves out."""
    cells = re.split(r"(?<!\\)\|", line)
    first = 0 if cells[0].strip(" \t>") else 1
    return [cell for cell in cells[first + columns :] if cell.strip()]


def _tag_text(match: re.Match[str]) -> str:
    return text_of_tag(match[0])


def _leads_in(piece: Piece) -> bool:
    """Whether the piece only makes sense with what follows it: it ends with a colon, or it is all bold."""
    if piece.cells is not None or piece.fence is not None:
        return False
    text = piece.plain.rstrip()
    return text.endswith((":", "：")) or (len(text) < LONGEST_HEADING and all("**" in s.marks for s in piece.spans))


def repeated(piece: Piece) -> Piece:
    """A piece as the context of others: a table's header; a lead-in's last sentence; an item's first words."""
    if piece.cells is not None:
        return piece
    text = piece.plain
    words = _LEAD_IN_WORDS if not piece.is_item else _PARENT_ITEM_WORDS
    if text.rstrip().endswith((":", "：")):
        start = max((match.end() for match in re.finditer(r"[.!?]\s+", text)), default=0)
        spans = cut(piece.spans, start, len(text))
    else:
        spans = piece.spans
    ends = [match.end() for match in re.finditer(r"\S+", plain(spans))]
    if len(ends) > words:
        spans = (*cut(spans, 0, ends[words - 1]), Span(" …"))
    return Piece(spans, plain(spans), piece.block, piece.glue, piece.first, piece.rest)


def text_piece(text: str, block: int, *, marks: tuple[str, ...] = ()) -> Piece:
    """A paragraph of its own, such as a heading that became part of a chunk's text."""
    spans = stripped((Span(text, marks),))
    return Piece(spans, plain(spans), block)


def runs(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The pieces grouped by the block that they come from: a table's rows together, a listing's lines together."""
    run: list[Piece] = []
    for piece in pieces:
        if run and piece.block != run[0].block:
            yield run
            run = []
        run.append(piece)
    if run:
        yield run
