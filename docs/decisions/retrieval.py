"""What was tried to find better without a bigger model, over the stored vectors of a synced knowledge base.

    lore eval retrieval DIR                            # once: syncs the folder into LORE_HOME/eval
    python docs/decisions/retrieval.py DIR             # nDCG@10 on the training claims; --test: on the test claims
    lore sync                                          # the handbook or the samples as the source
    python docs/decisions/retrieval.py tests/data/handbook_questions.jsonl     # page MRR@10, page among the first five

Nothing is embedded but the questions. Search is exact, and every chunk is scored by both.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from qdrant_edge import Bm25, Bm25Config
from sqlalchemy import select

from bot.app import open_knowledge
from bot.evaluation import evaluation_settings
from bot.settings import load_settings
from learning.evaluate import read_judgements
from learning.metrics import ndcg
from storage.bm25 import AVERAGE_LENGTH, AVERAGE_LENGTH_AROUND, SHARE_OF_AROUND
from storage.surroundings import NEAR
from storage.tables import ChunkRow, DocumentRow

Floats = NDArray[np.float64]
K, B = 1.2, 0.75
COUNTS = Bm25(Bm25Config(k=K, b=0.0, avg_len=AVERAGE_LENGTH, language="english"))
"""Gives tf x (k + 1) / (tf + k), from which tf is read back."""


@dataclass(frozen=True)
class Base:
    """n chunks in the order of their documents, and q questions with the documents that answer them."""

    document: NDArray[np.intp]
    names: Sequence[str]
    vectors: Floats
    titles: Sequence[str]
    headings: Sequence[str]
    texts: Sequence[str]
    questions: Sequence[str]
    right: Sequence[dict[str, int]]
    asked: Floats

    def cosine(self) -> Floats:
        return self.asked @ self.vectors.T


def main(what: Path, split: str) -> None:
    base = read(what, split)
    terms = Terms()
    text = terms.counts(base.texts)
    title, heading = terms.counts(base.titles), terms.counts(base.headings)
    asked = (terms.counts(base.questions) > 0).astype(float)
    text, title, heading, asked = (terms.wide(one) for one in (text, title, heading, asked))
    cosine = base.cosine()

    def words(counts: sparse.csr_matrix, most: Floats | None = None, add: sparse.csr_matrix | None = None) -> Floats:
        return share(asked if add is None else add, weighed(counts), asked)

    def tell(name: str, scores: Floats) -> None:
        print(f"{name:52}{judged(base, scores, what)}", flush=True)

    plain = words(text)
    tell("as it was: the chunk alone", 0.5 * cosine + 0.5 * plain)
    for extra in (1, 2):
        tell(f"title counted {extra} more", 0.5 * cosine + 0.5 * words(text + extra * title))
        tell(f"headings counted {extra} more", 0.5 * cosine + 0.5 * words(text + extra * heading))
    for near in (1, 2, 3, len(base.texts)):
        for part in (0.2, SHARE_OF_AROUND, 0.4, 0.5):
            vectors = (1 - part) * weighed(text) + part * weighed(
                around(base, near) @ text, average=AVERAGE_LENGTH_AROUND
            )
            tell(f"{near} chunks around, share {part}", 0.5 * cosine + 0.5 * share(asked, vectors, asked))
    vectors = (1 - SHARE_OF_AROUND) * weighed(text) + SHARE_OF_AROUND * weighed(
        around(base, NEAR) @ text, average=AVERAGE_LENGTH_AROUND
    )
    found = share(asked, vectors, asked)
    fused = 0.5 * cosine + 0.5 * found
    print(f"the following beside {NEAR} chunks around, share {SHARE_OF_AROUND}")
    for weight in (0.4, 0.45, 0.55, 0.6):
        tell(f"  cosine's weight {weight}", weight * cosine + (1 - weight) * found)
    for extra in (1, 2):
        more = (1 - SHARE_OF_AROUND) * weighed(text + extra * title) + SHARE_OF_AROUND * weighed(
            around(base, NEAR) @ text, average=AVERAGE_LENGTH_AROUND
        )
        tell(f"  title counted {extra} more", 0.5 * cosine + 0.5 * share(asked, more, asked))
    for passages in (3, 5, 10):
        for part in (0.1, 0.2):
            tell(f"  Rocchio, {passages} passages, {part}", 0.5 * rocchio(base, fused, passages, part) + 0.5 * found)
    for part in (0.1, 0.2):
        tell(f"  the document's second passage, {part}", with_second(base, fused, part))
    acronyms = Acronyms(base.texts, terms)
    for part in (0.2, 0.5, 1.0):
        expanded = acronyms.expand(base.questions, asked, part)
        tell(f"  acronyms written out and back, {part}", 0.5 * cosine + 0.5 * share(expanded, vectors, asked))


def read(what: Path, split: str) -> Base:
    settings = load_settings()
    if what.is_dir():
        judgements = read_judgements(what, split)
        settings = evaluation_settings(settings, what.resolve(), None)
        asked = [(judgements.questions[id], dict(right)) for id, right in judgements.relevant.items()]
    else:
        lines = [json.loads(line) for line in what.read_text(encoding="utf-8").splitlines()]
        asked = [(line["question"], dict.fromkeys(line["pages"], 1)) for line in lines if line["pages"]]
    with open_knowledge(settings, "retrieval.py") as (database, knowledge):
        query = (
            select(ChunkRow, DocumentRow.external_id, DocumentRow.title)
            .join(DocumentRow, ChunkRow.document_id == DocumentRow.id)
            .order_by(DocumentRow.id, ChunkRow.position)
        )
        with database.session() as session:
            rows = [(chunk.id, name, title, chunk) for chunk, name, title in session.execute(query)]
        ids, vectors = knowledge.document_vectors()
        place = {id: row for row, id in enumerate(ids)}
        names = list(dict.fromkeys(name for _, name, _, _ in rows))
        number = {name: at for at, name in enumerate(names)}
        return Base(
            document=np.array([number[name] for _, name, _, _ in rows]),
            names=names,
            vectors=vectors[[place[id] for id, _, _, _ in rows]].astype(np.float64),
            titles=[title for _, _, title, _ in rows],
            headings=["\n".join(chunk.heading) for _, _, _, chunk in rows],
            texts=[chunk.embedded for _, _, _, chunk in rows],
            questions=[question for question, _ in asked],
            right=[right for _, right in asked],
            asked=np.stack([knowledge.embedder.embed_question(question) for question, _ in asked]).astype(np.float64),
        )


class Terms:
    """Qdrant's terms as the columns of matrices."""

    def __init__(self) -> None:
        self.column: dict[int, int] = {}

    def of(self, text: str) -> dict[int, float]:
        """How often each term is in the text, by its column."""
        vector = COUNTS.embed_document(text)
        columns = [self.column.setdefault(term, len(self.column)) for term in vector.indices]
        return {at: round(K * value / (K + 1 - value)) for at, value in zip(columns, vector.values, strict=True)}

    def counts(self, texts: Sequence[str]) -> sparse.csr_matrix:
        cells = [(row, at, count) for row, text in enumerate(texts) for at, count in self.of(text).items()]
        rows, columns, counts = np.array(cells or np.empty((0, 3)), float).T
        return sparse.csr_matrix(
            (counts, (rows.astype(int), columns.astype(int))), shape=(len(texts), len(self.column))
        )

    def wide(self, matrix: sparse.csr_matrix) -> sparse.csr_matrix:
        return sparse.csr_matrix((matrix.data, matrix.indices, matrix.indptr), (matrix.shape[0], len(self.column)))


