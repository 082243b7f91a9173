"""What a sync tells: how far it is, what it did, and why it could not be done."""

from dataclasses import dataclass, field

from storage.knowledge import WriteCounts


class SyncError(Exception):
    """A sync could not be done; nothing was deleted. The message says what to do."""


@dataclass
class SyncReport:
    """What one sync of one source did. `error` says why it stopped or deleted nothing, None if all went well.

    `failed` counts the documents that could not be read, those included whose next try is yet to come.
    """

    source: str
    listed: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    failed: int = 0
    chunks: WriteCounts = field(default_factory=WriteCounts)
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a sync is: `done` of `total` changed documents (fractions count chunks), and chunks embedded so far."""

    source: str
    done: float
    total: int
    chunks: int
