"""The threads that answer questions, so that whoever takes a question in never waits for an answer."""

import threading
import time
from bisect import insort
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import count
from queue import SimpleQueue

from bot.slack.private_answer import is_private
from storage.questions import Pending

RETRY_SECONDS = 60.0
"""Before a question that Slack could not take the reply to is tried again."""

Settle = Callable[[Pending, bool], bool]
"""Brings a question to its end; the flag says that it was tried before. False: try again later."""


@dataclass(frozen=True)
class _Job:
    number: int
    pending: Pending
    resumed: bool

    @property
    def asked_at(self) -> tuple[str, int]:
        return self.pending.asked.ts, self.number


class Workers:
    """A fixed number of threads, and the questions that wait for them.

    The questions of a thread are answered one after the other, as they were asked; threads take turns.
    """

    def __init__(self, settle: Settle, size: int, retry_seconds: float = RETRY_SECONDS) -> None:
        self._settle = settle
        self.retry_seconds = retry_seconds
        self._numbers = count()
        self._lanes: dict[Hashable, list[_Job]] = {}
        """What waits in each thread that has a question waiting or in hand."""
        self._waiting: dict[int, _Job] = {}
        self._turns: SimpleQueue[Hashable | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"answer-{n}", daemon=True) for n in range(size)]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def submit(self, pending: Pending, *, resumed: bool = False) -> None:
        """Have a question answered. Returns at once."""
        lane = _lane(pending)
        with self._lock:
            job = _Job(next(self._numbers), pending, resumed)
            self._waiting[job.number] = job
            if lane in self._lanes:
                insort(self._lanes[lane], job, key=lambda each: each.asked_at)
            else:
                self._lanes[lane] = [job]
                self._turns.put(lane)

    def waiting(self) -> int:
        """How many questions no thread has taken up yet."""
        return len(self._waiting)

    def in_line(self) -> list[Pending]:
        """The questions that no thread has taken up yet, about in the order in which they will be."""
        with self._lock:
            return [job.pending for job in self._waiting.values()]

    def stop(self, seconds: float) -> bool:
        """Finish what is in hand, for at most `seconds`; what waits stays recorded. Whether all threads ended."""
        self._stopping.set()
        for _ in self._threads:
            self._turns.put(None)
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (lane := self._turns.get()) is not None and not self._stopping.is_set():
            with self._lock:
                job = self._lanes[lane].pop(0)
                del self._waiting[job.number]
            try:
                if not self._settle(job.pending, job.resumed):
                    self._submit_later(job.pending)
            finally:
                self._end_turn(lane)

    def _end_turn(self, lane: Hashable) -> None:
        with self._lock:
            if self._lanes[lane]:
                self._turns.put(lane)
            else:
                del self._lanes[lane]

    def _submit_later(self, pending: Pending) -> None:
        timer = threading.Timer(self.retry_seconds, lambda: self.submit(pending, resumed=True))
        timer.daemon = True
        timer.start()


def _lane(pending: Pending) -> Hashable:
    """The thread that the question is in; a command has none, and waits for no other."""
    asked = pending.asked
    return (asked.channel, pending.id) if is_private(asked) else (asked.channel, asked.thread_ts or asked.ts)