def weighed(counts: sparse.csr_matrix, average: float = AVERAGE_LENGTH) -> sparse.csr_matrix:
    weights = sparse.csr_matrix(counts, dtype=float)
    norm = K * (1 - B + B * np.asarray(counts.sum(axis=1)).ravel() / average)
    weights.data = weights.data * (K + 1) / (weights.data + np.repeat(norm, np.diff(weights.indptr)))
    return weights


def share(asked: sparse.csr_matrix, vectors: sparse.csr_matrix, as_asked: sparse.csr_matrix) -> Floats:
    """BM25 of each question and chunk, (q, n), as a share of the most that the question as it was asked can score."""
    having = np.asarray((vectors > 0).sum(axis=0)).ravel()
    idf = np.log((vectors.shape[0] - having + 0.5) / (having + 0.5) + 1)
    most = (K + 1) * np.asarray(as_asked.multiply(idf).sum(axis=1)).ravel()
    scores: Floats = asked.multiply(idf).tocsr().dot(vectors.T.tocsr()).toarray()
    return scores / np.maximum(most, 1e-9)[:, None]


def around(base: Base, near: int) -> sparse.csr_matrix:
    """(n, n): 1 where a chunk is another of the same document at most `near` away, or the same."""
    cells = (
        [
            (row, other)
            for row in range(len(base.document))
            for other in range(max(0, row - near), min(len(base.document), row + near + 1))
            if base.document[row] == base.document[other]
        ]
        if near <= 10
        else list(zip(*np.nonzero(base.document[:, None] == base.document), strict=True))
    )
    rows, columns = zip(*cells, strict=True)
    return sparse.csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(base.document),) * 2)


