"""Keeps the confidence of answers fitted to the corpus and the model that serve, at times when nobody notices."""

import os
import sys
import threading
import time
from contextlib import suppress

import structlog

from bot.answering.fitted_confidence import FittedConfidence
from storage.knowledge import KnowledgeBase

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 60.0
PAUSE_SECONDS = 0.05
"""Between two made questions, so that people's go first also where threads have no priorities."""

_LOW_PRIORITY = 15


class _StoppedError(Exception):
    """Lore is being stopped; the fit is made the next time."""


class CalibrationSchedule:
    """A thread that looks every minute whether a fit is due: after big syncs, and when another version serves."""

    def __init__(self, knowledge: KnowledgeBase, confidence: FittedConfidence) -> None:
        self._knowledge = knowledge
        self._confidence = confidence
        self._stopping = threading.Event()
        self._asked = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="calibration", daemon=True)

    def start(self) -> None:
        """Begin to look, now and every minute."""
        self._thread.start()

    def look_now(self) -> None:
        """Something changed, such as the version that serves."""
        self._asked.set()

    def bring_up_to_date(self) -> None:
        """Fit now, in this thread, where it is due."""
        with suppress(_StoppedError):
            self._look()

    def stop(self) -> None:
        """Look no more; a fit that is being made is given up."""
        self._stopping.set()
        self._asked.set()
        self._thread.join(timeout=LOOK_EVERY_SECONDS)

    def _watch(self) -> None:
        if sys.platform == "linux":  # elsewhere a thread has no rank of its own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOW_PRIORITY)
        while not self._stopping.is_set():
            try:
                self._look()
            except _StoppedError:
                return
            except Exception:  # the outermost layer of a thread: what was fitted before serves, and it looks again
                log.exception("confidence not fitted")
            self._asked.wait(LOOK_EVERY_SECONDS)
            self._asked.clear()

    def _look(self) -> None:
        begun = time.monotonic()
        if self._confidence.bring_up_to_date(self._knowledge, self._go_on):
            seconds = round(time.monotonic() - begun, 1)
            log.info("confidence fitted", model=self._knowledge.serving.name, seconds=seconds)

    def _go_on(self, done: int, total: int) -> None:
        if self._stopping.wait(PAUSE_SECONDS):
            raise _StoppedError
