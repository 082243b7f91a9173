"""`lore triplets …`: what Lore learns from, out of this place and into another."""

from pathlib import Path
from typing import Annotated

import typer

from bot.command_context import open_database, stop

evidence = typer.Typer(help="The triplets that Lore learns from, as JSON Lines.", no_args_is_help=True)


@evidence.command("export")
def export_triplets(
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Write to this file; without it, print.", metavar="FILE")
    ] = None,
) -> None:
    """Write the triplets that the votes make, and the imported ones, one a line."""
    from bot import terminal
    from learning.evidence import gather
    from learning.triplet_lines import to_line

    with open_database() as database:
        lines = [to_line(triplet) + "\n" for triplet in gather(database)]
    if file is None:
        typer.echo("".join(lines).encode(), nl=False)
    else:
        try:
            file.write_text("".join(lines), encoding="utf-8", newline="\n")
        except OSError as error:
            stop(f"{file} cannot be written: {error.strerror}.")
    terminal.say(f"Triplets exported: {len(lines)}.")


@evidence.command("import")
def import_triplets(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `lore triplets export` wrote.")],
) -> None:
    """Add the triplets of a file to what Lore learns from: all of them, or, where a line is wrong, none."""
    from bot import terminal
    from learning.evidence import import_lines

    with open_database() as database:
        try:
            with file.open(encoding="utf-8", newline="\n") as lines:
                imported = import_lines(database, lines)
        except OSError as error:
            stop(f"{file} cannot be read: {error.strerror}.", 2)
        except UnicodeDecodeError as error:
            stop(f"{file} is not UTF-8: {error}.", 2)
    terminal.say(f"Triplets imported: {imported.added}, there already: {imported.known}.")
