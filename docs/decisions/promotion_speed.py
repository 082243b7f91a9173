"""How long the promotion of a version of both sides takes, to the bare embedding of the same chunks.

    LORE_HOME=/some/folder python docs/decisions/promotion_speed.py DIR --chunks 5000

DIR is a folder in BEIR's format. As many of its documents as give so many chunks are embedded, then a version whose
last layer differs is promoted, then the same chunks are embedded by a bare, length-sorted `model.encode`.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from safetensors.torch import save
from sqlalchemy import select

from bot.app import Lore, migrate, open_lore
from bot.evaluation import evaluation_settings, sync_corpus
from bot.settings import load_settings
from storage.embedder import load_model
from storage.tables import ChunkRow


def main() -> None:
    """Promote, then embed, and compare."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--chunks", type=int, default=5_000)
    chosen = arguments.parse_args()
    folder = chosen.folder.resolve()
    settings = load_settings()
    # Two chunks a document, about, in the abstracts that this was made for.
    own = evaluation_settings(settings, folder, chosen.chunks // 2)
    migrate(own)
    with open_lore(own, "promotion speed") as lore:
        sync_corpus(lore, folder, first_documents(folder, chosen.chunks // 2), lambda progress: None)
        with lore.database.session() as session:
            texts = list(session.scalars(select(ChunkRow.embedded)))
        model = load_model(own.embedding_model, own.embedding_device)
        version = add_version(lore, model.state_dict())
        begun = time.perf_counter()
        lore.knowledge.promote(version)
        promotion = time.perf_counter() - begun
        begun = time.perf_counter()
        model.encode_document(texts, normalize_embeddings=True, show_progress_bar=False)
        bare = time.perf_counter() - begun
        begun = time.perf_counter()
        lore.knowledge.rollback()
        rollback = time.perf_counter() - begun
        lore.knowledge.forget_version(version)
    print(
        json.dumps(
            {
                "chunks": len(texts),
                "promotion_seconds": round(promotion, 1),
                "bare_seconds": round(bare, 1),
                "promotion_to_bare": round(promotion / bare, 2),
                "rollback_seconds": round(rollback, 3),
            }
        )
    )


def add_version(lore: Lore, weights: dict[str, object]) -> int:
    """A version of both sides whose last layer differs a little."""
    changed = {name: value * 1.01 for name, value in weights.items() if ".layer.5." in name}  # type: ignore[operator]
    return lore.knowledge.add_version(
        name=f"promotion-speed-{time.time_ns()}",
        sides="both",
        tensors=save(changed),  # type: ignore[arg-type]
        fusion_weight=0.5,
        dense_scale=1.0,
        state="candidate",
        reason="",
        figures={},
    )


def first_documents(folder: Path, count: int) -> set[str]:
    """The ids of the folder's first documents."""
    with (folder / "corpus.jsonl").open(encoding="utf-8") as corpus:
        return {str(json.loads(line)["_id"]) for line, _ in zip(corpus, range(count), strict=False)}


if __name__ == "__main__":
    sys.exit(main())
