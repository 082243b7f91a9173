"""What the people who look after Lore can see and start from Slack."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from ingestion.due import schedule_text
from ingestion.source_status import Configured
from ingestion.sync import Source, Syncs


@dataclass(frozen=True)
class Upkeep:
    """The sources of lore.toml, what syncs them (None where this process cannot), and the LLM that writes, if any."""

    sources: tuple[Source, ...] = ()
    syncs: Syncs | None = None
    llm: str | None = None

    @property
    def configured(self) -> list[Configured]:
        """The sources, as `source_statuses` is told of them."""
        return [
            Configured(source.name, source.connector_name, source.audience, schedule_text(source.every, source.cron))
            for source in self.sources
        ]


def lore_version() -> str:
    """The version of Lore that runs."""
    try:
        return version("lore")
    except PackageNotFoundError:
        return "of a checkout"
