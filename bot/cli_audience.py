"""`lore audience …`: what the names in audiences mean in Slack."""

from typing import Annotated

import typer

from bot.command_context import JsonOption, open_database, stop

meanings = typer.Typer(help="The channels and user groups that the names in audiences mean.")


@meanings.callback(invoke_without_command=True)
def audience(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the names that were found in Slack, each with the id of the channel or user group that it means."""
    if context.invoked_subcommand is not None:
        return
    from bot.audience_view import show_pins
    from storage.audience_pins import read_pins

    with open_database() as database:
        pins = read_pins(database)
    show_pins(pins, as_json)


@meanings.command()
def forget(
    name: Annotated[str, typer.Argument(metavar="NAME", help='A name such as "#people" or "@hr".')],
) -> None:
    """Let a name mean what has it in Slack when it is next looked for: after a channel was made anew, say."""
    from bot import terminal
    from storage.audience_pins import unpin

    with open_database() as database:
        if not unpin(database, name):
            stop(f"{name} was found to mean nothing yet; `lore audience` lists the names that were.")
    terminal.say(f"{name} will mean what has this name in Slack when it is next looked for.")
