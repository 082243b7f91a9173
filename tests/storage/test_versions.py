"""Versions of the embedding model: added, switched to under load, rolled back, and followed by other processes."""

import threading
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient
from safetensors.torch import save
from sqlalchemy import delete, select

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import Embedder, EmbedderError, QuestionsFirst, SentenceTransformerEmbedder
from storage.knowledge import KnowledgeBase, WriteCounts
from storage.qdrant_edge import EdgeIndex
from storage.qdrant_server import ServerIndex
from storage.tables import EmbeddingModelRow, ModelTensorsRow
from storage.versions import VersionError
from tests.embedders import HashEmbedder, SaltedEmbedder, real_embedder
from tests.storage.version_bases import TEXTS, add, add_source, document, edge_base, knowledge_base, serving

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")


@pytest.fixture
def knowledge(database: Database, index_folder: Path) -> Iterator[KnowledgeBase]:
    made, index = edge_base(database, index_folder)
    made.write(add_source(database), [document(*TEXTS)])
    yield made
    index.close()


def test_a_version_that_is_activated_asks_with_its_own_vectors_weight_and_scale(knowledge: KnowledgeBase) -> None:
    version = add(knowledge, "hash+1", weight=0.75, scale=1.5)
    assert serving(knowledge) == "hash"
    knowledge.activate(version)
    found = knowledge.search("leave", PUBLIC)
    question = SaltedEmbedder("hash+1", b"hash+1").embed_question("leave")
    assert found.vector == pytest.approx(1.5 * question)
    for passage in found.passages:
        dense = 1.5 * float(HashEmbedder().embed_question(passage.text) @ question)
        assert passage.scores.dense == pytest.approx(dense, abs=1e-5)
        assert passage.scores.fused == pytest.approx(0.75 * dense + 0.25 * passage.scores.bm25, abs=1e-5)
    assert knowledge.dense_weight == 0.75


def test_those_who_keep_the_embedder_have_that_of_the_version_which_serves(knowledge: KnowledgeBase) -> None:
    embedder = knowledge.embedder
    assert (embedder.name, embedder.dimension, embedder.max_tokens) == ("hash", 8, 64)
    knowledge.activate(add(knowledge, "hash+1"))
    assert embedder.name == "hash+1"
    assert embedder.embed_question("a") == pytest.approx(SaltedEmbedder("hash+1", b"hash+1").embed_question("a"))
    plain = HashEmbedder()
    assert embedder.embed(["a"])[0] == pytest.approx(plain.embed_question("a"))
    assert embedder.embed_sentences(["a"])[0] == pytest.approx(plain.embed_question("a"))
    assert embedder.piece_vectors(["a"])[0] == pytest.approx(plain.embed_question("a"))
    assert (embedder.count_tokens(["a b"]), embedder.word_pieces("a")) == ([4], ["[CLS]", "a", "[SEP]"])


def test_the_list_of_versions_says_what_each_is(knowledge: KnowledgeBase) -> None:
    question, both = add(knowledge, "hash+1", weight=0.6, scale=1.2), add(knowledge, "hash+2", sides="both")
    knowledge.activate(question)
    second, first, base = knowledge.versions()
    assert [(one.id, one.name, one.sides, one.documents) for one in (second, first)] == [
        (both, "hash+2", "both", "hash+2"),
        (question, "hash+1", "question", "hash"),
    ]
    assert (base.name, base.base, base.sides, base.active, base.state) == ("hash", "hash", "both", False, "ready")
    assert (first.active, first.state, first.fusion_weight, first.dense_scale) == (True, "ready", 0.6, 1.2)
    assert (second.active, second.state, second.activated_at) == (False, "candidate", None)
    assert (first.base, first.reason, first.figures) == ("hash", "it found more", {"gain": 0.05})


def test_no_search_fails_or_mixes_two_versions_while_they_are_switched(knowledge: KnowledgeBase) -> None:
    names = ["hash", *(f"hash+{number}" for number in range(1, 4))]
    ids = [knowledge.serving.id]
    ids += [add(knowledge, name, weight=0.2 * n, scale=1 + 0.2 * n) for n, name in enumerate(names[1:], start=1)]
    expected = {}
    for name, id in zip(names, ids, strict=True):
        knowledge.activate(id)
        expected[name] = outcome(knowledge)
    assert len({scores for _, _, scores in expected.values()}) == len(names)
    seen: list[str] = []
    failures: list[object] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                name, *rest = outcome(knowledge)
                seen.append(name)
                if [name, *rest] != list(expected[name]):
                    failures.append((name, rest))
            except Exception as error:  # noqa: BLE001
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    give_up = time.monotonic() + 30
    for turn in count():
        if turn % 5 == 4:
            knowledge.rollback()
        else:
            knowledge.activate(ids[turn % len(ids)])
        if (turn > 60 and set(seen) == set(names)) or time.monotonic() > give_up:
            break
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(seen) == set(names)


