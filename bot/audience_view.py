"""The names in audiences and what they mean, shown in the terminal."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from bot import terminal
from storage.audience_pins import Pin


def show_pins(pins: Sequence[Pin], as_json: bool) -> None:
    """A table, or one JSON object a line."""
    if as_json:
        for pin in pins:
            terminal.print_json({"name": pin.name, "id": pin.slack_id, "since": pin.pinned_at.isoformat()})
        return
    if not pins:
        terminal.say("No name was looked for in Slack yet.")
        return
    table = Table("name", "means", "since")
    for pin in pins:
        table.add_row(escape(pin.name), escape(pin.slack_id), f"{pin.pinned_at:%Y-%m-%d %H:%M} UTC")
    terminal.console.print(table)
