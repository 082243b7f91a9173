"""The trigger ids by which an app may open a modal: once each, and soon: Slack gives it three seconds.

https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.errors import SlackError


@dataclass(slots=True)
class Triggers:
    """The trigger ids that were given out, and to whom; each is good for `lifetime` seconds."""

    lifetime: float
    clock: Callable[[], float] = time.monotonic
    _open: dict[str, tuple[str, float]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def new(self, user: str) -> str:
        """A trigger id for something `user` did just now."""
        trigger = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._open[trigger] = (user, self.clock())
        return trigger

    def use(self, trigger: str) -> str:
        """The person whose act it was. Raises SlackError for a trigger that is unknown, was used, or is too old."""
        if trigger in self._used:
            raise SlackError("exchanged_trigger_id")
        user, given = self._open.pop(trigger, ("", 0.0))
        if not user:
            raise SlackError("invalid_trigger_id")
        if self.clock() - given > self.lifetime:
            raise SlackError("expired_trigger_id")
        self._used.add(trigger)
        return user
