"""Cron lines, as crontab(5) reads them."""

from apscheduler.triggers.cron import CronTrigger


def cron_trigger(line: str) -> CronTrigger:
    """When a crontab's five fields say, by the clock on the wall of the machine. Raises ValueError for another line."""
    fields = line.split()
    if len(fields) != 5:
        raise ValueError(f"{line!r} has {len(fields)} fields, and a cron line has five")
    return CronTrigger.from_crontab(" ".join([*fields[:4], _weekdays(fields[4])]))


_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekdays(field: str) -> str:
    """Cron's weekdays by their names: cron counts from Sunday = 0, and APScheduler 3 from Monday = 0.

    https://github.com/agronholm/apscheduler/issues/286
    """
    if field == "*":
        return field
    names = []
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0-6" if span == "*" else span).partition("-")
        start = _weekday(first)
        end = _weekday(last) if last else 6 if step else start
        # Friday to Sunday is 5 to 7, by number or by name.
        names += [_WEEKDAYS[day % 7] for day in range(start, end + 1 if end >= start else end + 8, int(step or 1))]
    return ",".join(dict.fromkeys(names))


def _weekday(name: str) -> int:
    try:
        return int(name) if name.isdecimal() and int(name) <= 7 else _WEEKDAYS.index(name)
    except ValueError:
        raise ValueError(f"{name!r} is no weekday: write 0 (Sunday) to 6, or sun to sat") from None