def rocchio(base: Base, fused: Floats, passages: int, part: float) -> Floats:
    """The cosines with each question moved towards the best passages that it found."""
    best = np.argsort(-fused, axis=1)[:, :passages]
    moved = (1 - part) * base.asked + part * base.vectors[best].mean(axis=1)
    return (moved / np.linalg.norm(moved, axis=1, keepdims=True)) @ base.vectors.T


def with_second(base: Base, fused: Floats, part: float) -> Floats:
    scores = fused.copy()
    for document in range(len(base.names)):
        columns = np.flatnonzero(base.document == document)
        if len(columns) > 1:
            scores[:, columns] += part * np.sort(fused[:, columns], axis=1)[:, [-2]]
    return scores


class Acronyms:
    """Long forms with their short form in brackets, as Schwartz and Hearst (2003) find them in the documents."""

    def __init__(self, texts: Sequence[str], terms: Terms) -> None:
        seen: dict[str, Counter[str]] = {}
        for text in texts:
            for short, long in _pairs(text):
                seen.setdefault(short, Counter())[long] += 1
        self._terms = terms
        self._long = {short: longs.most_common(1)[0][0] for short, longs in seen.items()}

    def expand(self, questions: Sequence[str], asked: sparse.csr_matrix, part: float) -> sparse.csr_matrix:
        """The questions with the terms of the other form, which weigh `part` together."""
        expanded = asked.tolil(copy=True)
        for row, question in enumerate(questions):
            below = question.lower()
            for short, long in self._long.items():
                has_short = re.search(rf"\b{re.escape(short)}\b", question) is not None
                if has_short or f" {long} " in f" {below} ":
                    other = [at for at in self._terms.of(long if has_short else short) if at < asked.shape[1]]
                    for at in other:
                        expanded[row, at] = max(expanded[row, at], part / len(other))
        return expanded.tocsr()


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(r"\(([A-Z][A-Za-z0-9&-]{1,9})\)", text):
        words = text[: match.start()].split()[-2 * len(match[1]) :]
        letters = [letter for letter in match[1].lower() if letter.isalnum()]
        for begin in range(len(words) - 1, -1, -1):
            long = " ".join(words[begin:]).lower()
            if long[:1] == letters[0] and _in_order(letters, long):
                yield match[1], long
                break


def _in_order(letters: Sequence[str], text: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in letters)


def judged(base: Base, scores: Floats, what: Path) -> str:
    values, reciprocal, first_five = [], [], []
    for row, right in zip(scores, base.right, strict=True):
        best = np.full(len(base.names), -np.inf)
        np.maximum.at(best, base.document, row)
        ranked = [base.names[at] for at in np.argsort(-best, kind="stable")[:10]]
        values.append(ndcg(ranked, right))
        rank = next((rank for rank, name in enumerate(ranked, 1) if name in right), None)
        reciprocal.append(1 / rank if rank else 0.0)
        first_five.append(rank is not None and rank <= 5)
    if what.is_dir():
        return f"{np.mean(values):.4f}"
    return f"{np.mean(reciprocal):.4f} {np.mean(first_five):.1%}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), "test" if "--test" in sys.argv else "train")
