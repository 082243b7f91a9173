"""Fits what quoting and abstention weigh, and measures both on questions that the fit did not see.

    python docs/decisions/fit_answering.py ../shared/data/handbook-18f/pages \
      tests/data/handbook_questions.jsonl tests/data/handbook_paraphrases.jsonl

The folder is read into a knowledge base below HOME (a fourth argument; a folder of its own if left out), once.
Paraphrases of a question are with it, in the half that is fitted on, and are not measured on.
"""

import json
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from bot.answer_evaluation.calibration import abstained_where, auroc, calibration_error
from bot.answering import evidence as reading
from bot.answering.calibrate import PULL, MadeFeatures, fit, found_for
from bot.answering.confidence import Confidence, Features, Prior, features
from bot.answering.evidence import Evidence, EvidenceReader, Signs
from bot.answering.fitted_confidence import MADE
from bot.answering.made_questions import made_questions
from bot.answering.quote import quote
from bot.answering.retrieve import CANDIDATES, passages_to_read
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
SEEDS = 5
WITHOUT_ITS_PAGES = 0.5
"""What a question weighs as one without an answer, when the pages that answer it are removed from what is found."""

PULLS = (PULL, 3.0, 1e4)
"""By the made questions; under the last one the prior's slopes count for nothing."""


@dataclass(frozen=True)
class Read:
    """Passages with all their sentences."""

    passages: list[Passage]
    evidence: list[Evidence]

    def signs(self) -> np.ndarray:
        return np.array([one.signs for one in self.evidence], dtype=np.float32).reshape(-1, len(Signs._fields))

    def ranked(self, weights: np.ndarray) -> list[Evidence]:
        scored = [
            replace(one, score=float(score)) for one, score in zip(self.evidence, self.signs() @ weights, strict=True)
        ]
        return sorted(scored, key=lambda one: -one.score)[:HANDED_ON]

    def features(self, weights: np.ndarray) -> Features:
        return features(self.passages, self.ranked(weights))


@dataclass
class Asked:
    """A question with what was found for it, and without the pages that answer it."""

    answers: list[str]
    read: Read
    removed: Read | None
    page_found: bool
    paraphrases: list["Asked"] = field(default_factory=list)

    def holds(self, text: str) -> bool:
        return any(_plain(answer) in _plain(text) for answer in self.answers)

    def quote(self, weights: np.ndarray) -> str:
        citations, text = CitationList(), ""
        for statement in quote(self.read.ranked(weights)):
            text += citations.write(statement, first=not text)
        return text


def main() -> None:
    folder, questions, paraphrases = (Path(argument).resolve() for argument in sys.argv[1:4])
    reading.BEST = sys.maxsize  # all sentences, not only the best by the weights that stand
    knowledge, database = filled(Path(sys.argv[4] if len(sys.argv) > 4 else tempfile.mkdtemp()), folder)
    asked = read(knowledge, _objects(questions), {one["question"]: one["paraphrases"] for one in _objects(paraphrases)})
    made = read_made(knowledge, database)
    figures: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        order = np.random.default_rng(seed).permutation(len(asked))
        for side in (0, 1):
            fitted_on, others = ([asked[at] for at in order[start::2]] for start in (side, 1 - side))
            for name, value in measured(fitted_on, others, made).items():
                figures.setdefault(name, []).append(value)
    for name, values in figures.items():
        print(
            f"{name}: {np.mean(values):.3f} ± {np.std(values):.3f} over {len(values)} halves that the fit did not see"
        )
    weights = fit_signs(asked)
    prior = fit_prior(asked, made, weights)
    found = [one for one in asked if one.answers and one.page_found]
    holding = np.mean([one.holds(one.quote(weights)) for one in found])
    print(f"quotes with the answer, of the {len(found)} questions that all of it is fitted on: {holding:.3f}")
    print("WEIGHTS =", Signs(*(round(float(weight), 2) for weight in weights)))
    print("PRIOR =", Prior(*(_rounded(value) for value in (prior.slopes, prior.bias, prior.middle, prior.spread))))
    pulled = _pulled(_features_of_made(made, weights), prior, PULL)
    confidence = np.array([pulled.of(one.read.passages, one.read.ranked(weights)) for one in asked])
    answerable = np.array([bool(one.answers) for one in asked])
    print("THRESHOLD =", round(float(np.quantile(confidence[answerable], 1 - ANSWERED)), 3))


