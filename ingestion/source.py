"""A configured place that documents come from."""

from dataclasses import dataclass
from datetime import timedelta

from ingestion.connectors import Connector
from storage.document import Audience


@dataclass(frozen=True)
class Source:
    """A configured place that documents come from, ready to be listed."""

    name: str
    connector_name: str
    connector: Connector
    audience: Audience
    every: timedelta | None = None
    cron: str | None = None
    jitter: timedelta | None = None
    """The most by which a scheduled run is late, at random; None for a small share of the interval."""
