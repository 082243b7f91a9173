"""Message timestamps, which are Slack's message ids."""

from __future__ import annotations

import time
from collections.abc import Callable


class Timestamps:
    """Gives message timestamps: seconds and microseconds, never twice the same, always growing."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        """The next timestamp, such as `1732428000.000100`."""
        self._last = max(self._last + 1, int(self._clock() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
