"""What a chunk takes on disk and in memory: the figures that docs/scale.md multiplies.

    python docs/decisions/chunk_size.py DIR --documents 3000

DIR is a folder in BEIR's format. Its documents go the way of any source into a database and an embedded index in a
temporary folder, with vectors that are random: nothing is embedded, and size does not depend on what a vector says.
"""

import argparse
import json
import sys
import tempfile
import tracemalloc
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from ingestion.connectors.beir import BeirConnector
from ingestion.sync import Source, Syncs
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import SentenceTransformerEmbedder, Vectors
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.tables import ChunkRow

IDS = 1_000_000


class RandomVectors(SentenceTransformerEmbedder):
    """The model's tokens, and vectors that cost nothing."""

    def embed(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        vectors = np.random.default_rng(0).normal(size=(len(texts), self.dimension))
        if on_progress is not None:
            on_progress(len(texts))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def main() -> None:
    """Sync, and weigh what is there."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--documents", type=int, default=3_000)
    chosen = arguments.parse_args()
    with (chosen.folder / "corpus.jsonl").open(encoding="utf-8") as corpus:
        only = [json.loads(line)["_id"] for line, _ in zip(corpus, range(chosen.documents), strict=False)]
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(figures(Path(folder), BeirConnector(chosen.folder, only))))


def figures(home: Path, connector: BeirConnector) -> dict[str, float]:
    """Per chunk: bytes, terms and tokens; and what the ids of a million chunks take where a sync compares them."""
    embedder, bm25 = RandomVectors(device="cpu"), Bm25Encoder()
    database, index = Database.open(f"sqlite:///{home / 'lore.db'}"), EdgeIndex(home / "index", "chunk size")
    knowledge = KnowledgeBase(database, index, embedder, bm25)
    knowledge.open()
    Syncs(database, knowledge).sync(Source("corpus", "beir", connector, PUBLIC))
    knowledge.optimize()
    with database.session() as session:
        chunks = session.scalar(select(func.count()).select_from(ChunkRow)) or 1
        texts = list(session.scalars(select(ChunkRow.embedded)))
    terms = [len(vector.indices) for vector in index.words(list(index.ids())).values()]
    tokens = embedder.count_tokens(texts)
    index.close()
    database.close()
    return {
        "chunks": chunks,
        "tokens": round(sum(tokens) / chunks),
        "terms": round(sum(terms) / chunks),
        "sql_bytes": round(size_of(home / "lore.db") / chunks),
        "index_bytes": round(size_of(home / "index") / chunks),
        "compared_ids_megabytes_per_million": round(ids_in_memory() / 1e6),
    }


def size_of(place: Path) -> int:
    """Bytes on the disk, of a file or of all below a folder: blocks, not the lengths of files with holes."""
    files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    return sum(file.stat().st_blocks * 512 for file in files)


def ids_in_memory() -> int:
    """Bytes at the most for the ids of a million chunks as a list, and as a set of those that the index holds."""
    tracemalloc.start()
    wanted = [str(uuid.UUID(int=number)) for number in range(IDS)]
    held = {str(uuid.UUID(int=number)) for number in range(IDS)}
    assert not held.difference(wanted)
    return tracemalloc.get_traced_memory()[1]


if __name__ == "__main__":
    sys.exit(main())
