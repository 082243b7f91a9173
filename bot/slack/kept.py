"""What Slack was asked, kept for minutes: asked once though many want it at once, and never more than so much of it."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

KEPT_SECONDS = 300.0
FAILED_SECONDS = 30.0


class NotKnownError(Exception):
    """Slack did not say; the message is its word for why. Whoever needs it to let somebody see more, lets them not."""


@dataclass
class _Entry(Generic[V]):
    asking: threading.Lock = field(default_factory=threading.Lock)
    until: float = 0.0
    value: V | None = None
    failure: str | None = None


class Kept(Generic[K, V]):
    """The values of at most `most` keys, each for `seconds`, the least wanted given up first. Safe to share between
    threads."""

    def __init__(self, most: int, seconds: float = KEPT_SECONDS, failed_seconds: float = FAILED_SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._failed_seconds = failed_seconds
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, ask: Callable[[], V]) -> V:
        """The value of the key, from `ask` where it is not kept; a NotKnownError that `ask` raises is kept too."""
        entry = self._entry(key)
        with entry.asking:
            if time.monotonic() >= entry.until:
                try:
                    entry.value, entry.failure, seconds = ask(), None, self._seconds
                except NotKnownError as error:
                    entry.value, entry.failure, seconds = None, str(error), self._failed_seconds
                entry.until = time.monotonic() + seconds
            value, failure = entry.value, entry.failure
        if failure is not None:
            raise NotKnownError(failure)
        return value  # type: ignore[return-value]  # V itself may be None

    def drop(self, key: K) -> None:
        """Ask anew the next time. What is being asked at this moment is not kept."""
        with self._lock:
            self._entries.pop(key, None)

    def drop_where(self, matches: Callable[[K], bool]) -> None:
        """Ask anew for all keys that match."""
        with self._lock:
            for key in [key for key in self._entries if matches(key)]:
                del self._entries[key]

    def _entry(self, key: K) -> _Entry[V]:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
            return entry
