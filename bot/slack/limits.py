"""How many questions one person may ask in a minute and in a day."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

A_MINUTE = 60.0
A_DAY = 86_400.0
_SILENT = 3_600.0
_REMEMBERED = 10_000


@dataclass(frozen=True)
class Refusal:
    """A question that is not taken. `said` tells its asker why; None where they were told a moment ago."""

    said: str | None


@dataclass
class _Person:
    asked: deque[tuple[float, Hashable]] = field(default_factory=deque)
    told_until: dict[float, float] = field(default_factory=dict)


class Limits:
    """Counts what each person asks, for as long as the process runs. 0 is no limit. Safe to share between threads."""

    def __init__(self, a_minute: int, a_day: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = [(A_MINUTE, a_minute, "minute"), (A_DAY, a_day, "day")]
        self._clock = clock
        self._people: OrderedDict[str, _Person] = OrderedDict()
        self._lock = threading.Lock()

    def refusal(self, user: str, message: Hashable) -> Refusal | None:
        """None where the person's question is taken; `message` names it, so that a second copy of it counts once."""
        now = self._clock()
        with self._lock:
            person = self._person(user)
            while person.asked and person.asked[0][0] <= now - A_DAY:
                person.asked.popleft()
            if any(known == message for _, known in person.asked):
                return None
            for window, most, name in self._limits:
                recent = [at for at, _ in person.asked if at > now - window]
                if most and len(recent) >= most:
                    wait = recent[len(recent) - most] + window - now
                    return Refusal(_told(person, window, now, f"{_count(most)} within a {name}", wait))
            person.asked.append((now, message))
            return None

    def _person(self, user: str) -> _Person:
        person = self._people.setdefault(user, _Person())
        self._people.move_to_end(user)
        while len(self._people) > _REMEMBERED:
            self._people.popitem(last=False)
        return person


def _told(person: _Person, window: float, now: float, asked: str, wait: float) -> str | None:
    """Once in a window, or an hour where that is shorter."""
    if now < person.told_until.get(window, now):
        return None
    person.told_until[window] = now + min(window, _SILENT)
    return (
        f"You have asked me {asked}, which is as many as I take from one person, so I have left out your last one. "
        f"Please ask again in {_duration(wait)}."
    )


def _count(questions: int) -> str:
    return "one question" if questions == 1 else f"{questions} questions"


def _duration(seconds: float) -> str:
    for size, name in ((3_600.0, "hour"), (60.0, "minute")):
        if seconds > 1.5 * size:
            return f"about {round(seconds / size)} {name}s"
    return "a minute" if seconds > 45 else f"{max(1, round(seconds))} seconds"
