"""How long questions take while a sync embeds at full speed, to how long they take when nothing does.

    LORE_HOME=/some/folder python docs/decisions/questions_beside_sync.py --questions 200 --chunks 1000

Made-up documents of so many chunks are synced with the real model, then others, while questions are searched for every
quarter of a second; as many are searched for before, between and after, so that whatever else the machine does weighs
on both alike. Prints the p50 and p95 in ms, idle and beside the sync, their ratio, and the chunks a second that the
sync embedded meanwhile.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bot.app import Lore, migrate, open_lore
from bot.settings import load_settings
from ingestion.connectors.files import FilesConnector
from ingestion.sync import Progress, Source, SyncError, SyncReport
from storage.document import PUBLIC

BETWEEN_SECONDS = 0.25
ROUNDS = 4
SYLLABLES = "ba de fi go lu mo ne pi ru sa".split()
WORDS = [first + second + last for first in SYLLABLES for second in SYLLABLES for last in ("ker", "lim", "nat", "pos")]


def main() -> None:
    """Ask idle and beside a sync, by turns."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--questions", type=int, default=200, help="of each kind")
    arguments.add_argument("--chunks", type=int, default=1_000, help="that are searched")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="lore-questions-") as folder:
        own = load_settings().model_copy(
            update={"home": Path(folder) / "home", "database_url": None, "qdrant_url": None, "sources": []}
        )
        migrate(own)
        with open_lore(own, "questions beside a sync") as lore:
            print(json.dumps(measure(lore, Path(folder), chosen.questions, chosen.chunks)))


def measure(lore: Lore, folder: Path, questions: int, chunks: int) -> dict[str, float]:
    """The figures: `questions` of each kind, in turns."""
    rng = random.Random(0)
    searched = source(folder / "searched", chunks, rng)
    assert lore.syncs.sync(searched).error is None
    # More than can be embedded meanwhile: the sync is stopped when the questions are done.
    embedded = source(folder / "embedded", 200 * questions, rng)
    idle: list[float] = []
    beside: list[float] = []
    embedded_meanwhile = [0]
    seconds = 0.0
    for _ in range(ROUNDS):
        idle += asked(lore, questions // ROUNDS, rng)
        with_sync = threading.Event()
        stop = threading.Event()
        reports: list[SyncReport] = []

        def go_on(progress: Progress, begun: threading.Event = with_sync, ended: threading.Event = stop) -> None:
            if progress.chunks:
                begun.set()
            embedded_meanwhile[-1] = progress.chunks
            if ended.is_set():
                raise SyncError("measured")

        sync = threading.Thread(target=lambda: reports.append(lore.syncs.sync(embedded, go_on)))  # noqa: B023
        sync.start()
        with_sync.wait()
        beside += asked(lore, questions // ROUNDS, rng)
        stop.set()
        sync.join()
        seconds += reports[0].seconds
        embedded_meanwhile.append(0)
    idle += asked(lore, questions // ROUNDS, rng)
    return {
        "idle_p50_ms": quantile(idle, 0.5),
        "idle_p95_ms": quantile(idle, 0.95),
        "beside_p50_ms": quantile(beside, 0.5),
        "beside_p95_ms": quantile(beside, 0.95),
        "p95_beside_to_idle": round(quantile(beside, 0.95) / quantile(idle, 0.95), 2),
        "p50_beside_to_idle": round(quantile(beside, 0.5) / quantile(idle, 0.5), 2),
        "sync_chunks_per_second": round(sum(embedded_meanwhile) / seconds, 1),
    }


def asked(lore: Lore, count: int, rng: random.Random) -> list[float]:
    """The milliseconds that so many searches took."""
    took = []
    for _ in range(count):
        question = f"how many {' '.join(rng.choices(WORDS, k=6))} do I get?"
        begun = time.perf_counter()
        lore.knowledge.search(question, PUBLIC)
        took.append((time.perf_counter() - begun) * 1e3)
        time.sleep(BETWEEN_SECONDS)
    return took


def source(folder: Path, chunks: int, rng: random.Random) -> Source:
    """A folder of made-up documents, about so many chunks of them."""
    folder.mkdir()
    for number, text in enumerate(texts(chunks // 8, rng)):
        (folder / f"page{number}.md").write_text(text)
    return Source(folder.name, "files", FilesConnector(folder), PUBLIC)


def texts(count: int, rng: random.Random) -> Iterator[str]:
    """Documents of eight sections each."""
    for number in range(count):
        sections = (f"## Section {n}\n\n{' '.join(rng.choices(WORDS, k=60))}.\n" for n in range(8))
        yield f"# Page {number}\n\n" + "\n".join(sections)


def quantile(milliseconds: list[float], share: float) -> float:
    """Rounded to a tenth."""
    return round(float(np.quantile(milliseconds, share)), 1)


if __name__ == "__main__":
    sys.exit(main())