def outcome(knowledge: KnowledgeBase) -> tuple[str, float, tuple[tuple[str, float, float], ...]]:
    """The version that answered, the length of its question's vector, and the scores that it gave."""
    found = knowledge.search("days of leave", PUBLIC)
    scores = tuple(
        (passage.text, round(passage.scores.dense, 4), round(passage.scores.fused, 4)) for passage in found.passages
    )
    return found.model, round(float(np.linalg.norm(found.vector)), 4), scores


def test_rolling_back_goes_to_the_version_before_and_twice_further_back(knowledge: KnowledgeBase) -> None:
    for name in ("hash+1", "hash+2", "hash+3"):
        knowledge.activate(add(knowledge, name))
    assert [knowledge.rollback().name, serving(knowledge)] == ["hash+2", "hash+2"]
    assert [knowledge.rollback().name, serving(knowledge)] == ["hash+1", "hash+1"]
    back = knowledge.rollback()
    assert (back.name, back.active, serving(knowledge)) == ("hash", True, "hash")
    with pytest.raises(VersionError, match="none to go back to"):
        knowledge.rollback()
    assert serving(knowledge) == "hash"


def test_a_version_that_was_left_can_be_activated_again_and_left_again(knowledge: KnowledgeBase) -> None:
    first = add(knowledge, "hash+1")
    knowledge.activate(first)
    knowledge.rollback()
    knowledge.activate(first)
    assert serving(knowledge) == "hash+1"
    assert knowledge.rollback().name == "hash"


def test_a_version_that_was_refused_or_has_no_documents_is_not_activated(knowledge: KnowledgeBase) -> None:
    refused, both = add(knowledge, "hash+1", state="refused"), add(knowledge, "hash+2", sides="both")
    with pytest.raises(VersionError, match="was refused: it found more"):
        knowledge.activate(refused)
    with pytest.raises(VersionError, match="promote it"):
        knowledge.activate(both)
    with pytest.raises(VersionError, match="no version 99"):
        knowledge.activate(99)
    assert serving(knowledge) == "hash"


def test_two_versions_of_one_name_cannot_be(knowledge: KnowledgeBase) -> None:
    add(knowledge, "hash+1")
    with pytest.raises(VersionError, match="another name"):
        add(knowledge, "hash+1")
    with pytest.raises(VersionError, match="another name"):
        add(knowledge, "hash")


def test_the_active_version_serves_after_a_restart_and_is_loaded_when_it_is_asked(
    database: Database, index_folder: Path
) -> None:
    knowledge, index = edge_base(database, index_folder)
    knowledge.activate(add(knowledge, "hash+1", weight=0.25))
    index.close()
    loaded: list[str] = []

    def load(base: str, tensors: bytes, name: str) -> Embedder:
        loaded.append(f"{name} of {base} with {tensors.decode()}")
        return SaltedEmbedder(name, tensors)

    index = EdgeIndex(index_folder, "the tests")
    again = knowledge_base(database, index, load)
    assert (again.embedder.name, again.dense_weight, again.max_tokens, loaded) == ("hash+1", 0.25, 64, [])
    assert serving(again) == "hash+1"
    assert loaded == ["hash+1 of hash with hash+1"]
    index.close()


def test_the_settings_choose_the_model_and_the_last_version_of_it_serves(
    knowledge: KnowledgeBase, database: Database
) -> None:
    version = add(knowledge, "hash+1")
    knowledge.activate(version)
    index = ServerIndex(QdrantClient(":memory:"))
    other = KnowledgeBase(database, index, HashEmbedder("another", 4), Bm25Encoder())
    other.open()
    assert serving(other) == "another"
    with pytest.raises(VersionError, match="EMBEDDING_MODEL to 'hash'"):
        other.activate(version)
    with pytest.raises(VersionError, match="none to go back to"):
        other.rollback()
    knowledge.open()
    assert serving(knowledge) == "hash+1"
    assert knowledge.rollback().name == "hash"
    index.close()


