"""A draft into its sentences while it is being written, each with the passages that it cites."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.answering.sentences import split_sentences

_MARKER = re.compile(r"\s*(?:\[|【)\s*(?:passages?\s*)?(\d+(?:\s*(?:,|;|and)\s*\d+)*)\s*(?:\]|】)(?!\()", re.IGNORECASE)
_OPEN_MARKER = re.compile(r"[\[【][^\]】\n]{0,30}$")
_BULLET = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+")


@dataclass(frozen=True)
class DraftSentence:
    """A sentence as drafted, without its markers. `cited` are the numbers in them, `glue` what joins it to the last.

    `bullet` is its list marker, or "".
    """

    text: str
    cited: tuple[int, ...]
    glue: str
    bullet: str

    @property
    def leads_in(self) -> bool:
        """Whether it only makes sense with what follows."""
        return self.text.endswith((":", "："))


def draft_sentences(pieces: Iterable[str]) -> Iterator[DraftSentence]:
    """Each sentence as soon as it is whole: once the next one begins, as markers may stand behind the full stop."""
    held, breaks = "", 0
    for piece in pieces:
        held += piece.replace("\r\n", "\n")
        whole, held = _split(held)
        for part in whole:
            if not part.strip():
                breaks += part.count("\n")
                continue
            yield _sentence(part, breaks)
            breaks = part.count("\n")
    for start, end in _bounds(held):
        yield _sentence(held[start:end], breaks)
        breaks = 0


def _split(text: str) -> tuple[list[str], str]:
    """The sentences of `text` that nothing can be added to, with the line breaks after them, and the rest."""
    whole: list[str] = []
    lines = text.split("\n")
    for line in lines[:-1]:
        bounds = _bounds(line)
        whole.extend(line[start:end] for start, end in bounds)
        whole.append("\n")
    rest = lines[-1]
    bounds = _bounds(rest)
    if len(bounds) > 1 and _OPEN_MARKER.match(rest[bounds[-1][0] :]):
        bounds.pop()
    whole.extend(rest[start:end] for start, end in bounds[:-1])
    return whole, rest[bounds[-1][0] :] if len(bounds) > 1 else rest


def _bounds(line: str) -> list[tuple[int, int]]:
    """The sentences of a line; a marker behind the full stop belongs to the sentence before it."""
    bullet = _BULLET.match(line)
    offset = bullet.end() if bullet else 0
    bounds = [(start + offset, end + offset) for start, end in split_sentences(line[offset:])]
    if bullet and bounds:
        bounds[0] = (0, bounds[0][1])
    joined: list[tuple[int, int]] = []
    for start, end in bounds:
        marker = _MARKER.match(line[start:end])
        if joined and marker:
            joined[-1] = (joined[-1][0], start + marker.end())
            start += marker.end()
            if not line[start:end].strip():
                continue
            start += len(line[start:end]) - len(line[start:end].lstrip())
        joined.append((start, end))
    return joined


def _sentence(text: str, breaks: int) -> DraftSentence:
    bullet = _BULLET.match(text)
    body = text[bullet.end() :] if bullet else text
    cited = [int(n) for match in _MARKER.finditer(body) for n in re.findall(r"\d+", match[1])]
    glue = "\n\n" if breaks > 1 else "\n" if breaks else " "
    return DraftSentence(
        text=_MARKER.sub("", body).strip(),
        cited=tuple(dict.fromkeys(cited)),
        glue=glue,
        bullet=bullet[0].strip() + " " if bullet else "",
    )
