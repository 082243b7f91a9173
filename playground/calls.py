"""The calls that the app made, for tests to look at."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what was asked, what was answered, when (`time.time()`), and the seconds it took."""

    method: str
    arguments: Json
    response: Json
    status: int
    time: float
    seconds: float

    def as_json(self) -> Json:
        """The call as the control API shows it."""
        return asdict(self)


@dataclass(slots=True)
class CallLog:
    """All calls, oldest first. Tokens are left out of the arguments."""

    calls: list[Call] = field(default_factory=list)

    def record(self, method: str, arguments: Json, response: Json, status: int, started: float) -> None:
        """Adds a call that began at `started` (`time.time()`)."""
        shown = {name: value for name, value in arguments.items() if name != "token"}
        self.calls.append(Call(method, shown, response, status, started, time.time() - started))

    def of(self, method: str | None) -> list[Call]:
        """The calls of one method, or all."""
        return [call for call in self.calls if method in (None, call.method)]
