"""How many errors planted in a handbook's own sentences the grounding lets pass, and the independent check misses.

    PYTHONPATH=. python docs/decisions/ground_planted.py ../shared/data/handbook-18f/pages [CHUNKS] [SEED]

Of CHUNKS (300 if left out) chunks of the folder's pages each sentence of 6 to 40 words that has a place for an error is
judged against its chunk as it stands, and with one error planted: tests/answering/mutations.py says which.
"""

import random
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from bot.answer_evaluation.support_check import fault
from bot.answering.sentences import sentences
from bot.answering.support import Support
from ingestion.chunk import chunk
from ingestion.connectors.files import FilesConnector
from ingestion.parse import parse
from storage.embedder import SentenceTransformerEmbedder
from storage.passage import DocumentLink, Passage, Scores
from tests.answering.mutations import mutants


def passages(folder: Path, embedder: SentenceTransformerEmbedder) -> list[Passage]:
    """Every chunk of the folder's pages."""
    connector = FilesConnector(folder)
    found = []
    for ref in connector.list():
        page = parse(connector.fetch(ref))
        title = page.title or ref.id
        link = DocumentLink(ref.id, title, "", "")
        for at, one in enumerate(chunk(title, page.markdown, embedder.count_tokens, embedder.max_tokens)):
            found.append(Passage(1, f"{ref.id}#{at}", link, one.heading, one.text, at, Scores(0.5, 0.5, 0.5)))
    return found


def main(folder: Path, count: int, seed: int) -> None:
    embedder = SentenceTransformerEmbedder()
    chance = random.Random(seed)
    chosen = passages(folder.resolve(), embedder)
    chance.shuffle(chosen)
    whole = lost = doubted = 0
    planted, shown, missed = Counter[str](), Counter[str](), Counter[str]()
    took = []
    for passage in chosen[:count]:
        support = Support(embedder)
        support.read([passage])
        source = "\n".join((passage.document.title, " > ".join(passage.heading), passage.text))
        for one in sentences(passage.text):
            if one.kind in ("code", "row") or not 6 <= one.words <= 40:
                continue
            for kind, mutant in mutants(one.plain, chance):
                begun = time.perf_counter()
                supported = support.supports(mutant, [passage])
                took.append((time.perf_counter() - begun) * 1e3)
                planted[kind] += 1
                shown[kind] += supported
                missed[kind] += not fault(mutant, [source])
            whole += 1
            lost += not support.supports(one.plain, [passage])
            doubted += bool(fault(one.plain, [source]))
    total = planted.total()
    print(f"{whole} sentences as they stand: {lost} refused, {doubted} doubted by the independent check")
    print(f"{total} with an error: {1 - shown.total() / total:.1%} refused, {1 - missed.total() / total:.1%} doubted")
    for kind, all_of_it in planted.most_common():
        print(f"  {kind:18} {all_of_it:5}: {shown[kind]} passed, {missed[kind]} missed by the check")
    print(f"judging took {np.median(took):.1f} ms (median), {np.quantile(took, 0.95):.1f} ms (p95)")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        int(sys.argv[2]) if len(sys.argv) > 2 else 300,
        int(sys.argv[3]) if len(sys.argv) > 3 else 0,
    )
