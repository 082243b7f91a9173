"""What was answered well is said again at once to who asks the same, as long as its documents are the same."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import structlog

from bot.answering.age import day
from bot.answering.context import ALONE, Context
from bot.answering.same_question import SAME, is_same_question, read_question
from learning.question_vectors import load_vectors, text_digest
from learning.voted_questions import Standing, votes_standing
from storage.channel_settings import ChannelSettingsLog
from storage.database import Database
from storage.document import Audience
from storage.earlier_answers import EarlierAnswers, LikedAnswer
from storage.embedder import Embedder, Vectors
from storage.questions import Answer, Answered

OnText = Callable[[str], None]

MARK = "_Answered before, on {}; the documents have not changed since._"

_log = structlog.get_logger(__name__)


class Answers(Protocol):
    """What answers a question that was not answered before (bot.answering.answer.Answerer)."""

    def answer(
        self, question: str, audience: Audience, on_text: OnText | None = None, context: Context = ALONE
    ) -> Answer: ...


@dataclass(frozen=True)
class _Known:
    """The liked answers by what has to be the same of their questions, and the votes they are of."""

    standing: Standing | None = None
    by_key: dict[tuple[object, ...], list[LikedAnswer]] = field(default_factory=dict)


class AnsweredBefore:
    """Gives liked answers again, and has all else answered by `answers`. Safe to share between threads.

    A question in its thread is always answered anew: it means what it does there.
    """

    def __init__(self, answers: Answers, database: Database, embedder: Embedder) -> None:
        self._answers = answers
        self._database = database
        self._embedder = embedder
        self._earlier = EarlierAnswers(database)
        self._settings = ChannelSettingsLog(database)
        self._known = _Known()

    def answer(
        self, question: str, audience: Audience, on_text: OnText | None = None, context: Context = ALONE
    ) -> Answer:
        """As Answerer.answer: never raises, and `on_text` is told all of the text."""
        begun = time.perf_counter()
        try:
            found = self._find(question, audience, context)
        except Exception as error:  # noqa: BLE001  # whatever it is, the question is answered as if it were the first
            _log.warning("answered_before.not_looked_up", exc_info=error)
            found = None
        if found is None:
            return self._answers.answer(question, audience, on_text, context)
        liked, answered = found
        answer = _again(question, liked, answered, (time.perf_counter() - begun) * 1e3)
        if on_text is not None:
            try:
                on_text(answer.text)
            except Exception as error:  # noqa: BLE001  # the reader's side broke: the whole text is in the answer
                _log.warning("answer_not_shown", question=question[:200], exc_info=error)
        return answer

    def _find(self, question: str, audience: Audience, context: Context) -> tuple[LikedAnswer, Answered] | None:
        """The newest liked answer to a question that means the same, if it is still so."""
        if context.turns or context.is_part:
            return None
        read = read_question(question)
        candidates = [
            liked
            for liked in self._liked().by_key.get(read.key, ())
            if is_same_question(read, read_question(liked.question))
        ]
        if not candidates:
            return None
        vector = _unit(self._embedder.embed_question(question))
        for liked in candidates:
            if float(vector @ self._vector(liked.question)) < SAME:
                continue
            if self._settings.of(liked.team, liked.channel).language != context.language:
                continue
            answered = self._earlier.unchanged(liked, audience, context.sources)
            if answered is not None:
                return liked, answered
        return None

    def _liked(self) -> _Known:
        """The liked answers as they stand now: read again whenever a vote was cast, changed or withdrawn."""
        standing = votes_standing(self._database)
        known = self._known
        if known.standing != standing:
            by_key: dict[tuple[object, ...], list[LikedAnswer]] = {}
            for liked in self._earlier.liked():
                by_key.setdefault(read_question(liked.question).key, []).append(liked)
            known = self._known = _Known(standing, by_key)
        return known

    def _vector(self, question: str) -> Vectors:
        """A voted question's vector, (dimension,): most are kept, as votes on them are felt."""
        model, digest = self._embedder.name, text_digest(question)
        kept = load_vectors(self._database, model, [digest], self._embedder.dimension).get(digest)
        return _unit(self._embedder.embed_question(question) if kept is None else kept)


def _again(question: str, liked: LikedAnswer, answered: Answered, ms: float) -> Answer:
    """The same words and citations, marked, for this question. What it does not cite may not be for this asker."""
    first = answered.answer
    passages = tuple(sorted((one.passage for one in first.citations), key=lambda passage: passage.rank))
    mark = MARK.format(day(liked.asked_at))
    return replace(
        first,
        question=question,
        text=f"{first.text}\n\n{mark}",
        passages=passages,
        reason=f"Answer {liked.answer_id}, which was liked, is given again: {first.reason}",
        timings_ms={"embed": 0.0, "search": 0.0, "write": 0.0, "ground": 0.0, "total": ms},
        searched=None,
        repeats=liked.answer_id,
    )


def _unit(vector: Vectors) -> Vectors:
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit
