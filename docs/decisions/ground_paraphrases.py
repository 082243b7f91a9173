"""How many wrong sentences the grounding lets pass where a language model says a handbook's sentences in other words.

    LORE_HOME=HOME PYTHONPATH=. python docs/decisions/ground_paraphrases.py PAGES DRAFTS.jsonl COUNT SEED

HOME's settings name the language model, which rewrites one sentence of each of COUNT chunks of the folder PAGES. What
it writes is kept in DRAFTS.jsonl, so that it can be judged again. Of what is accepted, all that is not the sentence as
it stands is printed above its source, to be read by a person: a small model often says something else.
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from ground_planted import passages

from bot.answer_evaluation.support_check import fault
from bot.answering.draft_sentences import draft_sentences
from bot.answering.sentences import Sentence, sentences
from bot.answering.support import Support
from bot.answering.words import tokens
from bot.answering.write import LanguageModel
from bot.app import language_model
from bot.settings import load_settings
from storage.embedder import SentenceTransformerEmbedder
from storage.passage import Passage

ASKED = "Rewrite this sentence in your own words, as one short sentence. Keep its meaning.\n\n"


def draft(model: LanguageModel, chosen: list[Passage], count: int, seed: int) -> Iterator[dict[str, str]]:
    """{"id", "sentence", "said"}: a chunk, a sentence of it, and what the model makes of it."""
    chance = random.Random(seed)
    chance.shuffle(chosen)
    for passage in chosen:
        if count and (whole := [one for one in sentences(passage.text) if _can_be_said(one)]):
            count -= 1
            one = chance.choice(whole)
            said = "".join(model.stream([{"role": "user", "content": ASKED + one.plain}]))
            yield {"id": passage.chunk_id, "sentence": one.plain, "said": said}


def main(pages: Path, drafts: Path, count: int, seed: int) -> None:
    embedder = SentenceTransformerEmbedder()
    chosen = passages(pages.resolve(), embedder)
    if not drafts.exists():
        model = language_model(load_settings())
        if model is None:
            raise SystemExit("HOME names no language model: set LLM_MODEL.")
        with drafts.open("w", encoding="utf-8") as file:
            for row in draft(model, list(chosen), count, seed):
                print(json.dumps(row), file=file, flush=True)
    by_id = {passage.chunk_id: passage for passage in chosen}
    rows = [json.loads(line) for line in drafts.read_text(encoding="utf-8").splitlines()]
    written = accepted = verbatim = 0
    for row in rows:
        passage, support = by_id[row["id"]], Support(embedder)
        source = "\n".join((passage.document.title, " > ".join(passage.heading), passage.text))
        for one in draft_sentences([row["said"]]):
            written += 1
            if not one.text.rstrip().endswith((".", "!")) or not support.supports(one.text, [passage]):
                continue
            accepted += 1
            if tokens(one.text) == tokens(row["sentence"]):
                verbatim += 1
                continue
            print(f"\nsaid:   {one.text}\nsource: {row['sentence']}")
            if doubt := fault(one.text, [source]):
                print(f"doubt:  {doubt}")
    print(f"\n{written} sentences, {accepted} accepted, of which {verbatim} as they stand")


def _can_be_said(one: Sentence) -> bool:
    return one.kind in ("prose", "item") and 8 <= one.words <= 35 and not one.is_link and one.plain.endswith(".")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
