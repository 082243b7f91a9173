"""Fits what quoting and abstention weigh, and measures both on questions that the fit did not see.

    python docs/decisions/fit_answering.py ../shared/data/handbook-18f/pages tests/data/handbook_questions.jsonl

The folder is read into a knowledge base below HOME (a third argument; a folder of its own if left out), once.
"""

import json
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bot.answering import evidence as reading
from bot.answering.evidence import Evidence, EvidenceReader, Signs
from bot.answering.quote import quote
from bot.answering.retrieve import CANDIDATES, KEPT, merge_neighbours, without_duplicates
from bot.answering.statement import CitationList
from ingestion.connectors.files import FilesConnector
from ingestion.sync import Source, Syncs
from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import SentenceTransformerEmbedder
from storage.knowledge import KnowledgeBase, Passage
from storage.qdrant_edge import EdgeIndex

HANDED_ON = reading.BEST
ANSWERED = 0.85


@dataclass
class Asked:
    """A question with all sentences of its passages, and which of them hold the answer."""

    answers: list[str]
    passages: list[Passage]
    evidence: list[Evidence]
    page_found: bool

    def holds(self, text: str) -> bool:
        return any(_plain(answer) in _plain(text) for answer in self.answers)

    def signs(self) -> np.ndarray:
        return np.array([one.signs for one in self.evidence], dtype=np.float32).reshape(-1, len(Signs._fields))

    def ranked(self, weights: np.ndarray) -> list[Evidence]:
        scored = [
            replace(one, score=float(score)) for one, score in zip(self.evidence, self.signs() @ weights, strict=True)
        ]
        return sorted(scored, key=lambda one: -one.score)[:HANDED_ON]

    def quote(self, weights: np.ndarray) -> str:
        citations, text = CitationList(), ""
        for statement in quote(self.ranked(weights)):
            text += citations.write(statement, first=not text)
        return text

    def features(self, weights: np.ndarray) -> list[float]:
        scores = [passage.scores for passage in self.passages]
        return [max(s.dense for s in scores), max(s.bm25 for s in scores), self.ranked(weights)[0].score]


def main() -> None:
    folder, questions = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    home = Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp(prefix="lore-fit-"))
    asked = read(filled(home, folder), [json.loads(line) for line in questions.read_text().splitlines()])
    figures = [fold for seed in range(5) for fold in held_out(asked, seed)]
    for name, values in zip(
        (
            "quotes with the answer",
            "words, median",
            "words, most",
            "AUROC",
            f"abstained at {ANSWERED:.0%} answered",
            "ECE",
        ),
        np.transpose(figures),
        strict=True,
    ):
        print(f"{name}: {values.mean():.3f} (± {values.std():.3f} over {len(values)} halves that the fit did not see)")
    weights = fit_signs(asked)
    print({name: round(float(weight), 2) for name, weight in zip(Signs._fields, weights, strict=True)})
    slope, bias = fit_confidence(asked, weights)
    print(dict(zip(("dense", "bm25", "score"), slope.round(3).tolist(), strict=True)), "bias", round(bias, 3))
    values = np.array([one.features(weights) for one in asked if one.evidence])
    answerable = np.array([bool(one.answers) for one in asked if one.evidence])
    confidence = 1 / (1 + np.exp(-(values @ slope + bias)))
    print("threshold", round(float(np.quantile(confidence[answerable], 1 - ANSWERED)), 3))


def filled(home: Path, folder: Path) -> KnowledgeBase:
    home.mkdir(parents=True, exist_ok=True)
    database = Database.open(f"sqlite:///{home.resolve()}/lore.db")
    index = EdgeIndex(home / "index", "the fit")
    knowledge = KnowledgeBase(database, index, SentenceTransformerEmbedder(), Bm25Encoder())
    knowledge.open()
    Syncs(database, knowledge).sync(Source("fit", "files", FilesConnector(folder), PUBLIC))
    return knowledge


