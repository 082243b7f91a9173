"""Processes that share an index: none takes another's unfinished write for what a crash left."""

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from qdrant_client import QdrantClient

from storage.database import Database
from storage.index import IndexPoint
from storage.qdrant_server import ServerIndex
from tests.storage.version_bases import add_source, document, knowledge_base

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from storage.database import Database
with Database(sys.argv[1]).locked(alone=False):
    print("held", flush=True)
    time.sleep(60)
"""


class SlowServerIndex(ServerIndex):
    """Pauses after its points are written, before the tables are."""

    def __init__(self, client: QdrantClient) -> None:
        super().__init__(client)
        self.written, self.go_on = threading.Event(), threading.Event()

    def upsert(self, points: Sequence[IndexPoint], *, again: bool = False) -> None:
        super().upsert(points)
        self.written.set()
        assert self.go_on.wait(30)


def test_a_worker_sweeps_nothing_away_that_another_one_is_writing(database: Database) -> None:
    client = QdrantClient(":memory:")
    slow = SlowServerIndex(client)
    one, other = knowledge_base(database, slow), knowledge_base(database, ServerIndex(client))
    source = add_source(database)
    writing = threading.Thread(target=one.write, args=[source, [document("You get 25 days of leave.")]])
    writing.start()
    assert slow.written.wait(30)
    other.write(source, [document("Lunch is at noon.", id="lunch.md")])  # writers do not wait for each other
    reconciling = threading.Thread(target=other.reconcile)
    reconciling.start()
    reconciling.join(0.3)
    assert reconciling.is_alive()
    slow.go_on.set()
    writing.join(30)
    reconciling.join(30)
    assert slow.count() == other.count_chunks() == 2
    client.close()


def test_a_killed_process_keeps_nobody_waiting(database: Database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, "-c", HOLD, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    waited: list[float] = []

    def wait() -> None:
        begun = time.monotonic()
        with database.locked(alone=True):
            waited.append(time.monotonic() - begun)

    waiting = threading.Thread(target=wait)
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive()
    process.kill()
    process.communicate()
    waiting.join(30)
    assert waited[0] > 0.4
