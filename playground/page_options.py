"""What the page is offered besides the workspace: the app's details, a folder to drop files into, folders to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class PageOptions:
    """`details_url` is the app's own address for what it knows of a message or a file (docs/playground.md).

    Files that are dropped on the page go to `drop_folder`, each of at most `most_bytes`. `folders` can be read at
    /folders/NAME/…, so that links to documents lead somewhere.
    """

    details_url: str | None = None
    drop_folder: Path | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)
    most_bytes: int = MOST_BYTES
