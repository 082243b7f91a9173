"""A promotion that kills its own process: python -m tests.storage.killed_promotion URL FOLDER VERSION STEP.

A step is taken before each embedding, before each call that changes the index or the tables, and at the end. Without a
death it prints how many steps there were.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from storage import projection
from storage.database import Database
from storage.qdrant_edge import EdgeIndex
from storage.serving import Serving
from storage.version_rows import VersionRows
from tests.embedders import SaltedEmbedder
from tests.storage.version_bases import edge_base

CHUNKS_A_PAGE = 16


class Steps:
    """Counts the steps, and kills the process at the one that is its last."""

    def __init__(self, last: int) -> None:
        self.taken = 0
        self._last = last

    def take(self) -> None:
        self.taken += 1
        if self.taken == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, owner: type, name: str) -> None:
        """Take a step before each call of this method."""
        method: Callable[..., Any] = getattr(owner, name)

        @wraps(method)
        def stepped(*args: Any, **named: Any) -> Any:
            self.take()
            return method(*args, **named)

        setattr(owner, name, stepped)


def main(url: str, folder: Path, version: int, last: int) -> None:
    projection.EMBED_AT_ONCE = CHUNKS_A_PAGE
    knowledge, _ = edge_base(Database.open(url), folder)
    steps = Steps(last)
    for name in ("activate", "upsert", "delete", "set_audience", "optimize"):
        steps.before(EdgeIndex, name)
    for name in ("set_state", "activate"):
        steps.before(VersionRows, name)
    steps.before(SaltedEmbedder, "embed")
    steps.before(Serving, "switch")
    knowledge.promote(version)
    steps.take()
    print(steps.taken)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
