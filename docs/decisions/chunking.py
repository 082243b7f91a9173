"""What the choices of chunking are worth: each undone in turn, judged by what is found.

    LORE_HOME=/some/folder python docs/decisions/chunking.py SCIFACT HANDBOOK tests/data/handbook_questions.jsonl

SCIFACT is a folder in BEIR's format, HANDBOOK a folder of Markdown, the last a file of questions with their pages and
the words that answer them. Each variant is indexed anew and searched by the production path. A line each, in JSON:
nDCG@10 on the first --documents of SciFact; MRR@10 of the handbook's right pages, and how often one is among the first
five; how often the first five passages hold the words of the answer, alone and with the chunks before and after them.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean

from sqlalchemy import select

from bot.app import Lore, migrate, open_lore
from bot.evaluation import evaluate_folder, evaluation_settings
from bot.settings import load_settings
from ingestion import reading
from ingestion.anchors import Anchor
from ingestion.chunk import chunk
from ingestion.connectors.files import FilesConnector
from ingestion.measure import CountTokens
from ingestion.sync import Source
from learning.metrics import reciprocal_rank
from storage.document import PUBLIC, Chunk
from storage.tables import ChunkRow

Chunking = Callable[[str, str, CountTokens, int, Sequence[Anchor]], list[Chunk]]

OVERLAP_WORDS = 24
"""Of the chunk before: some 32 word pieces."""


def at_most(pieces: int) -> Chunking:
    """Smaller chunks than fit the model."""
    return lambda title, markdown, count, most, anchors: chunk(title, markdown, count, min(pieces, most), anchors)


def without_path(title: str, markdown: str, count: CountTokens, most: int, anchors: Sequence[Anchor]) -> list[Chunk]:
    """The model and BM25 see the text alone, without its title and headings."""
    return [replace(one, embedded=_text(one, title)) for one in chunk(title, markdown, count, most, anchors)]


def with_overlap(title: str, markdown: str, count: CountTokens, most: int, anchors: Sequence[Anchor]) -> list[Chunk]:
    """The last words of the chunk before, where that is of the same section, stand before each chunk's own."""
    chunks = chunk(title, markdown, count, most - 2 * OVERLAP_WORDS, anchors)
    overlapped = chunks[:1]
    for before, one in pairwise(chunks):
        text = _text(one, title)
        path = one.embedded[: len(one.embedded) - len(text)]
        last = " ".join(_text(before, title).split()[-OVERLAP_WORDS:]) if before.heading == one.heading else ""
        longer = f"{path}{last} {text}" if last else one.embedded
        overlapped.append(replace(one, embedded=longer if count([longer])[0] <= most else one.embedded))
    return overlapped


def _text(one: Chunk, title: str) -> str:
    lines = one.embedded.split("\n")
    path = {" ".join(title.split()), *one.heading}
    while len(lines) > 1 and lines[0] in path:
        lines.pop(0)
    return "\n".join(lines)


VARIANTS: dict[str, Chunking] = {
    "as it is": chunk,
    "without title and headings": without_path,
    "at most 192 word pieces": at_most(192),
    "at most 128 word pieces": at_most(128),
    "overlap of 24 words": with_overlap,
}


def main() -> None:
    """Index and judge each variant."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("scifact", type=Path)
    arguments.add_argument("handbook", type=Path)
    arguments.add_argument("questions", type=Path)
    arguments.add_argument("--documents", type=int, default=2_000)
    chosen = arguments.parse_args()
    lines = chosen.questions.read_text(encoding="utf-8").splitlines()
    questions = [one for one in map(json.loads, lines) if one["pages"]]
    base = load_settings()
    for name, variant in VARIANTS.items():
        reading.chunk = variant  # type: ignore[attr-defined]  # the experiment: nothing else of a sync changes
        settings = base.model_copy(update={"home": base.home / re.sub(r"\W+", "-", name)})
        figures = evaluate_folder(settings, chosen.scifact, chosen.documents, lambda progress: None)
        own = evaluation_settings(settings, chosen.handbook.resolve(), None)
        migrate(own)
        with open_lore(own, "chunking") as lore:
            source = Source("handbook", "files", FilesConnector(chosen.handbook.resolve()), PUBLIC)
            report = lore.syncs.sync(source, allow_removals=True)
            if report.error:
                raise SystemExit(report.error)
            judged = judge(lore, questions)
        shown = {"variant": name, "scifact_ndcg@10": figures["ndcg@10"], "scifact_chunks": figures["chunks"], **judged}
        print(json.dumps(shown), flush=True)


def judge(lore: Lore, questions: Sequence[dict[str, list[str]]]) -> dict[str, float]:
    """What is found for the handbook's questions."""
    around = neighbours(lore)
    ranks, first_five, alone, with_neighbours = [], [], [], []
    for one in questions:
        found = lore.knowledge.search(str(one["question"]), PUBLIC, 50).passages
        documents = list(dict.fromkeys(passage.document.id for passage in found))
        ranks.append(reciprocal_rank(documents, dict.fromkeys(one["pages"], 1)))
        first_five.append(bool(set(documents[:5]) & set(one["pages"])))
        five = found[:5]
        alone.append(holds("\n".join(passage.text for passage in five), one["answers"]))
        with_neighbours.append(holds("\n".join(around[passage.chunk_id] for passage in five), one["answers"]))
    return {
        "handbook_chunks": lore.knowledge.count_chunks(),
        "page_mrr@10": round(fmean(ranks), 4),
        "page_in_five": round(fmean(first_five), 4),
        "words_in_five": round(fmean(alone), 4),
        "words_in_five_with_neighbours": round(fmean(with_neighbours), 4),
    }


def neighbours(lore: Lore) -> dict[str, str]:
    """Each chunk's text with those before and after it in its document."""
    with lore.database.session() as session:
        columns = (ChunkRow.id, ChunkRow.document_id, ChunkRow.text)
        rows = session.execute(select(*columns).order_by(ChunkRow.document_id, ChunkRow.position)).all()
    texts = {}
    for at, (id, document, _) in enumerate(rows):
        near = [text for _, other, text in rows[max(0, at - 1) : at + 2] if other == document]
        texts[id] = "\n".join(near)
    return texts


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether the words of an answer stand in the text, whatever its markup."""
    return any(_plain(answer) in _plain(text) for answer in answers)


def _plain(text: str) -> str:
    straight = text.translate(str.maketrans("’‘“”", "''\"\""))
    return " ".join(re.sub(r"[*_`\\]", "", straight).lower().split())


if __name__ == "__main__":
    sys.exit(main())
