"""Markdown into chunks that fit the embedding model and read well when they are shown to a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingestion.anchors import Anchor
from ingestion.chunk_text import write_pieces
from ingestion.divide import cells_of, part_of, small_enough
from ingestion.measure import CountTokens, Measure
from ingestion.pieces import Piece, Section, repeated, sections, text_piece
from ingestion.spans import plain
from storage.document import Chunk

PREFIX_SHARE = 3
"""The title and headings may take one part in so many of the model's window."""

TINY_SECTION = 24
"""Tokens. Neighbouring sections this short share a chunk: alone, there is too little in them to be found by."""

# What a cut costs: each chunk, its room left empty (squared, so that chunks come out even), and a cut in a bad place.
_CHUNK, _EMPTINESS = 100.0, 60.0
_MOST_PIECES_WEIGHED = 3_000


def chunk(
    title: str, markdown: str, count_tokens: CountTokens, max_tokens: int, anchors: Sequence[Anchor] = ()
) -> list[Chunk]:
    """The document's chunks, in order. `anchors` are those of the headings on the page that people are led to.

    `count_tokens` counts a batch of texts as the model does, its special tokens included. No chunk's `embedded` counts
    more than `max_tokens` (at least 32). Every word of the text is in some chunk; the same text gives the same chunks.
    """
    title = " ".join(_encodable(title).split())
    measure = Measure(count_tokens, max_tokens)
    parts = sections(title, _encodable(markdown), anchors)
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
    anchor: str | None
    prefix: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def embedded(self) -> str:
        return "\n".join((*self.prefix, *(piece.plain for piece in self.pieces if piece.plain)))


def _encodable(text: str) -> str:
    """The text without lone surrogates, which no tokenizer takes."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _groups(parts: Sequence[Section], measure: Measure, title: str) -> list[Section]:
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
        groups.append(Section(part.heading, list(part.pieces), part.anchor))
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
    return Section(common, pieces, one.anchor)


def _with_text(group: Section) -> Section:
    """A section without text says its heading; it is the last one and nothing else would."""
    if group.pieces or not group.heading:
        return group
    return Section(group.heading[:-1], [text_piece(group.heading[-1], 0, marks=("**",))], group.anchor)


def _packed(section: Section, title: str, measure: Measure) -> list[_Draft]:
    """One section's chunks: as few as fit, even in size, cut where it hurts least."""
    prefix = _prefix((title, *section.heading), measure)
    room = measure.max_tokens - measure.special - sum(measure.costs(prefix))
    pieces = small_enough(section.pieces, room, measure)
    costs = measure.costs([piece.plain for piece in pieces])
    if sum(costs) <= room:
        return [_Draft(section.heading, section.anchor, prefix, tuple(pieces))] if any(costs) else []
    contexts = [_context(piece, cost, room, measure) for piece, cost in zip(pieces, costs, strict=True)]
    context_costs = [sum(measure.costs([piece.plain for piece in context])) for context in contexts]
    cuts = _cuts(pieces, costs, context_costs, room)
    return [
        _Draft(section.heading, section.anchor, prefix, (contexts[start] if start else ()) + tuple(pieces[start:end]))
        for start, end in zip(cuts, [*cuts[1:], len(pieces)], strict=True)
        if any(piece.plain for piece in pieces[start:end])
    ]


def _prefix(names: Sequence[str], measure: Measure) -> tuple[str, ...]:
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


def _beginning(text: str, most: int, measure: Measure) -> str:
    words = text.split()
    taken = 0
    for cost in measure.costs(words):
        if cost > most:
            break
        most -= cost
        taken += 1
    return " ".join(words[:taken])


def _context(piece: Piece, cost: int, room: int, measure: Measure) -> tuple[Piece, ...]:
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


def _fitted(drafts: Sequence[_Draft], measure: Measure) -> list[Chunk]:
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


def _surely_fits(draft: _Draft, measure: Measure) -> bool:
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
        return [replace(draft, pieces=(cell,)) for cell in cells_of(piece)]
    length = len(plain(piece.spans))
    if length < 2:
        return []
    halves = (
        part_of(piece, 0, length // 2, 0.0, first=True),
        part_of(piece, length // 2, length, 0.0, first=False),
    )
    return [replace(draft, pieces=(half,)) for half in halves if half.plain]


def _chunk(draft: _Draft) -> Chunk:
    return Chunk(draft.heading, write_pieces(draft.pieces), draft.embedded(), draft.anchor)
