"""What `lore sources --conflicts` shows: sentences of the documents that disagree, as questions met them."""

from rich.markup import escape

from bot.answering.age import changed, day
from bot.contract import Json
from bot.terminal import console, print_json, say
from storage.conflicts import ConflictLog, KnownConflict, Side
from storage.database import Database


def show_conflicts(database: Database, as_json: bool) -> None:
    """Show the conflicts that stand, the last met first."""
    standing = ConflictLog(database).standing()
    for conflict in standing:
        if as_json:
            print_json(conflict_json(conflict))
        else:
            console.print(_text(conflict))
    if not standing and not as_json:
        say("No question has met documents that disagree.")


def conflict_json(conflict: KnownConflict) -> Json:
    """{"about", "sentences", "met", "first_met_at", "last_met_at"}; the newer document's sentence comes first."""
    return {
        "about": conflict.about,
        "sentences": [
            {
                "source": side.source,
                "document": side.document,
                "title": side.title,
                "url": side.url,
                "changed_at": None if side.changed_at is None else side.changed_at.isoformat(),
                "sentence": side.sentence,
            }
            for side in conflict.sides
        ],
        "met": conflict.met,
        "first_met_at": conflict.first_met_at.isoformat(),
        "last_met_at": conflict.last_met_at.isoformat(),
    }


def _text(conflict: KnownConflict) -> str:
    times = "once" if conflict.met == 1 else f"{conflict.met} times"
    head = (
        f"[bold]They disagree on {_what(conflict)}[/bold] [dim](met {times}, last on {day(conflict.last_met_at)})[/dim]"
    )
    return "\n".join([head, *(_side(side) for side in conflict.sides)])


def _what(conflict: KnownConflict) -> str:
    return "yes and no" if conflict.about == "yes or no" else f"a {conflict.about}"


def _side(side: Side) -> str:
    when = f", {changed(side.changed_at)}" if side.changed_at else ""
    return f"  {escape(side.sentence)}\n    [dim]{escape(side.title)}{when}  {escape(side.url)}[/dim]"
