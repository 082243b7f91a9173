"""A draft into statements: only what a cited passage supports passes, sentence by sentence, while it is written."""

import re
import time
from collections.abc import Iterable, Iterator, Sequence

from bot.answering.draft_sentences import DraftSentence, draft_sentences
from bot.answering.statement import Statement
from bot.answering.support import Support
from bot.answering.write import NOT_IN_DOCUMENTS
from storage.embedder import Embedder
from storage.knowledge import Passage

_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\))?[^()\s<>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE = re.compile(r"!?\[([^\[\]]+)\]\[[^\[\]]*\]")
_HEADING = re.compile(r"#{1,6}\s|\|")


class Grounder:
    """Judges one draft against the passages that it was written from.

    Afterwards `dropped` holds the sentences that did not pass, `ms` the time that judging took, and `says_unknown`
    whether the draft said that the passages do not hold the answer.
    """

    def __init__(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        self._passages = passages
        self._support = Support(embedder)
        self.dropped: list[str] = []
        self.ms = 0.0
        self.says_unknown = False

    def ground(self, draft: Iterable[str]) -> Iterator[Statement]:
        """The sentences of the draft that a passage supports, each as soon as it is whole."""
        lead: DraftSentence | None = None
        for sentence in draft_sentences(draft):
            begun = time.perf_counter()
            if NOT_IN_DOCUMENTS in sentence.text.upper().replace(" ", "_").replace("\\", ""):
                self.says_unknown = True
                continue
            if sentence.leads_in and not sentence.cited:
                lead = sentence
                continue
            statement = self._judge(sentence, lead)
            if statement is None:
                self.dropped.append(sentence.text)
            else:
                lead = None
            self.ms += (time.perf_counter() - begun) * 1e3
            if statement is not None:
                yield statement

    def _judge(self, sentence: DraftSentence, lead: DraftSentence | None) -> Statement | None:
        text = self._with_own_links(sentence.text)
        cited = [self._passages[n - 1] for n in sentence.cited if 1 <= n <= len(self._passages)]
        if not cited or _HEADING.match(text):
            return None
        supporting = self._supporting(_LINK.sub(r"\1", text), cited)
        if not supporting:
            return None
        text = sentence.bullet + text
        if lead is not None and sentence.bullet and self._support.supports(lead.text, supporting):
            return Statement(f"{self._with_own_links(lead.text)}\n{text}", supporting, lead.glue)
        return Statement(text, supporting, sentence.glue)

    def _supporting(self, text: str, cited: Sequence[Passage]) -> tuple[Passage, ...]:
        """The passages that the sentence may cite: those it does that support it, or else another that does."""
        alone = [passage for passage in cited if self._support.supports(text, [passage])]
        if alone:
            return tuple(alone)
        if len(cited) > 1 and self._support.supports(text, cited):
            return tuple(cited)
        others = (passage for passage in self._passages if passage not in cited)
        return next(((passage,) for passage in others if self._support.supports(text, [passage])), ())

    def _with_own_links(self, text: str) -> str:
        """The text with links to the documents that were found; other links are reduced to what they say."""
        own = {passage.document.url for passage in self._passages}
        text = _LINK.sub(lambda link: link[0] if link[2] in own and not link[0].startswith("!") else link[1], text)
        return _REFERENCE.sub(r"\1", text)
