"""A sync that kills its own process, for test_sync: python -m tests.ingestion.killed_sync URL FOLDER MOMENT."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from ingestion.sync import Progress, Syncs
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.index import IndexPoint
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from tests.embedders import HashEmbedder
from tests.ingestion.scripted_source import ScriptedConnector, scripted_source

MOMENTS = ("listing", "embedding", "first batch written", "points written", "rows written", "removal committed")


def pages(version: int) -> ScriptedConnector:
    """The source before and after: a third changed, a few gone, a few new; some 700 chunks in two batches."""
    connector = ScriptedConnector()
    for number in range(60):
        text = "\n\n".join(f"## Rule {rule}\n\n" + f"Page {number} says so of rule {rule}. " * 8 for rule in range(9))
        if version == 2 and number % 3 == 0:
            text = text.replace("says so", "says otherwise", 40)
        if version == 1 or number % 10 != 7:
            connector.write(f"page{number}", text, f"{version if number % 3 == 0 else 1}")
    if version == 2:
        for number in range(60, 110):
            connector.write(f"page{number}", "\n\n".join(f"## Rule {n}\n\n{number} " * 30 for n in range(8)))
    return connector


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingIndex(EdgeIndex):
    """The real index, which kills the process around one of its writes."""

    def __init__(self, folder: Path, moment: str) -> None:
        super().__init__(folder, "the killed sync")
        self._moment = moment

    def upsert(self, points: Sequence[IndexPoint]) -> None:
        super().upsert(points)
        if self._moment == "points written" and points:
            die()

    def delete(self, ids: Sequence[str]) -> None:
        if self._moment == "rows written" and ids:
            die()
        super().delete(ids)


class DyingKnowledge(KnowledgeBase):
    """The real knowledge base, which kills the process before the index forgets what was removed."""

    moment = ""

    def remove(self, source_id: int, external_ids: Sequence[str]) -> int:
        if self.moment == "removal committed":
            self.serving.index.delete = lambda ids: die()  # type: ignore[method-assign]
        return super().remove(source_id, external_ids)


def main(url: str, folder: Path, moment: str) -> None:
    database = Database.open(url)
    knowledge = DyingKnowledge(database, DyingIndex(folder, moment), HashEmbedder(), Bm25Encoder())
    knowledge.moment = moment
    knowledge.open()

    def on_progress(progress: Progress) -> None:
        if (
            (moment == "listing" and progress.chunks == 0)
            or (moment == "embedding" and progress.chunks > 0)
            or (moment == "first batch written" and progress.chunks and progress.done == int(progress.done))
        ):
            die()

    Syncs(database, knowledge).sync(scripted_source(pages(version=2)), on_progress)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
