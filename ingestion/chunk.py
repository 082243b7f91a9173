"""Markdown into chunks that fit the embedding model and read well when they are shown to a person."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingestion.pieces import Piece, Section, repeated, sections, text_piece, write_pieces
from ingestion.spans import Span, cut, plain
from storage.document import Chunk

CountTokens = Callable[[Sequence[str]], list[int]]

CHARACTERS_PER_TOKEN = 8
"""A token counts for at most so many characters: a long run without spaces is one unknown token to the model."""

PREFIX_SHARE = 3
"""The title and headings may take one part in so many of the model's window."""

TINY_SECTION = 24
"""Tokens. Neighbouring sections this short share a chunk: alone, there is too little in them to be found by."""

# What a cut costs: each chunk, its room left empty (squared, so that chunks come out even), and a cut in a bad place.
_CHUNK, _EMPTINESS = 100.0, 60.0
_BETWEEN_SENTENCES, _INSIDE_SENTENCE = 30.0, 60.0
_MOST_PIECES_WEIGHED = 3_000

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"')\]”’]*\s+(?=[^\sa-z])|(?<=[。！？])|\n+")


def chunk(title: str, markdown: str, count_tokens: CountTokens, max_tokens: int) -> list[Chunk]:
    """The document's chunks, in order.

    `count_tokens` counts a batch of texts as the model does, its special tokens included. No chunk's `embedded` counts
    more than `max_tokens` (at least 32). Every word of the text is in some chunk; the same text gives the same chunks.
    """
    title = " ".join(_encodable(title).split())
    measure = _Measure(count_tokens, max_tokens)
    parts = sections(title, _encodable(markdown))
    measure.costs([piece.plain for part in parts for piece in part.pieces])
    measure.costs([name for part in parts for name in part.heading])
    chunks: list[_Draft] = []
    for group in _groups(parts, measure, title):
        chunks.extend(_packed(group, title, measure))
    return _fitted(chunks, measure)


@dataclass(frozen=True, eq=False)
class _Draft:
    """A chunk before it is known to fit: what stands before its text for the model, and its pieces."""

    heading: tuple[str, ...]
    prefix: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def embedded(self) -> str:
        return "\n".join((*self.prefix, *(piece.plain for piece in self.pieces if piece.plain)))


class _Measure:
    """How much of the model's window texts take. What was counted once is remembered."""

    def __init__(self, count_tokens: CountTokens, max_tokens: int) -> None:
        self._count = count_tokens
        self._known: dict[str, int] = {}
        self.max_tokens = max_tokens
        self.special = count_tokens([""])[0]

    def counts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each whole text, special tokens included."""
        return self._count(texts) if texts else []

    def costs(self, texts: Sequence[str]) -> list[int]:
        """Tokens that each text adds to a chunk."""
        unknown = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, count in zip(unknown, self.counts(unknown), strict=True):
            self._known[text] = max(count - self.special, -(-len(text) // CHARACTERS_PER_TOKEN))
        return [self._known[text] for text in texts]

    def cost(self, text: str) -> int:
        return self.costs([text])[0]


def _encodable(text: str) -> str:
    """The text without lone surrogates, which no tokenizer takes."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _groups(parts: Sequence[Section], measure: _Measure, title: str) -> list[Section]:
    """The sections that have text, tiny neighbours of one parent joined, their own headings then in the text."""
    groups: list[Section] = []
    tiny_total: int | None = None
    for index, part in enumerate(parts):
        followed_by_its_own = index + 1 < len(parts) and parts[index + 1].heading[: len(part.heading)] == part.heading
        if not part.pieces and (not part.heading or followed_by_its_own):
            continue
        size = sum(measure.costs([piece.plain for piece in part.pieces]))
        is_tiny = size <= TINY_SECTION and bool(part.heading)
        last = groups[-1] if groups else None
        if last and tiny_total is not None:
            common = _common(last.heading, part.heading)
            total = tiny_total + size + measure.cost(" ".join(part.heading[len(common) :]))
            is_sibling = is_tiny and len(common) >= len(part.heading) - 1
            is_first_child = len(part.heading) == len(last.heading) + 1 and common == last.heading
            if (is_sibling or is_first_child) and total <= measure.max_tokens // 2:
                groups[-1] = _joined(last, part, common)
                tiny_total = total if is_tiny else None
                continue
        groups.append(Section(part.heading, list(part.pieces)))
        tiny_total = size if is_tiny else None
    if not groups and title and (len(parts) > 1):
        return [Section((), [text_piece(title, 0)])]
    return [_with_text(group) for group in groups]


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]


