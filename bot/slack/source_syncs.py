"""Syncs that an admin starts from Slack: each on a thread of its own, told of as it goes on."""

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from bot.slack.reply import new_error_id
from bot.slack.source_words import counted, source_name
from bot.sources_view import duration
from ingestion.interruption import Interruption
from ingestion.sync import Progress, Source, SyncError, SyncReport, Syncs
from storage.document import Audience

_log = structlog.get_logger(__name__)

TOLD_AFTER_SECONDS = (15.0, 120.0, 600.0)
"""When a sync that goes on is told of. An address for answers to a command takes five: these, and the end."""

STOP_SECONDS = 25.0

Tell = Callable[[str], None]


class SourceSyncs:
    """Starts syncs of the configured sources, until `stop`. Of one that runs already, its lease tells who has it."""

    def __init__(self, syncs: Syncs | None, sources: Sequence[Source]) -> None:
        self._syncs = syncs
        self._sources = {source.name: source for source in sources}
        self._stopping = threading.Event()
        self._running: set[threading.Thread] = set()

    @property
    def names(self) -> list[str]:
        """The sources that can be synced."""
        return list(self._sources) if self._syncs is not None else []

    def audience(self, name: str) -> Audience:
        """Who may see what the source of this name holds, where its documents do not say otherwise."""
        return self._sources[name].audience

    def start(self, name: str, tell: Tell, *, counts: bool) -> bool:
        """Sync the source of this name; False where there is none. `tell` gets how it goes on and how it ended.

        Without `counts`, it tells of no document: whoever started it may see none of the source.
        """
        source = self._sources.get(name)
        if source is None or self._syncs is None or self._stopping.is_set():
            return False
        work = partial(self._sync, self._syncs, source, tell, counts)
        thread = threading.Thread(target=work, name=f"sync-from-slack-{name}", daemon=True)
        self._running.add(thread)
        thread.start()
        return True

    def stop(self) -> None:
        """Stop what runs, between two documents: the next sync goes on from there."""
        self._stopping.set()
        give_up = time.monotonic() + STOP_SECONDS
        for thread in list(self._running):
            thread.join(max(0.0, give_up - time.monotonic()))

    def _sync(self, syncs: Syncs, source: Source, tell: Tell, counts: bool) -> None:
        try:
            tell(self._outcome(syncs, source, tell, counts))
        except Exception as error:  # noqa: BLE001 - the outermost layer of a thread
            _log.error("sync.end_not_told", source=source.name, exc_info=error)
        finally:
            self._running.discard(threading.current_thread())

    def _outcome(self, syncs: Syncs, source: Source, tell: Tell, counts: bool) -> str:
        name, begun = source_name(source.name), time.monotonic()
        due = list(TOLD_AFTER_SECONDS)

        def on_progress(progress: Progress) -> None:
            if self._stopping.is_set():
                raise Interruption("Lore was stopped; the next sync goes on from there.")
            seconds = time.monotonic() - begun
            if due and seconds >= due[0]:
                while due and seconds >= due[0]:
                    due.pop(0)
                _told(tell, f"*{name}*: {_progress(progress, seconds, counts)}.")

        try:
            report = syncs.sync(source, on_progress)
        except SyncError as error:
            return f"I did not sync *{name}*: {error}"
        except Exception as error:  # noqa: BLE001 - the outermost layer: the admin is told, and the log says more
            error_id = new_error_id()
            _log.error("sync.broke", source=source.name, error_id=error_id, exc_info=error)
            return f"The sync of *{name}* broke (error id: `{error_id}`); the log says why."
        return _ended(name, report, counts)


def _told(tell: Tell, words: str) -> None:
    try:
        tell(words)
    except Exception as error:  # noqa: BLE001 - news that cannot be told must not end the sync
        _log.warning("sync.progress_not_told", error=f"{type(error).__name__}: {error}")


def _progress(progress: Progress, seconds: float, counts: bool) -> str:
    share = progress.done / progress.total if progress.total else 1.0
    left = f", {duration(seconds * (1 - share) / share)} left" if share > 0 else ""
    if not counts:
        return f"{100 * share:.0f} % done{left}"
    return f"{progress.done:.0f} of {counted(progress.total, 'changed document')} done{left}"


def _ended(name: str, report: SyncReport, counts: bool) -> str:
    if report.error is not None:
        why = report.error if counts else "`lore sources` on the server says why"
        return f"The sync of *{name}* stopped: {why}"
    took = f"in {duration(report.seconds)}"
    if not counts:
        return f"*{name}* is up to date, {took}."
    did = f"{report.added:,} added, {report.changed:,} changed, {report.removed:,} removed"
    failed = f", {counted(report.failed, 'document')} could not be read" if report.failed else ""
    return f"*{name}* is up to date: {counted(report.listed, 'document')}, {did}{failed}, {took}."