def filled(home: Path, folder: Path) -> tuple[KnowledgeBase, Database]:
    home.mkdir(parents=True, exist_ok=True)
    database = Database.open(f"sqlite:///{home.resolve()}/lore.db")
    index = EdgeIndex(home / "index", "the fit")
    knowledge = KnowledgeBase(database, index, SentenceTransformerEmbedder(), Bm25Encoder())
    knowledge.open()
    Syncs(database, knowledge).sync(Source("handbook", "files", FilesConnector(folder), PUBLIC))
    return knowledge, database


def read(
    knowledge: KnowledgeBase, questions: Sequence[dict[str, Any]], paraphrases: dict[str, list[str]]
) -> list[Asked]:
    reader = EvidenceReader(knowledge.embedder)

    def one(text: str, known: dict[str, Any]) -> Asked:
        found = knowledge.search(text, PUBLIC, 3 * CANDIDATES).passages
        others = [passage for passage in found if passage.document.id not in known["pages"]]
        pages = list(dict.fromkeys(passage.document.id for passage in found[:CANDIDATES]))[:5]
        return Asked(
            known["answers"],
            _read(reader, text, found),
            _read(reader, text, others) if known["pages"] else None,
            bool(set(pages) & set(known["pages"])),
        )

    asked = []
    for known in questions:
        asked.append(one(known["question"], known))
        asked[-1].paraphrases = [one(text, known) for text in paraphrases.get(known["question"], [])]
    return asked


def read_made(knowledge: KnowledgeBase, database: Database) -> list[tuple[Read | None, Read | None]]:
    reader = EvidenceReader(knowledge.embedder)
    read = []
    for made in made_questions(database, 1, MADE):
        read.append(
            tuple(
                Read(passages, reader.read(made.text, passages)) if passages else None
                for passages in found_for(knowledge, made, PUBLIC)
            )
        )
    return read


def _read(reader: EvidenceReader, question: str, found: Sequence[Passage]) -> Read:
    passages = passages_to_read(found[:CANDIDATES])
    return Read(passages, reader.read(question, passages))


def measured(
    fitted_on: Sequence[Asked], others: Sequence[Asked], made: Sequence[tuple[Read | None, Read | None]]
) -> dict[str, float]:
    weights = fit_signs(fitted_on)
    found = [one for one in others if one.answers and one.page_found]
    quotes = [one.quote(weights) for one in found]
    words = [len(text.split()) for text in quotes]
    figures = {
        "quotes with the answer": float(np.mean([one.holds(text) for one, text in zip(found, quotes, strict=True)])),
        "words, median": float(np.median(words)),
        "words, most": float(max(words)),
    }
    prior = fit_prior(fitted_on, made, weights)
    of_made = _features_of_made(made, weights)
    answerable = np.array([bool(one.answers) for one in others])
    for name, confidence in {
        "the prior": prior.confidence(),
        **{f"pulled by {pull:g}": _pulled(of_made, prior, pull) for pull in PULLS},
    }.items():
        sure = np.array([confidence.of(one.read.passages, one.read.ranked(weights)) for one in others])
        figures |= _judged(name, sure, answerable)
        figures[f"{name}: calibration error, 5 bins"] = calibration_error(sure, answerable, 5)
        figures[f"{name}: calibration error, 10 bins"] = calibration_error(sure, answerable)
    cosine = np.array([max(passage.scores.dense for passage in one.read.passages) for one in others])
    return figures | _judged("cosine", cosine, answerable)


