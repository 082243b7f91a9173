"""Sources as settings describe them, with their connectors, which any installed package can provide."""

import hashlib
import inspect
import re
from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path

from bot.settings import Settings, SettingsError, SourceSettings
from ingestion.due import schedule_text
from ingestion.source_status import Configured
from ingestion.sync import Source
from storage.database import Database
from storage.saved_answers import SOURCE_KIND, SavedAnswers

CONNECTORS = "lore.connectors"
"""The entry-point group in which a package offers a connector: its name in lore.toml, and its class."""

ANSWERS_EVERY = timedelta(minutes=5)
"""How often saved answers are synced at the latest, besides when one is saved."""


def configured_sources(settings: Settings, database: Database) -> list[Source]:
    """All sources of lore.toml, in its order. Raises SettingsError where a connector or one of its keys is unknown.

    A connector whose constructor has a parameter named `database` is handed Lore's own, and one with a parameter named
    `state` a folder of the source's own to remember in: neither is a key of lore.toml. What people saved as answers is
    a source from the first such answer on, also where lore.toml names none of that connector.
    """
    return [configured_source(settings, source, database) for source in _with_saved_answers(settings, database)]


def answers_source(settings: Settings, database: Database) -> Source:
    """The source of what people save as answers: that of lore.toml, or the one that is there without being named."""
    named = next((source for source in settings.sources if source.connector == SOURCE_KIND), None)
    return configured_source(settings, named or _unnamed_answers(settings), database)


def described_sources(settings: Settings, database: Database) -> list[Configured]:
    """What lore.toml says of all sources, whether or not their connectors can be made; saved answers as above."""
    return [
        Configured(source.name, source.connector, source.audience, schedule_text(source.every, source.cron))
        for source in _with_saved_answers(settings, database)
    ]


def _with_saved_answers(settings: Settings, database: Database) -> list[SourceSettings]:
    if any(source.connector == SOURCE_KIND for source in settings.sources) or not SavedAnswers(database).any_ever():
        return settings.sources
    return [*settings.sources, _unnamed_answers(settings)]


def _unnamed_answers(settings: Settings) -> SourceSettings:
    taken = {source.name for source in settings.sources}
    name = next(name for name in ("answers", "saved answers", "saved answers of Lore") if name not in taken)
    return SourceSettings(name=name, connector=SOURCE_KIND, every=ANSWERS_EVERY)


def named_sources(sources: Sequence[Source], names: Sequence[str]) -> list[Source]:
    """The sources of these names, or all where none is given; raises SettingsError for a name that is not there."""
    by_name = {source.name: source for source in sources}
    if unknown := [name for name in names if name not in by_name]:
        known = ", ".join(by_name) or "none"
        raise SettingsError(f"There is no source named {', '.join(unknown)} in lore.toml; there is: {known}.")
    return [by_name[name] for name in names] if names else list(sources)


def configured_source(settings: Settings, source: SourceSettings, database: Database) -> Source:
    """One source with its connector. Raises SettingsError where that cannot be made."""
    own = {"database": database, "state": state_folder(settings.home, source.name)}
    offered = {point.name: point for point in entry_points(group=CONNECTORS)}
    if source.connector not in offered:
        raise SettingsError(
            f'The source {source.name!r} has connector = "{source.connector}", which is not installed; '
            f"there is: {', '.join(sorted(offered))}."
        )
    connector_class = offered[source.connector].load()
    options = source.options
    parameters = inspect.signature(connector_class).parameters
    known = {name: parameter for name, parameter in parameters.items() if name not in own}
    if unknown := sorted(options.keys() - known.keys()):
        raise SettingsError(
            f"The source {source.name!r} has a key {', '.join(unknown)} that the connector {source.connector} does not "
            f"know; it knows: {', '.join(known) or 'none'}."
        )
    if "path" in options:
        options["path"] = (settings.home / str(options["path"])).resolve()
    required = [name for name, parameter in known.items() if parameter.default is inspect.Parameter.empty]
    if missing := [name for name in required if name not in options]:
        raise SettingsError(f"The source {source.name!r} lacks the key {', '.join(missing)}.")
    try:
        connector = connector_class(**options, **{name: part for name, part in own.items() if name in parameters})
    except (TypeError, ValueError) as error:
        raise SettingsError(f"The source {source.name!r} is not set up right: {error}.") from error
    return Source(source.name, source.connector, connector, source.audience, source.every, source.cron, source.jitter)


def state_folder(home: Path, source: str) -> Path:
    """Where the connector of the source of this name keeps what it remembers from one sync to the next.

    It need not exist. What is in it only saves work: nothing is lost with it, as where a source is synced elsewhere.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")[:40]
    return home / "state" / f"{readable}-{hashlib.sha256(source.encode()).hexdigest()[:8]}".lstrip("-")
