"""Reply: an answer in the making, told to its reader piece by piece."""

import secrets
import time
from collections.abc import Callable, Iterable

import structlog

from bot.answering.retrieve import Retrieved
from bot.answering.statement import CitationList, Statement
from storage.knowledge import Passage
from storage.questions import Answer, Citation, Kind

OnText = Callable[[str], None]

_log = structlog.get_logger(__name__)


class Reply:
    """An answer in the making: what was said so far, and what is known about it."""

    def __init__(self, question: str, embedding_model: str, llm: str | None, on_text: OnText | None) -> None:
        self.question = self.searched = question
        self.prompts: list[str] = []
        self._embedding_model = embedding_model
        self._llm = llm
        self._on_text = on_text
        self._begun = time.perf_counter()
        self._timings = {"embed": 0.0, "search": 0.0, "write": 0.0, "ground": 0.0}
        self._text = ""
        self._citations = CitationList()
        self._passages: tuple[Passage, ...] = ()
        self._confidence: float | None = None
        self._kind: Kind = "failed"
        self._reason = ""
        self._error_id: str | None = None

    @property
    def has_begun(self) -> bool:
        """Whether something was said already."""
        return bool(self._text)

    def found(self, retrieved: Retrieved) -> None:
        self._passages, self._confidence = retrieved.passages, retrieved.confidence
        self._timings |= {"embed": retrieved.embed_ms, "search": retrieved.search_ms + retrieved.read_ms}

    @property
    def citations(self) -> list[Citation]:
        """What was cited so far."""
        return self._citations.citations

    def cites(self, passages: tuple[Passage, ...]) -> None:
        """These are the passages that the answer may cite."""
        self._passages = passages

    def took_to_compare(self, ms: float) -> None:
        """To look for conflicts among what the search found."""
        self._timings["search"] += ms

    def say_all(self, statements: Iterable[Statement]) -> None:
        """Say each statement as it comes, which is the time that writing takes."""
        begun = time.perf_counter()
        try:
            for statement in statements:
                self._say(self._citations.write(statement, first=not self._text))
        finally:
            self._timings["write"] += (time.perf_counter() - begun) * 1e3

    def took_to_ground(self, ms: float) -> None:
        """Of the time that writing took, this part was grounding."""
        self._timings["ground"] += ms
        self._timings["write"] -= ms

    def answered(self, reason: str) -> None:
        self._kind, self._reason = "answered", reason

    def abstain(self, text: str, reason: str) -> None:
        self._say(text)
        self._kind, self._reason = "abstained", reason

    def add(self, remark: str) -> None:
        """Say something about the answer below it."""
        self._say(f"\n\n{remark}")

    def fail(self, error: Exception) -> None:
        self._kind, self._error_id = "failed", secrets.token_hex(4)
        self._reason = f"{type(error).__name__}: {error}"
        _log.error("answer_failed", error_id=self._error_id, question=self.question[:200], exc_info=error)
        apology = (
            f"Something went wrong on my side, so this is not a whole answer (error {self._error_id}). "
            if self._text
            else f"Something went wrong on my side, so I cannot answer this now (error {self._error_id}). "
        )
        self._say(
            ("\n\n" if self._text else "")
            + apology
            + "Please ask again in a few minutes. If it happens again, give this number to whoever looks after me: "
            "it is in my log."
        )

    def finished(self) -> Answer:
        return Answer(
            question=self.question,
            kind=self._kind,
            text=self._text,
            citations=tuple(self._citations.citations),
            confidence=self._confidence,
            reason=self._reason,
            passages=self._passages,
            timings_ms={**self._timings, "total": (time.perf_counter() - self._begun) * 1e3},
            embedding_model=self._embedding_model,
            llm=self._llm,
            error_id=self._error_id,
            searched=None if self.searched == self.question else self.searched,
            prompts=tuple(self.prompts),
        )

    def _say(self, piece: str) -> None:
        self._text += piece
        if self._on_text is None:
            return
        try:
            self._on_text(piece)
        except Exception as error:  # noqa: BLE001  # the reader's side broke: the whole text is in the answer
            _log.warning("answer_not_shown", question=self.question[:200], exc_info=error)
            self._on_text = None
