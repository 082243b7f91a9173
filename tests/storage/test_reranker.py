"""A cross-encoder that the settings name decides the order of the best passages: a real one, small, made here."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.knowledge import KnowledgeBase
from storage.nudge import Nudge
from storage.passage import Passage
from storage.qdrant_edge import EdgeIndex
from storage.reranker import READ, CrossEncoderReranker, RerankerError, rerank
from tests.embedders import HashEmbedder
from tests.storage.version_bases import add_source, document

WORDS = ("leave", "days", "form", "manager", "printer", "lunch", "noon", "ask", "of", "your", "what", "which", "2", "5")


def cross_encoder(folder: Path, labels: int = 1) -> str:
    """A BERT of two layers with random weights, in the form of a sentence-transformers CrossEncoder; its folder."""
    torch.manual_seed(0)
    folder.mkdir()
    vocabulary = folder / "vocab.txt"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    vocabulary.write_text("\n".join(pieces))
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        num_labels=labels,
        initializer_range=1.0,
    )
    bare = folder / "bare"
    BertForSequenceClassification(config).save_pretrained(bare)
    BertTokenizerFast(vocab=str(vocabulary)).save_pretrained(bare)
    CrossEncoder(str(bare), device="cpu").save_pretrained(str(folder / "model"))
    return str(folder / "model")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return cross_encoder(tmp_path_factory.mktemp("models") / "reranker")


class Votes:
    """One vote that lifts the document `vote.md` as far as votes can."""

    def nudges(self, vector: object, embedder: object) -> list[Nudge]:
        return [Nudge("handbook", "vote.md", 0.2, "which form?")]


@pytest.fixture
def base(database: Database, index_folder: Path, model: str) -> Iterator[KnowledgeBase]:
    index = EdgeIndex(index_folder, "the tests")
    reranker = CrossEncoderReranker(model, "cpu")
    knowledge = KnowledgeBase(database, index, HashEmbedder(), Bm25Encoder(), reranker=reranker)
    knowledge.open()
    texts = [f"{one} {other} leave" for one in WORDS[1:8] for other in WORDS[3:8]]
    knowledge.write(add_source(database), [document(text, id=f"{n}.md") for n, text in enumerate(texts)])
    yield knowledge
    index.close()


def scored(passages: tuple[Passage, ...]) -> list[float]:
    return [passage.scores.reranked for passage in passages if passage.scores.reranked is not None]


def test_the_best_passages_come_in_the_order_of_the_cross_encoder(base: KnowledgeBase, model: str) -> None:
    plain = base.search_by_vector("which form", base.embedder.embed_question("which form"), PUBLIC, READ, 0.5)
    found = base.search("which form", PUBLIC, READ).passages
    read = CrossEncoder(model, device="cpu").predict(
        [("which form", f"Leave\n{passage.text}") for passage in plain], activation_fn=torch.nn.Sigmoid()
    )
    expected = [plain[row].text for row in np.argsort(-read, kind="stable")]
    assert [passage.text for passage in found] == expected != [passage.text for passage in plain]
    assert [passage.rank for passage in found] == list(range(1, READ + 1))
    assert all(0 <= score <= 1 for score in scored(found))
    assert scored(found) == pytest.approx(sorted(read, reverse=True), abs=1e-5)


def test_few_are_the_best_of_many_and_of_many_only_the_first_are_read(base: KnowledgeBase) -> None:
    many = base.search("which form", PUBLIC, 30).passages
    assert len(many) == 30
    assert len(scored(many)) == READ
    assert [passage.scores.reranked for passage in many[READ:]] == [None] * 10
    few = base.search("which form", PUBLIC, 3).passages
    assert [passage.text for passage in few] == [passage.text for passage in many[:3]]


def test_a_question_that_finds_nothing_reads_nothing(base: KnowledgeBase) -> None:
    assert base.search("which form", frozenset({"#nobody"}), 3).passages == ()


def test_votes_are_felt_in_that_order_too(database: Database, index_folder: Path, model: str) -> None:
    index = EdgeIndex(index_folder, "the tests")
    reranker = CrossEncoderReranker(model, "cpu")
    knowledge = KnowledgeBase(database, index, HashEmbedder(), Bm25Encoder(), votes=Votes(), reranker=reranker)
    knowledge.open()
    texts = {"vote.md": "lunch noon", **{f"{word}.md": f"ask {word} leave" for word in WORDS[:6]}}
    knowledge.write(add_source(database), [document(text, id=id) for id, text in texts.items()])
    (lifted,) = [one for one in knowledge.search("form", PUBLIC, 10).passages if one.document.id == "vote.md"]
    assert lifted.scores.reranked is not None
    above = [one for one in knowledge.search("form", PUBLIC, 10).passages if one.rank < lifted.rank]
    assert all((one.scores.reranked or 0) >= lifted.scores.reranked + lifted.scores.votes for one in above)
    index.close()


@pytest.mark.parametrize("labels", [0, 3])
def test_a_model_that_cannot_rerank_is_named_with_what_to_do(tmp_path: Path, labels: int) -> None:
    name = cross_encoder(tmp_path / "three", labels) if labels else str(tmp_path / "none")
    with pytest.raises(RerankerError, match="RERANKER_MODEL"):
        CrossEncoderReranker(name, "cpu").relevance("which form", ["ask your manager"])


def test_nothing_to_rerank_loads_nothing() -> None:
    assert rerank(CrossEncoderReranker("no/such/model"), "which form", []) == ()
