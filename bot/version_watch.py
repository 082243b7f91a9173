"""Keeps this process on the version of the embedding model that serves, whichever process switched to it."""

import threading

import structlog

from storage.knowledge import KnowledgeBase

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 5.0


class VersionWatch:
    """A thread that finishes a promotion which a killed process began, then looks every few seconds.

    Without `finishes`, it leaves promotions to the process that learns, which may be in the midst of one.
    """

    def __init__(self, knowledge: KnowledgeBase, *, finishes: bool = True) -> None:
        self._knowledge = knowledge
        self._finishes = finishes
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="version-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more. A promotion that is being finished goes on at the next start."""
        self._stopping.set()
        self._thread.join(timeout=LOOK_EVERY_SECONDS)

    def _watch(self) -> None:
        try:
            promoted = self._knowledge.resume() if self._finishes else None
            if promoted is not None:
                log.info("promotion finished", version=promoted.name)
        except Exception:  # the outermost layer of a thread: what served before goes on
            log.exception("promotion not finished")
        while not self._stopping.wait(LOOK_EVERY_SECONDS):
            try:
                self._knowledge.follow()
            except Exception:  # the outermost layer of a thread: it looks again
                log.exception("version not followed")
