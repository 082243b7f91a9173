"""Statement: a sentence that is to be said, with the passages it rests on; and its numbering as Markdown."""

import re
from dataclasses import dataclass, field

from storage.knowledge import Passage
from storage.questions import Citation

_MARKER = re.compile(r"(?<!\\)\[(\d+)\](?!\()")


@dataclass(frozen=True)
class Statement:
    """Markdown that cited passages support. `glue` is what joins it to the one before: a space, or line breaks."""

    text: str
    passages: tuple[Passage, ...]
    glue: str = " "


@dataclass
class CitationList:
    """The citations of an answer, numbered from 1 in the order of their first appearance."""

    citations: list[Citation] = field(default_factory=list)

    def write(self, statement: Statement, *, first: bool) -> str:
        """The statement as the next piece of the answer, with its markers. A number in brackets of its own is none."""
        text = _MARKER.sub(r"(\1)", statement.text)
        markers = "".join(f"[{self._number(passage)}]" for passage in statement.passages)
        glue = "" if first else statement.glue
        separator = "\n" if text.endswith("```") else " "
        return f"{glue}{text}{separator}{markers}"

    def _number(self, passage: Passage) -> int:
        for citation in self.citations:
            if citation.passage.chunk_id == passage.chunk_id:
                return citation.n
        self.citations.append(Citation(len(self.citations) + 1, passage))
        return len(self.citations)
