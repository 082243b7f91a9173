"""What `lore sources --errors` shows: the documents that cannot be read, why, and when each is tried again."""

from collections.abc import Sequence
from datetime import datetime

from rich.markup import escape

from bot.terminal import console, print_json, say
from ingestion.failures import Failure, failures
from storage.database import Database


def show_source_errors(database: Database, sources: Sequence[str] = (), as_json: bool = False) -> int:
    """Show the failures of these sources, or of all where none is named; returns how many there are."""
    found = failures(database, sources)
    for failure in found:
        if as_json:
            print_json(_json(failure))
        else:
            console.print(_text(failure))
    if not found and not as_json:
        say("Every document could be read.")
    return len(found)


def _json(failure: Failure) -> dict[str, str | int]:
    return {
        "source": failure.source,
        "document": failure.document,
        "title": failure.title,
        "url": failure.url,
        "error": failure.error,
        "since": failure.since.isoformat(),
        "attempts": failure.attempts,
        "next_try": failure.next_try.isoformat(),
    }


def _text(failure: Failure) -> str:
    times = "once" if failure.attempts == 1 else f"{failure.attempts} times"
    when = f"since {_minute(failure.since)}, tried {times}, again from {_minute(failure.next_try)} or when it changes"
    name = f"[bold]{escape(failure.source)}[/bold] {escape(failure.document)}"
    return f"{name}\n  {escape(failure.error)}\n  [dim]{when}[/dim]"


def _minute(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
