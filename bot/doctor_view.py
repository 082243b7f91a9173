"""What `lore doctor` shows: a line for each check."""

from rich.markup import escape

from bot.doctor import Check
from bot.terminal import console, print_json

_MARKS = {"ok": "[green]ok[/green]     ", "wrong": "[bold red]wrong[/bold red]  ", "skipped": "[dim]skipped[/dim]"}


def show_check(check: Check, as_json: bool) -> None:
    """One check, as it is done."""
    if as_json:
        print_json({"check": check.name, "state": check.state, "said": check.said})
    else:
        console.print(f"{_MARKS[check.state]} {escape(check.name)}: {escape(check.said)}")
