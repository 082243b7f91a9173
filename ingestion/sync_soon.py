"""One source synced as soon as something tells that it changed: what people save, the next who asks is to find."""

import threading
from collections.abc import Callable

import structlog

from ingestion.sync import Source

log = structlog.get_logger()

AGAIN_SECONDS = 1.0
"""Until a sync is tried again that found its source being synced already."""


class SyncSoon:
    """Calls `sync_now` with the source after each `soon`, on a thread of its own; what changes meanwhile comes next.

    Where `sync_now` returns False (the source is being synced already, say), it is called again.
    """

    def __init__(self, source: Source, sync_now: Callable[[Source], bool]) -> None:
        self._source = source
        self._sync_now = sync_now
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"sync {source.name} soon", daemon=True)

    def start(self) -> None:
        """Sync from now on."""
        self._thread.start()

    def soon(self) -> None:
        """The source has changed. Returns at once."""
        self._changed.set()

    def stop(self) -> None:
        """Sync no more, and wait for the sync that runs."""
        self._stopping.set()
        self._changed.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _follow(self) -> None:
        while self._changed.wait() and not self._stopping.is_set():
            self._changed.clear()
            try:
                while not self._sync_now(self._source) and not self._stopping.wait(AGAIN_SECONDS):
                    pass
            except Exception:  # the outermost layer of a thread: it goes on with the next change
                log.exception("sync failed", source=self._source.name)
