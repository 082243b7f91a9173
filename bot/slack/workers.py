"""The threads that answer questions, so that whoever takes a question in never waits for an answer."""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

from storage.questions import Pending

RETRY_SECONDS = 60.0
"""Before a question that Slack could not take the reply to is tried again."""

Settle = Callable[[Pending, bool], bool]
"""Brings a question to its end; the flag says that it was tried before. False: try again later."""


class Workers:
    """A fixed number of threads and a queue of questions, answered in the order in which they came."""

    def __init__(self, settle: Settle, size: int, retry_seconds: float = RETRY_SECONDS) -> None:
        self._settle = settle
        self.retry_seconds = retry_seconds
        self._queue: SimpleQueue[tuple[Pending, bool] | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"answer-{n}", daemon=True) for n in range(size)]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def submit(self, pending: Pending, *, resumed: bool = False) -> None:
        """Have a question answered. Returns at once."""
        self._queue.put((pending, resumed))

    def waiting(self) -> int:
        """How many questions no thread has taken up yet."""
        return self._queue.qsize()

    def stop(self, seconds: float) -> bool:
        """Finish what is in hand, for at most `seconds`; what waits stays recorded. Whether all threads ended."""
        self._stopping.set()
        for _ in self._threads:
            self._queue.put(None)
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (taken := self._queue.get()) is not None and not self._stopping.is_set():
            pending, resumed = taken
            if not self._settle(pending, resumed):
                self._submit_later(pending)

    def _submit_later(self, pending: Pending) -> None:
        timer = threading.Timer(self.retry_seconds, lambda: self.submit(pending, resumed=True))
        timer.daemon = True
        timer.start()
