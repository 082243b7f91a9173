"""When something changed, as services, files and documents write it: read one way, or not at all."""

from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1990, 1, 2, tzinfo=UTC)
"""What is earlier is a clock that was not set, or the day that archives give files which have none."""

_TOO_LATE = timedelta(days=1)
"""From now on: later is a mistake, and an hour is a time zone that was left out."""

_MILLISECONDS = 1e11
"""A number from here on counts milliseconds since 1970: as seconds it would be the year 5138."""


_IN_WORDS = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")


def moment(value: object) -> datetime | None:
    """The moment that a value tells, in UTC; None where it tells none, or one that cannot be.

    Understood are dates and datetimes, ISO 8601, HTTP's and e-mail's dates, English ones such as "3 May 2024", and
    seconds or milliseconds since 1970. A day is its noon in UTC, so that it is that day in most places; what has no
    time zone is UTC.
    """
    found = _read(value)
    if found is None:
        return None
    found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return found if EARLIEST <= found <= datetime.now(UTC) + _TOO_LATE else None


def _read(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(12), UTC)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()[:60]
    for read in (_number, _iso, _in_words, _http):
        try:
            return read(text)
        except (ValueError, TypeError, OverflowError, OSError):
            continue
    return None


def _number(text: str) -> datetime:
    number = float(text)
    return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)


def _iso(text: str) -> datetime:
    if len(text) == len("2024-05-03"):
        return datetime.combine(date.fromisoformat(text), time(12), UTC)
    return datetime.fromisoformat(text)


def _http(text: str) -> datetime:
    return parsedate_to_datetime(text)


def _in_words(text: str) -> datetime:
    for form in _IN_WORDS:
        try:
            return datetime.strptime(text, form).replace(hour=12, tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(text)