def read(knowledge: KnowledgeBase, questions: Sequence[dict[str, Any]]) -> list[Asked]:
    reading.BEST = sys.maxsize  # all sentences, not only the best by the weights that stand
    reader = EvidenceReader(knowledge.embedder)
    asked = []
    for question in questions:
        found = knowledge.search(question["question"], PUBLIC, CANDIDATES).passages
        passages = [
            replace(passage, rank=rank)
            for rank, passage in enumerate(without_duplicates(merge_neighbours(found))[:KEPT], start=1)
        ]
        pages = list(dict.fromkeys(passage.document.id for passage in found))[:5]
        page_found = bool(set(pages) & set(question["pages"]))
        asked.append(Asked(question["answers"], passages, reader.read(question["question"], passages), page_found))
    return asked


def held_out(asked: Sequence[Asked], seed: int) -> list[tuple[float, ...]]:
    """Fitted on each half of the questions, measured on the other."""
    order = np.random.default_rng(seed).permutation(len(asked))
    halves = [[asked[at] for at in order[::2]], [asked[at] for at in order[1::2]]]
    return [measured(halves[1 - side], halves[side]) for side in (0, 1)]


def measured(fitted_on: Sequence[Asked], others: Sequence[Asked]) -> tuple[float, ...]:
    weights = fit_signs(fitted_on)
    found = [one for one in others if one.answers and one.page_found]
    quotes = [one.quote(weights) for one in found]
    words = [len(text.split()) for text in quotes]
    slope, bias = fit_confidence(fitted_on, weights)
    values = np.array([one.features(weights) for one in others if one.evidence])
    answerable = np.array([bool(one.answers) for one in others if one.evidence])
    confidence = 1 / (1 + np.exp(-(values @ slope + bias)))
    threshold = np.quantile(confidence[answerable], 1 - ANSWERED)
    return (
        float(np.mean([one.holds(text) for one, text in zip(found, quotes, strict=True)])),
        float(np.median(words)),
        float(max(words)),
        float(roc_auc_score(answerable, confidence)),
        float((confidence[~answerable] < threshold).mean()),
        calibration_error(confidence, answerable),
    )


def fit_signs(asked: Sequence[Asked], decay: float = 0.05) -> np.ndarray:
    """Weights under which a softmax over a question's sentences puts most on those that hold the answer."""
    data = []
    for one in asked:
        holding = [bool(one.answers) and one.holds(f"{e.sentence.lead} {e.sentence.text}") for e in one.evidence]
        if any(holding):
            data.append((torch.tensor(one.signs()), torch.tensor(holding)))
    spread = torch.cat([signs for signs, _ in data]).std(0) + 1e-6
    weights = torch.zeros(len(spread), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = decay * len(data) * (weights * weights).sum()
        for signs, holding in data:
            total = total - torch.logsumexp(torch.log_softmax(signs / spread @ weights, 0)[holding], 0)
        total.backward()
        return total

    optimizer.step(loss)  # type: ignore[arg-type]
    return (weights / spread).detach().numpy()


def fit_confidence(asked: Sequence[Asked], weights: np.ndarray) -> tuple[np.ndarray, float]:
    values = np.array([one.features(weights) for one in asked if one.evidence])
    answerable = np.array([bool(one.answers) for one in asked if one.evidence])
    middle, spread = values.mean(0), values.std(0)
    model = LogisticRegression(C=0.3).fit((values - middle) / spread, answerable)
    slope = model.coef_[0] / spread
    return slope, float(model.intercept_[0] - slope @ middle)


def calibration_error(confidence: np.ndarray, answerable: np.ndarray, bins: int = 5) -> float:
    error = 0.0
    for low in np.arange(bins) / bins:
        inside = (confidence >= low) & (confidence < low + 1 / bins)
        if inside.any():
            error += abs(confidence[inside].mean() - answerable[inside].mean()) * inside.mean()
    return float(error)


def _plain(text: str) -> str:
    text = re.sub(r"[*`_\\]|\s*\[\d+\]", "", text).replace("’", "'")
    return re.sub(r"\s+", " ", text).lower()


if __name__ == "__main__":
    main()
