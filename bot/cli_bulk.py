"""`lore bulk`: the first load of large sources, on Ray Data."""

from typing import Annotated

import typer

from bot.command_context import JsonOption, read_settings, said_plainly


def bulk(
    sources: Annotated[list[str], typer.Argument(help="Names of sources.")],
    allow_removals: Annotated[
        bool, typer.Option("--allow-removals", help="Delete even more than half of a source's documents.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Sync large sources for the first time, on all processors and GPUs of a Ray cluster, or of this machine."""
    from bot import terminal
    from bot.app import open_lore, reading_on_ray

    with (
        said_plainly(),
        open_lore(read_settings(), "lore bulk") as lore,
        reading_on_ray(lore) as reading,
        terminal.SyncView(as_json) as show,
    ):
        lore.service.sync(sources, allow_removals, show.progress, show.report, reading)
    if show.failed:
        raise typer.Exit(1)
