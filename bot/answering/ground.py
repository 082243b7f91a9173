"""A draft into statements: only what a passage supports passes, sentence by sentence, while it is written."""

import re
import time
from collections.abc import Iterable, Iterator, Sequence

from bot.answering.draft_sentences import DraftSentence, draft_sentences
from bot.answering.entailment import Entailment
from bot.answering.gist import Gist
from bot.answering.statement import Statement
from bot.answering.support import Support
from bot.answering.words import tokens
from bot.answering.write import NOT_IN_DOCUMENTS
from storage.embedder import Embedder
from storage.knowledge import Passage

_LINK = re.compile(r"!?\[([^\[\]]*)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\))?[^()\s<>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE = re.compile(r"!?\[([^\[\]]+)\]\[[^\[\]]*\]")
_NO_SENTENCE = re.compile(r"#{1,6}\s|\||.*\s>\s|(?:question|q)\s*:|.*[?？]\W*$", re.IGNORECASE)
_WHOLE = re.compile(r".*[.!:。！：…][\"'”’»)*_`\s]*$|.*```$", re.DOTALL)
_OPENING = re.compile(
    r"(?:the answer(?: to (?:the|this|your) question)?(?: is\b)?\s*:?\s*)?(?:\b(yes|no)\b\s*[,.:;!–—-]*\s+)?(?=\w)",
    re.IGNORECASE,
)
_NEGATED = frozenset("not no never cannot can't don't doesn't isn't aren't won't mustn't shouldn't prohibited".split())


class Grounder:
    """Judges one draft against the passages that it was written from.

    What is supported waits until a sentence speaks to the question, as what is shown is never taken back: `beside`
    holds what waited in vain. Afterwards `dropped` holds the sentences that did not pass, `ms` the time that judging
    took, and `says_unknown` whether the draft said that the passages do not hold the answer.
    """

    def __init__(
        self, passages: Sequence[Passage], embedder: Embedder, gist: Gist, entailment: Entailment | None = None
    ) -> None:
        self._passages = passages
        self._support = Support(embedder, entailment)
        self._gist = gist
        self._said: set[tuple[str, ...]] = set()
        self.dropped: list[str] = []
        self.beside: list[str] = []
        self.says_unknown = False
        begun = time.perf_counter()
        self._support.embed_ahead(gist.answering)
        self._support.read(passages)  # now, and not when the first sentence is there
        self.ms = (time.perf_counter() - begun) * 1e3

    def ground(self, draft: Iterable[str]) -> Iterator[Statement]:
        """The sentences of the draft that a passage supports, each as soon as it is whole and may be shown."""
        waiting: list[Statement] = []
        may_be_shown = False
        for statement in self._supported(draft):
            waiting.append(statement)
            begun = time.perf_counter()
            may_be_shown = may_be_shown or self._speaks(statement)
            self.ms += (time.perf_counter() - begun) * 1e3
            if may_be_shown:
                yield from waiting
                waiting = []
        self.beside = [statement.text for statement in waiting]

    def _supported(self, draft: Iterable[str]) -> Iterator[Statement]:
        lead: DraftSentence | None = None
        lead_is_shown = False
        for sentence in draft_sentences(draft):
            begun = time.perf_counter()
            if NOT_IN_DOCUMENTS in sentence.text.upper().replace(" ", "_").replace("\\", ""):
                self.says_unknown = True
                continue
            if sentence.leads_in and not sentence.cited:
                lead, lead_is_shown = sentence, False
                continue
            if not sentence.bullet:
                lead = None
            if self._is_repeated(sentence):
                continue
            statement = self._judge(sentence, lead, lead_is_shown=lead_is_shown)
            if statement is None:
                self.dropped.append(sentence.text)
            elif lead is not None and "\n" in statement.text:
                lead_is_shown = True
            self.ms += (time.perf_counter() - begun) * 1e3
            if statement is not None:
                yield statement

    def _is_repeated(self, sentence: DraftSentence) -> bool:
        """Whether it was drafted before: small models say a sentence again and again."""
        words = tuple(tokens(sentence.text))
        if words in self._said:
            return True
        self._said.add(words)
        return False

    def _judge(self, sentence: DraftSentence, lead: DraftSentence | None, *, lead_is_shown: bool) -> Statement | None:
        text = self._with_own_links(sentence.text)
        if _NO_SENTENCE.match(text) or not (sentence.bullet or _WHOLE.match(text)):
            return None
        cited = [self._passages[n - 1] for n in sentence.cited if 1 <= n <= len(self._passages)]
        if lead is not None:
            return self._judge_item(sentence, text, lead, cited, lead_is_shown=lead_is_shown)
        text = self._without_opening(text)
        supporting = self._supporting(_plain(text), cited)
        return Statement(sentence.bullet + text, supporting, sentence.glue) if supporting else None

    def _judge_item(
        self, sentence: DraftSentence, text: str, lead: DraftSentence, cited: Sequence[Passage], *, lead_is_shown: bool
    ) -> Statement | None:
        """A list's item with the line that leads in to the list, or alone where that line changes nothing."""
        above = self._with_own_links(lead.text)
        item = sentence.bullet + text
        if supporting := self._supporting(f"{_plain(above).rstrip(':： ')} {_plain(text)}", cited):
            shown = item if lead_is_shown else f"{above}\n{item}"
            return Statement(shown, supporting, sentence.glue if lead_is_shown else lead.glue)
        if self._support.is_neutral(_plain(above)) and (supporting := self._supporting(_plain(text), cited)):
            return Statement(item, supporting, sentence.glue)
        return None

    def _supporting(self, text: str, cited: Sequence[Passage]) -> tuple[Passage, ...]:
        """The passages that the sentence may cite: those it does that support it, or else another that does."""
        alone = [passage for passage in cited if self._support.supports(text, [passage])]
        if alone:
            return tuple(alone)
        if len(cited) > 1 and self._support.supports(text, cited):
            return tuple(cited)
        others = self._support.likeliest(text, [passage for passage in self._passages if passage not in cited])
        return next(((passage,) for passage in others if self._support.supports(text, [passage])), ())

    def _speaks(self, statement: Statement) -> bool:
        text = _plain(statement.text)
        return self._gist.is_in(text, self._support.bearing_out(text, statement.passages))

    def _without_opening(self, text: str) -> str:
        """The text without a yes or no that no passage says: it stays where the rest says again what was asked."""
        found = _OPENING.match(text)
        if not found or not found[0]:
            return text
        rest = text[found.end() :]
        rest = rest[:1].upper() + rest[1:]
        negated = bool(_NEGATED & set(tokens(rest)))
        if found[1] and negated == (found[1].lower() == "no") and self._gist.is_asked_by(rest):
            return f"{found[1].capitalize()}, {text[found.end() :]}"
        return rest

    def _with_own_links(self, text: str) -> str:
        """The text with links to the documents that were found; other links are reduced to what they say."""
        own = {passage.document.url for passage in self._passages}
        text = _LINK.sub(lambda link: link[0] if link[2] in own and not link[0].startswith("!") else link[1], text)
        return _REFERENCE.sub(r"\1", text)


def _plain(text: str) -> str:
    """What is said, without links, list markers and an opening yes or no, which is judged with the question."""
    text = re.sub(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+", "", _LINK.sub(r"\1", text))
    found = _OPENING.match(text)
    return text[found.end() :] if found else text
