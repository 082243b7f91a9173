"""The log of everything that changes in the workspace, numbered and timed; others watch it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened. `monotonic` is `time.monotonic()`, comparable between processes of one machine."""

    number: int
    kind: str
    channel: str
    ts: str
    user: str
    monotonic: float
    time: float
    data: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        """The change as the control API shows it."""
        return asdict(self)


class ChangeLog:
    """Keeps every change in order and wakes those who wait for the next."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._observers: list[Callable[[Change], None]] = []
        self._more = asyncio.Event()
        self._closed = False

    def subscribe(self, observer: Callable[[Change], None]) -> None:
        """Calls `observer` with each change from now on, in order."""
        self._observers.append(observer)

    def record(self, kind: str, *, channel: str = "", ts: str = "", user: str = "", **data: Any) -> Change:
        """Appends a change, tells the observers, wakes the waiters."""
        change = Change(len(self._changes) + 1, kind, channel, ts, user, time.monotonic(), time.time(), data)
        self._changes.append(change)
        self._wake()
        for observer in self._observers:
            observer(change)
        return change

    @property
    def last(self) -> int:
        """The number of the newest change, 0 when there is none."""
        return len(self._changes)

    def since(self, number: int) -> list[Change]:
        """The changes after `number`."""
        return self._changes[max(number, 0) :]

    async def wait(self, number: int, timeout: float) -> list[Change]:
        """The changes after `number`; waits up to `timeout` seconds for the first of them."""
        if not self.since(number) and not self._closed:
            try:
                await asyncio.wait_for(self._more.wait(), timeout)
            except TimeoutError:
                return []
        return self.since(number)

    async def follow(self, number: int) -> AsyncIterator[Change]:
        """Every change after `number`, for ever (until `close`)."""
        while not self._closed:
            for change in await self.wait(number, timeout=3600):
                number = change.number
                yield change

    def close(self) -> None:
        """Ends every `follow`, so that a server can stop."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()