def _pulled(made: Sequence[MadeFeatures], prior: Prior, pull: float) -> Confidence:
    calibrated = fit(made, prior, pull)
    assert calibrated is not None
    return calibrated.confidence


def _judged(name: str, confidence: np.ndarray, answerable: np.ndarray) -> dict[str, float]:
    return {
        f"{name}: AUROC": auroc(confidence, answerable) or 0.0,
        f"{name}: abstained at {ANSWERED:.0%} answered": abstained_where(confidence, answerable, ANSWERED) or 0.0,
    }


def fit_signs(asked: Sequence[Asked], decay: float = 0.05) -> np.ndarray:
    """Weights under which a softmax over a question's sentences puts most on those that hold the answer.

    The paraphrases of a question weigh as much as it does, together.
    """
    data = []
    for question in asked:
        for one in (question, *question.paraphrases):
            held = [bool(one.answers) and one.holds(f"{e.sentence.lead} {e.sentence.text}") for e in one.read.evidence]
            share = 1.0 if one is question else 1 / len(question.paraphrases)
            if any(held):
                data.append((torch.tensor(one.read.signs()), torch.tensor(held), share))
    spread = torch.cat([signs for signs, _, _ in data]).std(0) + 1e-6
    weights = torch.zeros(len(spread), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = decay * sum(share for _, _, share in data) * (weights * weights).sum()
        for signs, holding, share in data:
            total = total - share * torch.logsumexp(torch.log_softmax(signs / spread @ weights, 0)[holding], 0)
        total.backward()
        return total

    optimizer.step(loss)  # type: ignore[arg-type]
    return (weights / spread).detach().numpy()


def fit_prior(asked: Sequence[Asked], made: Sequence[tuple[Read | None, Read | None]], weights: np.ndarray) -> Prior:
    """Slopes in units of the made questions' features; paraphrases, and questions without their pages, fitted along."""
    of_made = [one for pair in _features_of_made(made, weights) for one in (pair.present, pair.removed) if one]
    middle, spread = np.mean(of_made, axis=0), np.std(of_made, axis=0)
    rows, answerable, shares = [], [], []
    for question in asked:
        for one in (question, *question.paraphrases):
            share = 1.0 if one is question else 1 / len(question.paraphrases)
            for read, holds, weight in ((one.read, bool(one.answers), 1.0), (one.removed, False, WITHOUT_ITS_PAGES)):
                if read is not None and read.evidence:
                    rows.append(read.features(weights))
                    answerable.append(holds)
                    shares.append(share * weight)
    standard = (np.array(rows) - middle) / spread
    slopes = LogisticRegression(C=0.3, max_iter=1000).fit(standard, answerable, sample_weight=shares).coef_[0]
    # How sure to be is fitted on the questions as they were asked, so that as many are answerable as there are.
    own = (np.array([one.read.features(weights) for one in asked]) - middle) / spread
    holds = np.array([bool(one.answers) for one in asked])
    level = LogisticRegression(C=1e3, max_iter=1000).fit((own @ slopes)[:, None], holds)
    slopes = slopes * level.coef_[0][0]
    return Prior(_named(slopes), float(level.intercept_[0]), _named(middle), _named(spread))


def _features_of_made(made: Sequence[tuple[Read | None, Read | None]], weights: np.ndarray) -> list[MadeFeatures]:
    return [
        MadeFeatures(*(one.features(weights) if one is not None and one.evidence else None for one in pair))
        for pair in made
    ]


def _named(values: np.ndarray) -> Features:
    return Features(*values.tolist())


def _rounded(value: Features | float) -> Features | float:
    return Features(*(round(one, 3) for one in value)) if isinstance(value, tuple) else round(value, 3)


def _objects(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _plain(text: str) -> str:
    text = re.sub(r"[*`_\\]|\s*\[\d+\]", "", text).replace("’", "'")
    return re.sub(r"\s+", " ", text).lower()


if __name__ == "__main__":
    main()