def test_whom_documents_were_shared_with_while_another_model_served_see_them(
    database: Database, index_folder: Path
) -> None:
    knowledge, index = edge_base(database, index_folder)
    source = add_source(database)
    knowledge.write(source, [document(*TEXTS, audience=frozenset({"#hr"}))])
    other = KnowledgeBase(database, index, HashEmbedder("another", 4), Bm25Encoder())
    other.open()
    other.set_audience(source, ["leave.md"], PUBLIC)
    assert other.reconcile() == WriteCounts(embedded=4)
    knowledge.open()
    assert len(knowledge.search("leave", PUBLIC).passages) == 4
    index.close()


def test_a_version_whose_weights_are_gone_says_so_and_can_be_left(database: Database, index_folder: Path) -> None:
    knowledge, index = edge_base(database, index_folder)
    knowledge.activate(add(knowledge, "hash+1"))
    index.close()
    with database.session() as session:
        session.execute(delete(ModelTensorsRow))
    again, index = edge_base(database, index_folder)
    with pytest.raises(EmbedderError, match=r"no weights for the version 'hash\+1'.*lore models rollback"):
        again.search("leave", PUBLIC)
    assert again.rollback().name == "hash"
    assert serving(again) == "hash"
    with pytest.raises(EmbedderError, match="no weights"):
        again.activate(2)
    assert serving(again) == "hash"
    index.close()


def test_another_process_follows_a_switch_and_a_rollback(database: Database) -> None:
    client = QdrantClient(":memory:")
    one, other = (knowledge_base(database, ServerIndex(client)) for _ in range(2))
    one.write(add_source(database), [document(*TEXTS)])
    one.activate(add(one, "hash+1", weight=0.7))
    assert serving(other) == "hash"
    other.follow()
    assert (serving(other), other.dense_weight) == ("hash+1", 0.7)
    other.rollback()
    one.follow()
    assert serving(one) == serving(other) == "hash"
    client.close()


