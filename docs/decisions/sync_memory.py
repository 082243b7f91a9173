"""How much memory the sync of a folder takes, and whether it grows with the folder.

    python docs/decisions/sync_memory.py --files 50000 --bytes 2000
    python docs/decisions/sync_memory.py --files 100 --bytes 20000 --pictures 20000000

A folder of so many Markdown files, each of about so many bytes of text and of so many bytes of pictures, is made and
synced twice by a process of its own into SQLite and the embedded index, with vectors of 384 numbers that a light
stand-in for the embedding model makes up; with --with-model the real model is loaded too, and its tokenizer measures
the chunks. The process's memory is read every 50 ms from /proc (so this needs Linux), and apart from it that of the
processes that it starts: the parsers, and the one that optimizes the index. Prints JSON: `peak_mb` is of all memory
(RSS), `peak_own_mb` without the files that are mapped into it, which the system can take back at any time, `idle_mb` is
RSS before the sync.
"""

import argparse
import base64
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from ingestion.connectors.files import FilesConnector
from ingestion.sync import Source, Syncs
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import SentenceTransformerEmbedder, Vectors
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex

SAMPLE_SECONDS = 0.05
WORDS = [
    f"{first}{last}" for first in "ba de fi go lu mo ne pi ru sa".split() for last in "ker lim nat pos tur".split()
]


class LightEmbedder:
    """Unit vectors made up from a text's hash: nothing of a sync but the embedding is lighter by it."""

    name = "light"
    dimension = 384
    max_tokens = 256

    def __init__(self, tokenizer: SentenceTransformerEmbedder | None) -> None:
        self._tokenizer = tokenizer

    def embed(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        vectors = np.stack([self.embed_question(text) for text in texts])
        if on_progress is not None:
            on_progress(len(texts))
        return vectors

    def embed_question(self, text: str) -> Vectors:
        digest = hashlib.shake_128(text.encode()).digest(self.dimension)
        vector = np.frombuffer(digest, dtype=np.uint8).astype(np.float32) - 127.5
        normal: Vectors = vector / np.linalg.norm(vector)
        return normal

    def embed_sentences(self, texts: Sequence[str]) -> Vectors:
        return self.embed(texts)

    def piece_vectors(self, pieces: Sequence[str]) -> Vectors:
        return np.empty((len(pieces), 1), dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if self._tokenizer is not None:
            return self._tokenizer.count_tokens(texts)
        return [len(text) // 5 + 2 for text in texts]

    def word_pieces(self, text: str) -> list[str]:
        return text.split()


def main() -> None:
    """Make the folder, sync it in a child process, and watch that."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--files", type=int, required=True)
    arguments.add_argument("--bytes", type=int, default=2_000)
    arguments.add_argument("--pictures", type=int, default=0)
    arguments.add_argument("--with-model", action="store_true")
    arguments.add_argument("--child", type=Path)
    chosen = arguments.parse_args()
    if chosen.child is not None:
        sync(chosen.child, chosen.with_model)
        return
    with tempfile.TemporaryDirectory(prefix="lore-memory-") as home:
        total = make_files(Path(home) / "documents", chosen.files, chosen.bytes, chosen.pictures)
        command = [sys.executable, __file__, "--files", "0", "--child", home]
        figures = watched([*command, "--with-model"] if chosen.with_model else command)
    print(json.dumps({"files": chosen.files, "megabytes": round(total / 1e6, 1), **figures}))


def make_files(folder: Path, count: int, size: int, pictures: int) -> int:
    """Write the files, with headings and paragraphs of made-up words, no two alike; returns the bytes of all.

    Pictures stand in the files themselves, as exports of wikis have them.
    """
    rng = random.Random(0)
    total = 0
    for number in range(count):
        path = folder / f"part{number // 1_000}" / f"page{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            written = file.write(f"# Page {number}\n")
            while written < size:
                section = " ".join(rng.choices(WORDS, k=120))
                written += file.write(f"\n## Section {written}\n\n{section}.\n")
            if pictures:
                data = base64.b64encode(rng.randbytes(pictures * 3 // 4)).decode()
                written += file.write(f"\n![a picture](data:image/png;base64,{data})\n")
        total += written
    return total


def sync(home: Path, with_model: bool) -> None:
    """Sync the folder twice, and print what that did."""
    model = SentenceTransformerEmbedder(device="cpu") if with_model else None
    if model is not None:
        model.embed(["warm"] * 16)
    database = Database.open(f"sqlite:///{home}/lore.db")
    index = EdgeIndex(home / "index", "the measurement")
    knowledge = KnowledgeBase(database, index, LightEmbedder(model), Bm25Encoder())
    knowledge.open()
    syncs = Syncs(database, knowledge)
    source = Source("folder", "files", FilesConnector(home / "documents"), PUBLIC)
    print(json.dumps({"idle_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000}), flush=True)
    first = syncs.sync(source)
    assert (first.error, first.failed) == (None, 0)
    print(json.dumps({"chunks": knowledge.count_chunks(), "seconds": round(first.seconds, 1)}), flush=True)
    again = syncs.sync(source)
    print(
        json.dumps(
            {
                "unchanged_seconds": round(again.seconds, 2),
                "unchanged_embedded": again.chunks.embedded,
                "index_mb": sum(f.stat().st_blocks * 512 for f in (home / "index").rglob("*") if f.is_file()) // 10**6,
            }
        )
    )
    index.close()
    database.close()


def watched(command: Sequence[str]) -> dict[str, float]:
    """What the process printed, and the most memory that it had."""
    peaks = dict.fromkeys(("peak_mb", "peak_own_mb", "optimizer_peak_mb", "optimizer_peak_own_mb"), 0)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            for prefix, processes in (("", [process.pid]), ("optimizer_", children(process.pid))):
                for kind, name in (("VmRSS", "peak_mb"), ("RssAnon", "peak_own_mb")):
                    megabytes = sum(memory(one).get(kind, 0) for one in processes) // 1_000
                    peaks[prefix + name] = max(peaks[prefix + name], megabytes)
            time.sleep(SAMPLE_SECONDS)
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
    if process.returncode != 0:
        sys.exit(f"the sync ended with {process.returncode}")
    figures: dict[str, float] = {}
    for line in lines:
        if line.startswith("{"):
            figures |= json.loads(line)
    return {**figures, **peaks}


def memory(process: int) -> dict[str, int]:
    """The kilobytes that a process has in memory, by kind; empty once it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines)
    return {name: int(value.split()[0]) for name, value in pairs if name.startswith(("VmRSS", "Rss"))}


def children(process: int) -> list[int]:
    """The processes that this one started and that still run."""
    lists = Path(f"/proc/{process}").glob("task/*/children")
    with suppress(OSError):
        return [int(child) for children in lists for child in children.read_text().split()]
    return []


if __name__ == "__main__":
    sys.exit(main())
