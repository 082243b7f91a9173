"""`lore sources …`: how fresh each source is, and whether its schedule runs."""

from typing import Annotated

import typer

from bot.command_context import JsonOption, open_database, open_service, read_settings, stop

configured = typer.Typer(help="How fresh each source is, what it holds, and when it is synced next.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of a source.")]


@configured.callback(invoke_without_command=True)
def sources(
    context: typer.Context,
    as_json: JsonOption = False,
    errors: Annotated[bool, typer.Option("--errors", help="The documents that cannot be read, and why.")] = False,
    conflicts: Annotated[
        bool, typer.Option("--conflicts", help="Sentences that disagree, as questions met them.")
    ] = False,
) -> None:
    """List the sources: documents, last good sync, next run, failures, audience, and the syncs that run now."""
    if context.invoked_subcommand is not None:
        return
    if errors:
        from bot.source_errors import show_source_errors

        with open_database() as database:
            show_source_errors(database, as_json=as_json)
        return
    if conflicts:
        from bot.source_conflicts import show_conflicts

        with open_database() as database:
            show_conflicts(database, as_json)
        return
    from bot.contract import source_json
    from bot.sources import described_sources
    from bot.sources_view import show_sources
    from ingestion.source_status import source_statuses

    settings = read_settings()
    with open_database() as database:
        statuses = source_statuses(database, described_sources(settings, database))
    show_sources([source_json(status) for status in statuses], as_json)


@configured.command()
def pause(name: NameArgument) -> None:
    """Sync a source by hand only, until it is resumed; a sync that runs goes on."""
    from bot import terminal

    _set_paused(name, True)
    terminal.say(f"{name} is paused: only `lore sync {name}` syncs it, until `lore sources resume {name}`.")


@configured.command()
def resume(name: NameArgument) -> None:
    """Sync a source on its schedule again; a run that was missed is made up once."""
    from bot import terminal

    _set_paused(name, False)
    terminal.say(f"{name} is synced on its schedule again.")


@configured.command()
def remove(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete the documents of a source that is not in lore.toml any more; until then they answer as before."""
    from bot import terminal

    if any(source.name == name for source in read_settings().sources):
        stop(f"{name} is in lore.toml, and the next sync would bring it back. Take it out there first.")
    if not yes:
        typer.confirm(f"Delete all documents of {name} from Lore? The source itself is left as it is.", abort=True)
    with open_service() as service:
        removed = service.remove_source(name)
    terminal.say(f"{name} is removed: {removed['documents']} documents, {removed['chunks']} chunks.")


def _set_paused(name: str, paused: bool) -> None:
    from ingestion import source_rows

    with open_database() as database:
        for source in read_settings().sources:
            if source.name == name:
                source_rows.ensure_source(database, name, source.connector, source.audience)
        known = source_rows.pause(database, name) if paused else source_rows.resume(database, name)
        names = source_rows.source_names(database)
    if not known:
        stop(f"There is no source named {name}; there is: {', '.join(names) or 'none'}.")