def test_of_two_that_switch_at_once_one_serves_everywhere(database: Database) -> None:
    client = QdrantClient(":memory:")
    bases = [knowledge_base(database, ServerIndex(client)) for _ in range(3)]
    ids = [add(bases[0], f"hash+{number}") for number in range(3)]
    for _ in range(5):
        threads = [threading.Thread(target=base.activate, args=(id,)) for base, id in zip(bases, ids, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with database.session() as session:
            active = session.scalars(select(EmbeddingModelRow.name).where(EmbeddingModelRow.active)).all()
        for base in bases:
            base.follow()
        assert active == list({serving(base) for base in bases})
    client.close()


def test_documents_are_written_rebuilt_and_reconciled_as_before_whatever_asks(
    knowledge: KnowledgeBase, database: Database
) -> None:
    knowledge.activate(add(knowledge, "hash+1"))
    source = add_source(database, "wiki")
    assert knowledge.write(source, [document("A new rule of leave.", id="new.md")]).embedded == 1
    assert knowledge.reconcile() == WriteCounts()
    assert knowledge.rebuild(lambda total: None, lambda done: None) == 5
    ids, vectors = knowledge.document_vectors()
    assert (len(ids), vectors.shape) == (5, (5, 8))
    texts = {passage.chunk_id: passage.text for passage in knowledge.search("leave", PUBLIC).passages}
    assert vectors == pytest.approx(HashEmbedder().embed([texts[id] for id in ids]), abs=1e-6)
    assert knowledge.rollback().name == "hash"
    assert len(knowledge.search("leave", PUBLIC).passages) == 5


def test_a_candidate_is_judged_on_the_path_that_a_question_takes(knowledge: KnowledgeBase) -> None:
    version = add(knowledge, "hash+1", weight=0.8, scale=1.3)
    loaded = knowledge.load(version)
    vector = loaded.questions.embed_question("leave")
    assert np.linalg.norm(vector) == pytest.approx(1.3, abs=1e-5)
    judged = knowledge.search_by_vector("leave", vector, PUBLIC, 10, loaded.fusion_weight)
    assert serving(knowledge) == "hash"
    knowledge.activate(version)
    assert knowledge.search("leave", PUBLIC).passages == judged


def test_everyone_known_sees_all_there_is(knowledge: KnowledgeBase, database: Database) -> None:
    source = add_source(database, "wiki")
    knowledge.write(source, [document("Pay.", id="pay.md", audience=frozenset({"#hr", "@leads"}))])
    assert knowledge.everyone_known() == {"everyone", "#hr", "@leads"}
    assert len(knowledge.search("pay", knowledge.everyone_known()).passages) == 5


def test_where_there_are_no_documents_there_is_nobody_and_no_vector(database: Database, index_folder: Path) -> None:
    knowledge, index = edge_base(database, index_folder)
    assert knowledge.everyone_known() == frozenset()
    ids, vectors = knowledge.document_vectors()
    assert (ids, vectors.shape) == ([], (0, 8))
    index.close()


def last_layer(factor: float) -> bytes:
    """The real model's last layer, each of its numbers times `factor`."""
    state = real_embedder()._model.state_dict()
    return save({name: tensor * factor for name, tensor in state.items() if "encoder.layer.5.output.dense" in name})


def test_the_real_models_version_asks_otherwise_and_reads_documents_the_same(
    sqlite_url: str, index_folder: Path, embedder: SentenceTransformerEmbedder
) -> None:
    database = Database.open(sqlite_url)
    index = EdgeIndex(index_folder, "the tests")

    def load(base: str, tensors: bytes, name: str) -> Embedder:
        return SentenceTransformerEmbedder(base, "cpu", tensors=tensors, name=name)

    knowledge = KnowledgeBase(database, index, embedder, Bm25Encoder(), load)
    knowledge.open()
    knowledge.write(add_source(database), [document(*TEXTS)])
    before = knowledge.search("How much vacation do I get?", PUBLIC)
    knowledge.activate(add(knowledge, "all-MiniLM-L6-v2+1", tensors=last_layer(1.5)))
    changed = knowledge.search("How much vacation do I get?", PUBLIC)
    assert float(changed.vector @ before.vector) < 0.999
    assert float(np.linalg.norm(changed.vector)) == pytest.approx(1, abs=1e-5)
    assert knowledge.embedder.embed(list(TEXTS)) == pytest.approx(embedder.embed(list(TEXTS)), abs=1e-6)
    version = knowledge.serving.questions
    assert version.name == "all-MiniLM-L6-v2+1"
    as_document = load("all-MiniLM-L6-v2", last_layer(1.5), "again").embed([TEXTS[0]])[0]
    assert version.embed_question(TEXTS[0]) == pytest.approx(as_document, abs=1e-5)
    begun = time.monotonic()
    knowledge.rollback()
    assert time.monotonic() - begun < 5
    assert knowledge.search("How much vacation do I get?", PUBLIC).vector == pytest.approx(before.vector, abs=1e-6)
    knowledge.activate(add(knowledge, "all-MiniLM-L6-v2+2", tensors=last_layer(1.0)))
    assert knowledge.search("How much vacation do I get?", PUBLIC).vector == pytest.approx(before.vector, abs=1e-6)
    index.close()
    database.close()


def test_an_ingestion_waits_for_the_questions_of_all_versions() -> None:
    first = QuestionsFirst()
    base = SentenceTransformerEmbedder(device="cpu", questions_first=first)
    done: list[int] = []
    ingestion = threading.Thread(target=base.embed, args=(["leave"], done.append))
    with first.question():  # as another version's embedder does, while it embeds one
        ingestion.start()
        ingestion.join(0.3)
        assert done == []
    ingestion.join(30)
    assert done == [1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"0.model.no.such.weight": (384,)}, "has no parameter '0.model.no.such.weight'"),
        ({"0.model.pooler.dense.bias": (3, 4)}, r"is of shape \(384,\), and the version's \(3, 4\)"),
        ({"0.model.pooler.dense.bias": None}, "not finite"),
        (b"no tensors", "no safetensors file"),
    ],
)
def test_tensors_that_are_not_the_models_are_refused_with_what_to_do(
    change: dict[str, tuple[int, ...] | None] | bytes, said: str
) -> None:
    import torch

    if isinstance(change, bytes):
        tensors = change
    else:
        tensors = save(
            {
                name: torch.full((384,), torch.nan) if shape is None else torch.zeros(shape)
                for name, shape in change.items()
            }
        )
    with pytest.raises(EmbedderError, match=f"{said}.*lore models rollback"):
        SentenceTransformerEmbedder(device="cpu", tensors=tensors, name="learnt")
