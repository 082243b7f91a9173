"""What goes wrong on purpose: rate limits, failures, slowness, missing methods, double deliveries."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.errors import RateLimitedError, SlackError

STREAM_METHODS = frozenset({"chat.startStream", "chat.appendStream", "chat.stopStream"})
POSTING_METHODS = frozenset({"chat.postMessage", "chat.startStream", "chat.postEphemeral"})


@dataclass(slots=True)
class Fault:
    """How the next `times` calls of a method go wrong; `times` None means until it is cleared.

    `error` is a Slack error code, `status` an HTTP status with no JSON body, `delay` seconds before the answer.
    `after` makes the call take effect before it fails, as when an answer is lost on its way back.
    """

    method: str
    times: int | None = 1
    error: str | None = None
    status: int | None = None
    retry_after: int | None = None
    delay: float = 0.0
    after: bool = False


class ServerFailureError(SlackError):
    """An HTTP error with a body that is not JSON, as a broken proxy gives."""

    def __init__(self, status: int) -> None:
        super().__init__("internal_error", status=status)


@dataclass(slots=True)
class Faults:
    """The faults that are set now."""

    streaming: bool = True
    strict_rate: bool = False
    duplicate_events: int = 0
    pending: list[Fault] = field(default_factory=list)
    _last_post: dict[str, float] = field(default_factory=dict)
    _clock: Callable[[], float] = time.monotonic

    def clear(self) -> None:
        """Everything works again."""
        self.streaming, self.strict_rate, self.duplicate_events = True, False, 0
        self.pending.clear()
        self._last_post.clear()

    def take(self, method: str) -> Fault | None:
        """The fault this call of the method meets, counted down, or None."""
        fault = next((fault for fault in self.pending if fault.method in (method, "*")), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.pending.remove(fault)
        return fault

    def take_duplicate(self) -> bool:
        """Whether the next event is to be delivered twice, counted down."""
        if self.duplicate_events <= 0:
            return False
        self.duplicate_events -= 1
        return True

    def check_rate(self, method: str, channel: str) -> None:
        """In strict mode, raises RateLimitedError for a second message to a channel within one second.

        https://docs.slack.dev/apis/web-api/rate-limits: "no more than one message per second per channel".
        """
        if not self.strict_rate or method not in POSTING_METHODS:
            return
        now = self._clock()
        if now - self._last_post.get(channel, -1.0) < 1.0:
            raise RateLimitedError(1)
        self._last_post[channel] = now


def raise_fault(fault: Fault) -> None:
    """Raises what the fault says, if it says anything but slowness."""
    if fault.retry_after is not None:
        raise RateLimitedError(fault.retry_after)
    if fault.status is not None:
        raise ServerFailureError(fault.status)
    if fault.error is not None:
        raise SlackError(fault.error)
