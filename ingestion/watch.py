"""Folders that are watched: a source is synced as soon as something in its folder has changed and come to rest."""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from watchfiles import Change, watch

from ingestion.connectors.files import FilesConnector
from ingestion.connectors.paths import is_hidden
from ingestion.sync import Source

log = structlog.get_logger()

REST_MILLISECONDS = 500
"""Without a change, before changes are told: who saves a file, or unpacks an archive, makes many at once."""

MOST_MILLISECONDS = 10_000
"""After the first change, it is told, however many go on to follow."""

LOOK_SECONDS = 5.0
"""Between two looks whether the folder is still the one that is watched: nothing tells that it was replaced."""

PAUSE_SECONDS = 5.0
"""After a change was acted on: a file that is written to all the time does not keep its source busy all the time."""

FAILED_SECONDS = 60.0
"""Until a folder that could not be watched (by the system's limit, say) is tried again, and told as if it changed."""

AGAIN_SECONDS = 5.0
"""Until a change is told again that could not be acted on."""


class Watches:
    """Calls `on_change` with each files source that has `watch = true` when something in its folder has changed.

    `on_change` is called on a thread of the source's own, for one change after the other; what changes meanwhile is
    told once it returned. Where it returns False (the source is being synced already, say), it is called again. A
    folder that is not there is waited for, and a change when it comes.
    """

    def __init__(self, sources: Sequence[Source], on_change: Callable[[Source], bool]) -> None:
        self._on_change = on_change
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(source, source.connector), name=f"watch {source.name}")
            for source in sources
            if isinstance(source.connector, FilesConnector) and source.connector.watch
        ]

    def start(self) -> None:
        """Watch from now on; what changed before is left to the schedule."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Watch no more, and wait for what `on_change` is doing."""
        self._stopping.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _watch(self, source: Source, connector: FilesConnector) -> None:
        unseen = False
        while not self._stopping.is_set():
            try:
                self._while_the_same(source, connector.path, unseen)
                pause = LOOK_SECONDS if _identity(connector.path) is None else 0.0
            except Exception:  # the outermost layer of a thread: it watches on whatever happened
                log.exception("folder not watched", source=source.name, folder=str(connector.path))
                pause = FAILED_SECONDS
            unseen = True
            self._stopping.wait(pause)

    def _while_the_same(self, source: Source, folder: Path, unseen: bool) -> None:
        """Tell changes in the folder, until it is another one or is gone; and once if it was `unseen` before."""
        begun = _identity(folder)
        if begun is None:
            return
        root = os.path.realpath(folder)

        def is_ours(change: Change, path: str) -> bool:
            return not any(is_hidden(name) for name in Path(path.removeprefix(root)).parts)

        for changes in watch(
            root,
            watch_filter=is_ours,
            debounce=MOST_MILLISECONDS,
            step=REST_MILLISECONDS,
            rust_timeout=int(LOOK_SECONDS * 1000),
            yield_on_timeout=True,
            stop_event=self._stopping,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            if _identity(folder) != begun:
                return
            if changes or unseen:
                unseen = False
                self._tell(source)
                self._stopping.wait(PAUSE_SECONDS)

    def _tell(self, source: Source) -> None:
        while not self._stopping.is_set() and not self._on_change(source):
            self._stopping.wait(AGAIN_SECONDS)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