def _joined(one: Section, other: Section, common: tuple[str, ...]) -> Section:
    pieces: list[Piece] = []
    for section in (one, other):
        below = section.heading[len(common) :]
        if below:
            pieces.append(text_piece(" – ".join(below), -len(pieces) - 1, marks=("**",)))
        pieces.extend(section.pieces)
    return Section(common, pieces)


def _with_text(group: Section) -> Section:
    """A section without text says its heading; it is the last one and nothing else would."""
    if group.pieces or not group.heading:
        return group
    return Section(group.heading[:-1], [text_piece(group.heading[-1], 0, marks=("**",))])


def _packed(section: Section, title: str, measure: _Measure) -> list[_Draft]:
    """One section's chunks: as few as fit, even in size, cut where it hurts least."""
    prefix = _prefix((title, *section.heading), measure)
    room = measure.max_tokens - measure.special - sum(measure.costs(prefix))
    pieces = _small_enough(section.pieces, room, measure)
    costs = measure.costs([piece.plain for piece in pieces])
    if sum(costs) <= room:
        return [_Draft(section.heading, prefix, tuple(pieces))] if any(costs) else []
    contexts = [_context(piece, cost, room, measure) for piece, cost in zip(pieces, costs, strict=True)]
    context_costs = [sum(measure.costs([piece.plain for piece in context])) for context in contexts]
    cuts = _cuts(pieces, costs, context_costs, room)
    return [
        _Draft(section.heading, prefix, (contexts[start] if start else ()) + tuple(pieces[start:end]))
        for start, end in zip(cuts, [*cuts[1:], len(pieces)], strict=True)
        if any(piece.plain for piece in pieces[start:end])
    ]


def _prefix(names: Sequence[str], measure: _Measure) -> tuple[str, ...]:
    """The title and headings, shortened from the outside to their share of the window."""
    most = (measure.max_tokens - measure.special) // PREFIX_SHARE
    kept: list[str] = []
    for name in reversed([name for name in names if name]):
        cost = measure.cost(name)
        if cost > most:
            if not kept:
                kept.append(_beginning(name, most, measure))
            break
        kept.append(name)
        most -= cost
    return tuple(reversed([name for name in kept if name]))


def _beginning(text: str, most: int, measure: _Measure) -> str:
    words = text.split()
    taken = 0
    for cost in measure.costs(words):
        if cost > most:
            break
        most -= cost
        taken += 1
    return " ".join(words[:taken])


