"""What Slack shows of a source: what it holds, how fresh it is, how far its sync is."""

from datetime import UTC, datetime

from bot.slack.message_link import brief_words
from bot.sources_view import duration
from ingestion.source_status import RunningSync, SourceStatus

_NAME = 100


def holds(status: SourceStatus, documents: int) -> str:
    """A line on a source for somebody who may see `documents` of it."""
    line = f"*{source_name(status.name)}*: {counted(documents, 'document')}, {freshness(status)}"
    return f"{line}, being updated now" if status.running is not None else line


def freshness(status: SourceStatus) -> str:
    """How long ago the source was last read to its end."""
    return "not read yet" if status.age is None else f"up to date as of {duration(status.age.total_seconds())} ago"


def progress(running: RunningSync, *, counts: bool = True) -> str:
    """How far a sync is. Without `counts` it tells of no document: only a share and a time."""
    if running.total is None:
        return "being listed"
    if counts:
        parts = [f"{running.done:.0f} done, {max(0.0, running.total - running.done):.0f} to do"]
        parts.append(f"{running.failed} failed")
        if running.per_second:
            parts.append(f"{running.per_second:.2g} a second")
    else:
        parts = [f"{100 * running.done / running.total:.0f} % done" if running.total else "nothing to do"]
    if running.seconds_left is not None:
        parts.append(f"{duration(running.seconds_left)} left")
    return ", ".join(parts)


def next_run(status: SourceStatus) -> str:
    """When the source is synced next."""
    if status.paused:
        return "paused"
    if status.schedule is None:
        return "synced by hand"
    if status.next_run is None:
        return "not planned yet"
    seconds = (status.next_run - datetime.now(UTC)).total_seconds()
    return f"next in {duration(seconds)}" if seconds > 0 else "due now"


def source_name(name: str) -> str:
    """A source's name in Slack's own mark-up."""
    return brief_words(name, _NAME)


def counted(number: int, what: str) -> str:
    """`1 document`, `2,000 documents`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
