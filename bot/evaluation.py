"""`lore eval`: the production path, from chunking to search, on a folder of questions whose answers are known."""

import hashlib
import json
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.app import Lore, migrate, open_lore
from bot.contract import Json
from bot.settings import Settings
from ingestion.connectors.beir import BeirConnector
from ingestion.sync import Progress, Source, SyncReport
from learning.evaluate import EvaluationError, Judgements, evaluate_retrieval, read_judgements
from storage.document import PUBLIC
from storage.knowledge import KnowledgeBase

SOURCE = "beir"
"""The name of the folder's source in its own knowledge base."""

CHUNKS_SEARCHED = 100
"""Enough chunks that ten documents are among them, however many chunks a document has there."""


def evaluate_folder(
    settings: Settings, folder: Path, limit: int | None, on_progress: Callable[[Progress], None]
) -> Json:
    """nDCG@10, recall@10, MRR@10 and speed on a folder in BEIR's format, through sync and search as they serve.

    The index is kept under LORE_HOME/eval, so that a second run embeds nothing. `limit` keeps so many documents: the
    relevant ones first, then the others in order; questions whose relevant documents do not fit are left out.
    Raises EvaluationError for a folder that is not in BEIR's format.
    """
    begun = time.monotonic()
    folder = folder.resolve()
    judgements = read_judgements(folder)
    only = None
    if limit is not None:
        only, judgements = _cut(folder, judgements, limit)
    own = evaluation_settings(settings, folder, limit)
    migrate(own)
    with open_lore(own, "lore eval") as lore:
        report = sync_corpus(lore, folder, only, on_progress)
        asked = time.monotonic()
        figures = evaluate_retrieval(lambda question: documents_found(lore.knowledge, question), judgements)
        done = time.monotonic()
        return {
            "ndcg@10": round(figures.ndcg_at_10, 4),
            "recall@10": round(figures.recall_at_10, 4),
            "mrr@10": round(figures.mrr_at_10, 4),
            "queries": figures.queries,
            "documents": report.listed,
            "chunks": lore.knowledge.count_chunks(),
            "seconds": round(done - begun, 3),
            "queries_per_second": round(figures.queries / (done - asked), 1),
        }


def evaluation_settings(settings: Settings, folder: Path, limit: int | None) -> Settings:
    """Settings with a home of its own below LORE_HOME/eval for this folder, and nothing outside of that home.

    Votes are not felt at once there: what a model finds is measured, not what was said of it.
    """
    key = hashlib.sha256(f"{folder} {limit}".encode()).hexdigest()[:8]
    home = settings.home / "eval" / f"{folder.name}-{key}"
    alone: dict[str, Any] = {"database_url": None, "qdrant_url": None, "sources": [], "votes_at_once": False}
    return settings.model_copy(update={"home": home, **alone})


def sync_corpus(
    lore: Lore, folder: Path, only: Collection[str] | None, on_progress: Callable[[Progress], None]
) -> SyncReport:
    """Make the knowledge base hold the folder's documents, those in `only`. Raises EvaluationError."""
    source = Source(SOURCE, "beir", BeirConnector(folder, only), PUBLIC)
    report = lore.syncs.sync(source, on_progress, allow_removals=True)
    if report.error is not None:
        raise EvaluationError(report.error)
    return report


def documents_found(knowledge: KnowledgeBase, question: str) -> list[str]:
    """The ids of the documents that the production path finds, best first, each once: ten at least."""
    found = knowledge.search(question, PUBLIC, CHUNKS_SEARCHED)
    return list(dict.fromkeys(passage.document.id for passage in found.passages))


def _cut(folder: Path, judgements: Judgements, limit: int) -> tuple[set[str], Judgements]:
    kept: dict[str, None] = {}
    relevant = {}
    for id, documents in judgements.relevant.items():
        together = kept | dict.fromkeys(documents)
        if len(together) <= limit:
            kept, relevant[id] = together, documents
    if not relevant:
        raise EvaluationError(f"No question's relevant documents fit in --limit {limit}; raise it.")
    with (folder / "corpus.jsonl").open(encoding="utf-8") as corpus:
        for line in corpus:
            if len(kept) >= limit:
                break
            kept[str(json.loads(line)["_id"])] = None
    return set(kept), replace(
        judgements, questions={id: judgements.questions[id] for id in relevant}, relevant=relevant
    )