def _context(piece: Piece, cost: int, room: int, measure: _Measure) -> tuple[Piece, ...]:
    """What the piece repeats of its context when a chunk begins with it: the nearest first, at most two fifths."""
    left = min(room * 2 // 5, room - cost)
    kept: list[Piece] = []
    for part in map(repeated, reversed(piece.context)):
        left -= measure.cost(part.plain)
        if left < 0:
            break
        kept.append(part)
    return tuple(reversed(kept))


def _cuts(pieces: Sequence[Piece], costs: Sequence[int], context_costs: Sequence[int], room: int) -> list[int]:
    """Where chunks begin, by dynamic programming over the places where they may."""
    if len(pieces) > _MOST_PIECES_WEIGHED:
        return _filled(costs, context_costs, room)
    best = [0.0] + [float("inf")] * len(pieces)
    begin = [0] * (len(pieces) + 1)
    for end in range(1, len(pieces) + 1):
        size = 0
        for start in range(end - 1, -1, -1):
            size += costs[start]
            if size > room:
                break
            used = size + (context_costs[start] if start else 0)
            if used > room:
                continue
            cost = best[start] + _CHUNK + _EMPTINESS * ((room - used) / room) ** 2
            cost += pieces[start].reluctance if start else 0.0
            if cost < best[end]:
                best[end], begin[end] = cost, start
    cuts: list[int] = []
    end = len(pieces)
    while end > 0:
        cuts.append(begin[end])
        end = begin[end]
    return cuts[::-1]


def _filled(costs: Sequence[int], context_costs: Sequence[int], room: int) -> list[int]:
    """Where chunks begin when each takes what fits: for sections too long to weigh every cut."""
    cuts = [0]
    used = 0
    for index, cost in enumerate(costs):
        if index and used + cost > room:
            cuts.append(index)
            used = context_costs[index]
        used += cost
    return cuts


def _small_enough(pieces: Sequence[Piece], room: int, measure: _Measure) -> list[Piece]:
    """The pieces, those that no chunk could hold cut into sentences, and sentences into runs of words."""
    costs = measure.costs([piece.plain for piece in pieces])
    if all(cost <= room for cost in costs):
        return list(pieces)
    small: list[Piece] = []
    for piece, cost in zip(pieces, costs, strict=True):
        small.extend([piece] if cost <= room else _divided(piece, room, measure))
    return small


def _divided(piece: Piece, room: int, measure: _Measure) -> list[Piece]:
    if piece.cells is not None:
        return [part for cell in _cells(piece) for part in _small_enough([cell], room, measure)]
    text = plain(piece.spans)
    ends = [match.end() for match in _SENTENCE_END.finditer(text)] if piece.fence is None else []
    bounds = _bounds(ends, len(text))
    costs = measure.costs([text[start:end].strip() for start, end in bounds])
    divided: list[Piece] = []
    for (start, end), cost in zip(bounds, costs, strict=True):
        if cost <= room:
            divided.append(_part(piece, start, end, _BETWEEN_SENTENCES, first=not divided))
            continue
        for run_start, run_end in _word_runs(text, start, end, max(room // 2, 1), measure):
            divided.append(_part(piece, run_start, run_end, _INSIDE_SENTENCE, first=not divided))
    return [part for part in divided if part.plain]


def _bounds(ends: Sequence[int], length: int) -> list[tuple[int, int]]:
    edges = sorted({0, length, *ends})
    return list(pairwise(edges))


def _word_runs(text: str, start: int, end: int, most: int, measure: _Measure) -> list[tuple[int, int]]:
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


def _part(piece: Piece, start: int, end: int, reluctance: float, *, first: bool) -> Piece:
    spans = cut(piece.spans, start, end) if piece.fence is None else (Span(plain(piece.spans)[start:end]),)
    text = plain(spans).strip()
    if first:
        return replace(piece, spans=spans, plain=text)
    before = plain(piece.spans)[start - 1 : start]
    glue = "" if piece.fence is not None or not before.isspace() else "\n" if before == "\n" else " "
    return replace(piece, spans=spans, plain=text, glue=glue, first=piece.rest, reluctance=reluctance)


def _cells(row: Piece) -> list[Piece]:
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


def _fitted(drafts: Sequence[_Draft], measure: _Measure) -> list[Chunk]:
    """The drafts as chunks, those that count too much after all halved until they do not.

    The parts of a text add up to the whole in WordPiece. In other tokenizers what joins them may take a token or two,
    so a draft is counted as a whole where its parts leave less room than that.
    """
    waiting = list(drafts)
    while doubtful := [draft for draft in waiting if not _surely_fits(draft, measure)]:
        counts = dict(zip(doubtful, measure.counts([draft.embedded() for draft in doubtful]), strict=True))
        if all(count <= measure.max_tokens for count in counts.values()):
            break
        waiting = [
            part
            for draft in waiting
            for part in (_halved(draft) if counts.get(draft, 0) > measure.max_tokens else [draft])
        ]
    return [_chunk(draft) for draft in waiting]


def _surely_fits(draft: _Draft, measure: _Measure) -> bool:
    parts = [*draft.prefix, *(piece.plain for piece in draft.pieces)]
    return sum(measure.costs(parts)) + 2 * len(parts) + measure.special <= measure.max_tokens


def _halved(draft: _Draft) -> list[_Draft]:
    if len(draft.pieces) > 1:
        middle = len(draft.pieces) // 2
        return [replace(draft, pieces=draft.pieces[:middle]), replace(draft, pieces=draft.pieces[middle:])]
    if draft.prefix:
        return [replace(draft, prefix=draft.prefix[1:])]
    piece = draft.pieces[0]
    if piece.cells is not None:
        return [replace(draft, pieces=(cell,)) for cell in _cells(piece)]
    length = len(plain(piece.spans))
    if length < 2:
        return []
    halves = (
        _part(piece, 0, length // 2, 0.0, first=True),
        _part(piece, length // 2, length, 0.0, first=False),
    )
    return [replace(draft, pieces=(half,)) for half in halves if half.plain]


def _chunk(draft: _Draft) -> Chunk:
    return Chunk(draft.heading, write_pieces(draft.pieces), draft.embedded())
