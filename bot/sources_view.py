"""What `lore sources` shows: a line a source, and below it what runs or went wrong."""

from datetime import UTC, datetime, timedelta

from rich.markup import escape
from rich.table import Table

from bot.contract import Json
from bot.terminal import console, print_json

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def show_sources(sources: list[Json], as_json: bool) -> None:
    """All sources, each as `lore sources --json` prints it."""
    if as_json:
        for source in sources:
            print_json(source)
        return
    if not sources:
        console.print("There is no source: lore.toml names none.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("source", "documents", "chunks", "failed", "last good sync", "next run", "audience"):
        table.add_column(name, justify="right" if name in ("documents", "chunks", "failed") else "left")
    for source in sources:
        failed = source["failed_documents"]
        table.add_row(
            escape(source["name"]),
            f"{source['documents']:,}",
            f"{source['chunks']:,}",
            f"[red]{failed:,}[/red]" if failed else "0",
            "never" if source["age_seconds"] is None else f"{duration(source['age_seconds'])} ago",
            _next_run(source),
            escape(", ".join(source["audience"]) or "nobody"),
        )
    console.print(table)
    for source in sources:
        for line in _more(source):
            console.print(line)


def duration(seconds: float) -> str:
    """`3 min`: how long, in the largest unit that it fills."""
    unit, size = next((unit for unit in _UNITS if seconds >= unit[1]), ("s", 1))
    return f"{int(seconds // size)} {unit}"


def _next_run(source: Json) -> str:
    if not source["configured"]:
        return "[yellow]not in lore.toml[/yellow]"
    if source["paused"]:
        return "[yellow]paused[/yellow]"
    if source["schedule"] is None:
        return "by hand"
    if source["next_run"] is None:
        return "not planned yet"
    seconds = (datetime.fromisoformat(source["next_run"]) - datetime.now(UTC)) / timedelta(seconds=1)
    return f"in {duration(seconds)}" if seconds > 0 else "due"


def _more(source: Json) -> list[str]:
    name, lines = escape(source["name"]), []
    if (running := source["running"]) is not None:
        parts = [f"{running['done']:g} of {running['total']} documents" if running["total"] is not None else "listing"]
        if running["failed"]:
            parts.append(f"{running['failed']} failed")
        if running["per_second"]:
            parts.append(f"{running['per_second']:g} a second")
        if running["seconds_left"] is not None:
            parts.append(f"{duration(running['seconds_left'])} left")
        lines.append(f"{name}: syncing, {', '.join(parts)}; by {escape(running['holder'] or 'another process')}")
    if source["last_error"]:
        lines.append(f"[red]{name}: {escape(source['last_error'])}[/red]")
    if not source["configured"]:
        lines.append(
            f"{name} is not in lore.toml, and still answers; `lore sources remove {name}` deletes its documents."
        )
    return lines
