from pathlib import Path

import numpy as np
import pytest

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import Embedder, Vectors
from storage.knowledge import KnowledgeBase
from storage.qdrant_edge import EdgeIndex
from storage.scope import FROM, FULLY, Scope, ScopedQuestions, blend, lengths
from tests.embedders import HashEmbedder, SaltedEmbedder, load_salted
from tests.storage.version_bases import TEXTS, add_source, document


def at(cosine: float) -> Vectors:
    """A vector with this cosine to the first axis."""
    return np.array([cosine, np.sqrt(1 - cosine**2), 0], dtype=np.float32)


TAUGHT = np.array([[1, 0, 0], [0, 0, 1]], dtype=np.float32)


def test_what_was_learnt_holds_the_more_the_nearer_a_question_is_to_one_taught() -> None:
    middle = (FROM + FULLY) / 2
    asked = np.stack([at(cosine) for cosine in (1.0, FULLY + 0.01, middle, FROM - 0.01, -0.5)])
    assert Scope(TAUGHT).holds(asked) == pytest.approx([1, 1, 0.5, 0, 0], abs=1e-5)
    assert Scope(TAUGHT).holds(np.array([[0, 0.6, 0.8]], dtype=np.float32)) == pytest.approx([1])
    assert Scope(np.empty((0, 3), np.float32)).holds(asked) == pytest.approx(np.zeros(5))


def test_a_blend_is_of_unit_length_and_between_the_two() -> None:
    untrained, trained = np.stack([at(1.0)] * 3), np.stack([at(0.0)] * 3)
    mixed = blend(untrained, trained, np.array([0, 0.5, 1], dtype=np.float32))
    assert mixed == pytest.approx(np.stack([at(1.0), at(np.sqrt(0.5)), at(0.0)]), abs=1e-6)
    assert lengths(np.array([0, 0.5, 1], dtype=np.float32), 1.2) == pytest.approx([1, 1.1, 1.2])


def test_a_scope_is_read_as_it_was_written() -> None:
    vectors = HashEmbedder().embed(["leave", "pay", "lunch"])
    read = Scope.from_bytes(Scope(vectors).to_bytes(), 8)
    assert read.taught.dtype == np.float32
    assert read.taught == pytest.approx(vectors, abs=1e-3)


class Never(SaltedEmbedder):
    """A trained model that is not to be asked."""

    def embed_question(self, text: str) -> Vectors:
        raise AssertionError(text)


def questions(trained: Embedder, *taught: str, scale: float = 1.0) -> ScopedQuestions:
    untrained = HashEmbedder()
    return ScopedQuestions(untrained, trained, lambda: Scope(untrained.embed(list(taught))), scale)


def test_far_from_what_was_taught_the_untrained_model_reads_a_question_alone() -> None:
    untrained, far = HashEmbedder(), "Where is the printer?"
    taught = next(
        text
        for text in (f"leave {number}" for number in range(100))
        if untrained.embed_question(text) @ untrained.embed_question(far) < FROM
    )
    scoped = questions(Never("learnt", b"salt"), taught, scale=1.2)
    assert scoped.embed_question(far) == pytest.approx(untrained.embed_question(far))
    with pytest.raises(AssertionError, match=taught):
        scoped.embed_question(taught)
    assert (scoped.name, scoped.dimension) == ("learnt", 8)


def test_what_was_taught_is_read_by_the_trained_model_and_its_cosines_are_scaled() -> None:
    trained = SaltedEmbedder("learnt", b"salt")
    learnt = trained.embed_question("leave")
    assert questions(trained, "leave", scale=1.2).embed_question("leave") == pytest.approx(1.2 * learnt, abs=1e-6)
    everywhere = ScopedQuestions(HashEmbedder(), trained, lambda: None, 0.9)
    assert everywhere.embed_question("leave") == pytest.approx(0.9 * learnt, abs=1e-6)


def test_a_version_serves_within_its_scope_in_every_process(sqlite_url: str, tmp_path: Path) -> None:
    database = Database.open(sqlite_url)
    untrained, trained = HashEmbedder(), SaltedEmbedder("hash+1", b"hash+1")
    texts = [f"leave {number}" for number in range(100)]
    near = next(text for text in texts if untrained.embed_question(text) @ untrained.embed_question("leave") < FROM)

    def serving() -> tuple[KnowledgeBase, EdgeIndex]:
        index = EdgeIndex(tmp_path / "index", "the tests")
        knowledge = KnowledgeBase(database, index, HashEmbedder(), Bm25Encoder(), load_salted)
        knowledge.open()
        return knowledge, index

    knowledge, index = serving()
    knowledge.write(add_source(database), [document(*TEXTS)])
    version = knowledge.add_version(
        name="hash+1",
        sides="question",
        tensors=b"hash+1",
        fusion_weight=0.5,
        dense_scale=1.1,
        state="candidate",
        reason="",
        figures={},
        scope=Scope(untrained.embed([near])),
    )
    knowledge.activate(version)
    index.close()
    knowledge, index = serving()
    assert knowledge.search(near, PUBLIC).vector == pytest.approx(1.1 * trained.embed_question(near), abs=1e-3)
    assert knowledge.search("leave", PUBLIC).vector == pytest.approx(untrained.embed_question("leave"), abs=1e-6)
    index.close()
    database.close()
