"""Passages packed into a language model's window: as many as fit, the best first and last, and what is around them.

Models read best what stands at the beginning and at the end of a long prompt (Liu et al. 2023, arXiv:2307.03172).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.answering.sentences import split_sentences
from bot.answering.write import LanguageModel, LanguageModelError, messages, numbered
from storage.neighbours import Neighbour, Neighbours
from storage.passage import Passage
from storage.surroundings import NEAR

MARKERS = 32
"""Tokens by which a chat's template sets off its messages: more than any of the usual ones takes."""

LEAST_CUT = 48
"""Tokens below which the rest of the window is left empty, and no passage is cut to fit in it."""

_BETWEEN = 4
"""Tokens between two texts, and of their numbers."""

AroundThem = Callable[[Sequence[Passage]], Mapping[str, Neighbours]]


@dataclass
class _Kept:
    """A passage that is shown, with what is shown around it, the nearest first."""

    passage: Passage
    before: list[Neighbour] = field(default_factory=list)
    after: list[Neighbour] = field(default_factory=list)

    def widened(self) -> Passage:
        """The passage with its neighbours as parts of its text."""
        if not self.before and not self.after:
            return self.passage
        parts = [_said(one, self.passage) for one in reversed(self.before)]
        parts.append(self.passage.text)
        parts += [_said(one, self.passage) for one in self.after]
        return replace(self.passage, text="\n\n".join(parts))


def pack(
    llm: LanguageModel, question: str, passages: Sequence[Passage], language: str | None, around: AroundThem
) -> tuple[Passage, ...]:
    """What the model is shown of `passages` (best first), in the order in which it is shown and cited by number.

    Room is left for the reply. A passage that does not fit is cut at the end of a sentence, and those after it are left
    out. Where all fit, the chunks around them in their documents become part of their text, the nearest of the best
    first. Raises LanguageModelError where not one sentence fits.
    """
    window = llm.window
    bare = sum(llm.count_tokens([message["content"] for message in messages(question, (), language)]))
    room = window - min(llm.reply_tokens, window // 3) - MARKERS - bare
    kept, left = _those_that_fit(llm, passages, room)
    if not kept:
        raise LanguageModelError(
            f"The language model {llm.name} takes {window} tokens at a time, too few for this question with a passage. "
            "Ask something shorter, or set a larger LLM_WINDOW if the model has it."
        )
    if len(kept) == len(passages) and left > LEAST_CUT:
        _widen(llm, kept, around(passages), left)
    return tuple(one.widened() for one in _best_first_and_last(_within(llm, kept, room)))


def _those_that_fit(llm: LanguageModel, passages: Sequence[Passage], room: int) -> tuple[list[_Kept], int]:
    """The best passages that have room together, the last one cut where only its beginning has, and the room left."""
    kept: list[_Kept] = []
    costs = llm.count_tokens([numbered(n, passage) for n, passage in enumerate(passages, start=1)])
    for passage, cost in zip(passages, costs, strict=True):
        cost += _BETWEEN
        if cost <= room:
            kept.append(_Kept(passage))
            room -= cost
            continue
        if room > LEAST_CUT and (cut := _cut(llm, passage, room)) is not None:
            kept.append(_Kept(cut))
        return kept, 0
    return kept, room


def _cut(llm: LanguageModel, passage: Passage, room: int) -> Passage | None:
    """The beginning of the passage, up to the end of a sentence, or None where not even one has room."""
    parts = list(_sentences(passage.text))
    room -= llm.count_tokens([numbered(1, replace(passage, text=""))])[0] + _BETWEEN
    text = ""
    for part, cost in zip(parts, llm.count_tokens(parts), strict=True):
        room -= cost
        if room < 0:
            break
        text += part
    return replace(passage, text=text.rstrip()) if text.strip() else None


def _sentences(text: str) -> list[str]:
    """The text in pieces that end with a sentence or a line; together they are the text."""
    parts: list[str] = []
    for line in text.splitlines(keepends=True):
        starts = [start for start, _ in split_sentences(line)][1:]
        parts += [line[start:end] for start, end in zip([0, *starts], [*starts, len(line)], strict=True)]
    return parts


def _widen(llm: LanguageModel, kept: Sequence[_Kept], around: Mapping[str, Neighbours], room: int) -> None:
    """Add what is around the passages while it fits: the nearest chunks of all, the best's first; then the next."""
    shown = {one.passage.chunk_id for one in kept}
    texts = [one.text for near in around.values() for one in (*near.before, *near.after)]
    costs = dict(zip(texts, llm.count_tokens(texts), strict=True))
    for distance in range(NEAR):
        for one in kept:
            near = around.get(one.passage.chunk_id, Neighbours())
            # What comes after a passage goes on with it, so it is asked first.
            for side, into in ((near.after, one.after), (near.before, one.before)):
                if len(into) < distance or len(side) <= distance:
                    continue
                neighbour = side[distance]
                cost = costs[neighbour.text] + 2 * _BETWEEN + (16 if neighbour.heading != one.passage.heading else 0)
                if cost > room or neighbour.chunk_id in shown or _stands_in(neighbour, kept):
                    continue
                into.append(neighbour)
                shown.add(neighbour.chunk_id)
                room -= cost


def _stands_in(neighbour: Neighbour, kept: Sequence[_Kept]) -> bool:
    """Whether a passage that was joined of several chunks has this one already."""
    return any(neighbour.text in one.passage.text for one in kept)


def _within(llm: LanguageModel, kept: list[_Kept], room: int) -> list[_Kept]:
    """Those that fit when they are counted as one text, which can differ from the sum of their counts by a little."""
    while len(kept) > 1 or kept[0].before or kept[0].after:
        whole = "\n\n".join(numbered(n, one.widened()) for n, one in enumerate(kept, start=1))
        if llm.count_tokens([whole])[0] <= room:
            break
        wide = next((one for one in reversed(kept) if one.before or one.after), None)
        if wide is None:
            kept = kept[:-1]
        else:
            (wide.before or wide.after).pop()
    return kept


def _best_first_and_last(kept: Sequence[_Kept]) -> list[_Kept]:
    return [*kept[0::2], *reversed(kept[1::2])]


def _said(neighbour: Neighbour, passage: Passage) -> str:
    """A neighbour's text, below its heading where that is another than the passage's."""
    if neighbour.heading == passage.heading or not neighbour.heading:
        return neighbour.text
    return f"{neighbour.heading[-1]}\n{neighbour.text}"
