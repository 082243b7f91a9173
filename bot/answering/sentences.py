"""A passage's Markdown as sentences that can stand in an answer: of prose, list items, table rows, lines of code."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from bot.answering.words import count_words
from ingestion.pieces import Piece, runs, sections
from ingestion.spans import Spans, cut, markdown, plain

Kind = Literal["prose", "item", "row", "code"]

LONGEST_ITEM = 40
"""Words. A list item or a table row of more is taken apart into its sentences."""

_LONGEST_HEADING = 12
_ALL_LINK = 0.9
_END = re.compile(
    r"""(?<=[.!?…])["')\]”’»]*[ \t]+(?=["'(\[“‘«]*[^\s"'(\[“‘«a-z])|(?<=[。！？।])["')\]”’»」』]*\s*(?=\S)|\n+""",
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\[\"'“‘])(?:e\.?g|i\.?e|cf|vs|mr|mrs|ms|dr|prof|st|no|nos|fig|sec|approx|dept|gov|sen|rep|gen|ext|tel|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[A-Z])\.$",
    re.IGNORECASE,
)
_OFTEN_LAST = re.compile(r"(?:^|[\s(\[])(?:etc|inc|ltd|co|corp|[ap]\.m|u\.s|u\.k|d\.c|ph\.d)\.$", re.IGNORECASE)
_BEGINS_A_SENTENCE = re.compile(
    r"[\"'(“‘]*(?:The|This|That|These|Those|It|If|When|You|Your|We|Our|They|There|In|For|To|And|But|A|An|As|All|Any|At|"
    r"Please|Note|See|Do|However|Each|Once|After|Before)\b"
)


@dataclass(frozen=True)
class Sentence:
    """What can be quoted from a passage. `text` is its Markdown without links, `plain` its words.

    `lead` is the Markdown of what it cannot be understood without: the line before its list, the question that it
    answers. `block` numbers the paragraph, list or table it stands in; `at` its place in the passage. `is_link` says
    that all of it is the name of another page, `is_stressed` that its author made all of it bold.
    """

    text: str
    plain: str
    kind: Kind
    lead: str
    block: int
    at: int
    is_link: bool = False
    is_stressed: bool = False

    @property
    def words(self) -> int:
        return count_words(self.plain)

    @property
    def is_unfinished(self) -> bool:
        """Whether it is prose without a full stop: a heading in all but markup, or an aside."""
        return self.plain.startswith("(") or (
            self.kind == "prose" and not self.plain.rstrip().endswith((".", "!", ")", '"', "”", "。", "！"))
        )


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of plain text begin and end, spaces between them left out."""
    edges = [0]
    for match in _END.finditer(text):
        before = text[edges[-1] : match.start()]
        if "\n" not in match[0] and _goes_on(before, text[match.end() : match.end() + 20]):
            continue
        edges.append(match.end())
    edges.append(len(text))
    bounds = []
    for start, end in pairwise(edges):
        part = text[start:end]
        if part.strip():
            bounds.append((start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())))
    return bounds


def sentences(text: str) -> list[Sentence]:
    """The sentences of a passage's Markdown, in order. Headings and lines that only lead in are no sentences."""
    return _Reader().read([piece for section in sections("", text) for piece in section.pieces])


def _goes_on(before: str, after: str) -> bool:
    """Whether the full stop at the end of `before` is an abbreviation's, inside a sentence."""
    if _ABBREVIATED.search(before):
        return True
    return bool(_OFTEN_LAST.search(before)) and not _BEGINS_A_SENTENCE.match(after)


class _Reader:
    """Walks the pieces once, and keeps what leads in to the next."""

    def __init__(self) -> None:
        self.found: list[Sentence] = []
        self.heading = ""
        self.lead = ""
        self.block = 0

    def read(self, pieces: Sequence[Piece]) -> list[Sentence]:
        for run in runs(pieces):
            self.block += 1
            first = run[0]
            if first.fence is not None:
                self.code(run)
            elif first.cells is not None:
                self.table(run)
            else:
                self.prose(first)
        return self.found

    def prose(self, piece: Piece) -> None:
        spans = unlinked(piece.spans)
        text = plain(spans)
        is_item = piece.first != piece.rest
        if not is_item and _is_heading(spans, text):
            self.heading, self.lead = label(text), ""
            return
        lead = self.context(piece) if piece.context else self.lead or self.heading
        bounds = split_sentences(text)
        if is_item and count_words(text) <= LONGEST_ITEM:
            bounds = _whole(bounds, text)
        self.lead = ""
        for start, end in bounds:
            words = text[start:end]
            own = markdown(cut(spans, start, end))
            if words.endswith((":", "：", "?", "？")):
                self.lead = lead = own
                continue
            self.add(
                own,
                words,
                "item" if is_item else "prose",
                lead,
                is_link=_is_link(cut(piece.spans, start, end)),
                is_stressed=_is_bold(cut(spans, start, end)),
            )
            if not is_item:
                lead = self.heading

    def context(self, piece: Piece) -> str:
        parts = {" ".join(part.plain.split()): markdown(unlinked(part.spans)) for part in piece.context}
        return " ".join(" ".join(part.split()) for part in parts.values() if part)

    def table(self, rows: Sequence[Piece]) -> None:
        lead = self.lead or self.heading
        self.lead = ""
        for row in rows:
            if not row.header and len(rows) > 1:
                continue
            cells = [unlinked(cell) for cell in row.cells or ()]
            names = [plain(name).strip() for name in row.header]
            shown = [
                _cell(names[at] if at < len(names) else "", markdown(cell).replace("\n", " "))
                for at, cell in enumerate(cells)
                if plain(cell).strip()
            ]
            if shown:
                words = ", ".join(
                    f"{names[at]}: {plain(cell)}" if at < len(names) and names[at] else plain(cell)
                    for at, cell in enumerate(cells)
                    if plain(cell).strip()
                )
                self.add(" · ".join(shown), " ".join(words.split()), "row", lead)

    def code(self, lines: Sequence[Piece]) -> None:
        text = "\n".join(line.plain for line in lines)
        if len(lines) == 1 and "`" not in text:
            shown = f"`{text}`"
        else:
            ticks = "```" if "```" not in text else "````"
            shown = f"{ticks}\n{text}\n{ticks}"
        self.add(shown, text, "code", self.lead or self.heading)
        self.lead = ""

    def add(
        self, text: str, words: str, kind: Kind, lead: str, *, is_link: bool = False, is_stressed: bool = False
    ) -> None:
        if re.search(r"[^\W_]", words):
            at = len(self.found)
            self.found.append(Sentence(text, words, kind, lead, self.block, at, is_link, is_stressed))


def label(heading: str) -> str:
    """A heading as Markdown that stands before what it is about."""
    text = re.sub(r"([\\*_`\[\]<>~])", r"\\\1", re.sub(r"^\d+[.)]\s+", "", " ".join(heading.split())))
    return f"**{text}**" if text.endswith((".", "!", "?", ":", "：", "？", "。")) else f"**{text}:**"


def unlinked(spans: Spans) -> Spans:
    """The spans with links reduced to their text."""
    return tuple(span if span.href is None else replace(span, href=None) for span in spans)


def _is_link(spans: Spans) -> bool:
    """Whether the text is a link's and little else."""
    linked = sum(len(span.text.strip()) for span in spans if span.href is not None)
    return linked >= _ALL_LINK * len(plain(spans).strip())


def _is_heading(spans: Spans, text: str) -> bool:
    """Whether a paragraph is a heading in all but markup: short, all bold, and no sentence."""
    return _is_bold(spans) and count_words(text) <= _LONGEST_HEADING and not text.rstrip().endswith((".", "!"))


def _is_bold(spans: Spans) -> bool:
    return all("**" in span.marks or "__" in span.marks for span in spans if span.text.strip())


def _whole(bounds: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """One sentence of all, unless a part only leads in to what is below, or asks."""
    if len(bounds) < 2 or "\n" in text or any(text[start:end].endswith(("?", "？")) for start, end in bounds):
        return bounds
    if text.endswith((":", "：")):
        return [(bounds[0][0], bounds[-2][1]), bounds[-1]]
    return [(bounds[0][0], bounds[-1][1])]


def _cell(name: str, text: str) -> str:
    return f"{name}: {text}" if name else text
