"""The confidence that was fitted for the knowledge base as it is: read from the tables, made anew when it is due."""

import threading
import time
from collections.abc import Callable

from bot.answering.calibrate import FEWEST, Calibrated, calibrate
from bot.answering.confidence import SHIPPED, Confidence, Features
from bot.answering.made_questions import made_questions
from storage.confidence_fits import ConfidenceFit, ConfidenceFits
from storage.database import Database
from storage.knowledge import KnowledgeBase

MADE = 240
"""Chunks that questions are made from (docs/decisions/abstention.md)."""

BIG_SYNC = 0.2
"""A corpus that grew or shrank by this share since the fit is another one."""

LOOK_EVERY_SECONDS = 10.0
"""How soon a fit that another process made is used."""


class FittedConfidence:
    """The confidence of each version of the model. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._fits = ConfidenceFits(database)
        self._looked: dict[str, tuple[float, Confidence]] = {}
        self._calibrating = threading.Lock()

    def __call__(self, model: str) -> Confidence:
        """What was fitted for this version, or else the shipped one."""
        at, confidence = self._looked.get(model, (float("-inf"), SHIPPED))
        if time.monotonic() - at >= LOOK_EVERY_SECONDS:
            confidence = _read(self._fits.of(model))
            self._looked[model] = (time.monotonic(), confidence)
        return confidence

    def fitted_on(self, model: str) -> int | None:
        """Of how many made questions this version's confidence was fitted; None where the shipped one serves."""
        fit = self._fits.of(model)
        return None if fit is None or _read(fit) is SHIPPED else fit.questions

    def is_due(self, knowledge: KnowledgeBase) -> bool:
        """Whether the version that serves has no fit, or the corpus has become another one since."""
        fit = self._fits.of(knowledge.serving.name)
        chunks = knowledge.count_chunks()
        return chunks > 0 and (fit is None or abs(chunks - fit.chunks) >= BIG_SYNC * fit.chunks)

    def calibrate(self, knowledge: KnowledgeBase, on_read: Callable[[int, int], None]) -> Calibrated | None:
        """Fit anew and use it from now on; None where the corpus is too small, so that the shipped one serves.

        `on_read` is told how many of how many made questions were read, and may raise to stop: nothing is changed then.
        """
        with self._calibrating:
            return self._calibrate(knowledge, on_read)

    def bring_up_to_date(self, knowledge: KnowledgeBase, on_read: Callable[[int, int], None]) -> bool:
        """Calibrate where it is due; returns whether it was."""
        with self._calibrating:
            due = self.is_due(knowledge)
            if due:
                self._calibrate(knowledge, on_read)
            return due

    def _calibrate(self, knowledge: KnowledgeBase, on_read: Callable[[int, int], None]) -> Calibrated | None:
        version, chunks = knowledge.serving, knowledge.count_chunks()
        made = list(made_questions(self._database, version.id, MADE))
        calibrated = None
        if len(made) >= FEWEST:
            everyone = knowledge.everyone_known()
            calibrated = calibrate(knowledge, made, everyone, lambda done: on_read(done, len(made)))
        fit = {} if calibrated is None else _written(calibrated)
        self._fits.keep(version.id, ConfidenceFit(fit, chunks, len(made)))
        self._looked.clear()
        return calibrated


def _written(calibrated: Calibrated) -> dict[str, object]:
    confidence = calibrated.confidence
    return {"weights": confidence.weights._asdict(), "bias": confidence.bias, "auroc": calibrated.auroc}


def _read(kept: ConfidenceFit | None) -> Confidence:
    """The shipped one where the fit is empty, or of other features than this code has."""
    if kept is None or not kept.fit or kept.fit["weights"].keys() != set(Features._fields):
        return SHIPPED
    return Confidence(Features(**kept.fit["weights"]), kept.fit["bias"])
