"""Versions of both sides: documents embedded anew beside the collection that serves, whatever happens meanwhile."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient
from sqlalchemy import delete, select

from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import Embedder, Vectors
from storage.index import collection_name
from storage.knowledge import KnowledgeBase, WriteCounts
from storage.qdrant_edge import EdgeIndex
from storage.qdrant_server import ServerIndex
from storage.tables import ChunkRow, ModelTensorsRow
from storage.versions import VersionError
from tests.embedders import HashEmbedder, SaltedEmbedder
from tests.storage.version_bases import TEXTS, add, add_source, document, edge_base, knowledge_base, serving

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")

ROOT = Path(__file__).parents[2]
HR = frozenset({"#hr"})
PAGES = [document(*(f"Page {page}, rule {rule} of leave." for rule in range(9)), id=f"{page}.md") for page in range(8)]
STEPS = 21
"""Of a promotion of these pages. One more than these kills nothing, and tells how many there were."""


@pytest.fixture
def knowledge(database: Database, index_folder: Path) -> Iterator[KnowledgeBase]:
    made, index = edge_base(database, index_folder)
    made.write(add_source(database), PAGES)
    yield made
    index.close()


def is_of(knowledge: KnowledgeBase, embedder: Embedder) -> bool:
    """Whether the collection that serves holds just the chunks of the tables, each with this embedder's vector."""
    with knowledge._database.session() as session:
        texts = {chunk.id: chunk.embedded for chunk in session.scalars(select(ChunkRow))}
    vectors = knowledge.serving.index.vectors(list(texts))
    return sorted(knowledge.serving.index.ids()) == sorted(texts) and all(
        np.allclose(vectors[id], embedder.embed([text])[0], atol=1e-5) for id, text in texts.items()
    )


def salted(name: str) -> SaltedEmbedder:
    return SaltedEmbedder(name, name.encode())


def test_a_promoted_version_serves_the_documents_with_its_own_vectors(knowledge: KnowledgeBase) -> None:
    version = add(knowledge, "hash+1", sides="both", weight=0.9)
    totals: list[int] = []
    done: list[int] = []
    knowledge.promote(version, done.append, totals.append)
    assert (totals, sum(done)) == ([72], 72)
    assert (serving(knowledge), knowledge.dense_weight) == ("hash+1", 0.9)
    assert is_of(knowledge, salted("hash+1"))
    assert knowledge.reconcile() == WriteCounts()
    assert knowledge.versions()[0].state == "ready"


def test_a_rolled_back_promotion_serves_the_old_vectors_and_then_what_came_meanwhile(
    knowledge: KnowledgeBase, database: Database
) -> None:
    knowledge.promote(add(knowledge, "hash+1", sides="both"))
    source = add_source(database, "wiki")
    knowledge.write(source, [document("A new rule.", id="new.md"), document("For HR.", id="hr.md", audience=HR)])
    knowledge.write(1, [document("Page 2 has but one rule now.", id="2.md")])
    knowledge.remove(1, ["0.md", "1.md"])
    knowledge.set_audience(1, ["3.md"], HR)
    begun = time.monotonic()
    assert knowledge.rollback().name == "hash"
    assert time.monotonic() - begun < 5
    assert len(knowledge.search("leave", HR, 100).passages) == 9
    assert len(knowledge.search("leave", PUBLIC, 100).passages) == 4 * 9
    assert knowledge.reconcile() == WriteCounts(embedded=3, removed=27)
    assert is_of(knowledge, HashEmbedder())
    assert len(knowledge.search("leave", HR, 100).passages) == 10
    assert len(knowledge.search("leave", PUBLIC, 100).passages) == 4 * 9 + 2


def test_a_version_that_was_left_is_promoted_again_with_what_is_missing(knowledge: KnowledgeBase) -> None:
    version = add(knowledge, "hash+1", sides="both")
    knowledge.promote(version)
    knowledge.rollback()
    knowledge.write(1, [document("A new rule.", id="new.md")])
    done: list[int] = []
    knowledge.promote(version, done.append)
    assert done == [1]
    assert is_of(knowledge, salted("hash+1"))


def test_the_question_side_is_trained_on_from_there(knowledge: KnowledgeBase, database: Database) -> None:
    knowledge.promote(add(knowledge, "hash+1", sides="both"))
    knowledge.promote(add(knowledge, "hash+2"))
    assert knowledge.versions()[0].documents == "hash+1"
    assert (serving(knowledge), knowledge.serving.document_embedder.name) == ("hash+2", "hash+1")
    knowledge.write(1, [document("A new rule.", id="new.md")])
    assert is_of(knowledge, salted("hash+1"))
    assert [knowledge.rollback().name, knowledge.rollback().name] == ["hash+1", "hash"]
    knowledge.reconcile()
    assert is_of(knowledge, HashEmbedder())


def test_a_promoted_version_serves_after_a_restart_and_can_be_rebuilt_and_left(
    database: Database, index_folder: Path
) -> None:
    knowledge, index = edge_base(database, index_folder)
    knowledge.write(add_source(database), PAGES)
    knowledge.promote(add(knowledge, "hash+1", sides="both"))
    index.close()
    again, index = edge_base(database, index_folder)
    assert serving(again) == "hash+1"
    assert again.rebuild(lambda total: None, lambda done: None) == 72
    assert is_of(again, salted("hash+1"))
    assert again.rollback().name == "hash"
    assert is_of(again, HashEmbedder())
    index.close()


class PausingEmbedder(SaltedEmbedder):
    """Waits, once it has embedded documents for the first time, until what happens meanwhile has happened."""

    def __init__(self, name: str, salt: bytes, meanwhile: Callable[[], None]) -> None:
        super().__init__(name, salt)
        self._meanwhile: list[Callable[[], None]] = [meanwhile]

    def embed(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> Vectors:
        vectors = super().embed(texts, on_progress)
        while self._meanwhile:
            self._meanwhile.pop()()
        return vectors


def test_what_is_written_shared_and_removed_during_a_promotion_is_in_it(database: Database, index_folder: Path) -> None:
    source = add_source(database)

    def meanwhile() -> None:
        knowledge.write(source, [document("A new rule.", id="new.md")])
        knowledge.write(source, [document("Page 2 has but one rule now.", id="2.md")])
        knowledge.write(source, [document(*TEXTS, id="hr.md", audience=HR)])
        knowledge.remove(source, ["0.md", "new.md"])
        knowledge.set_audience(source, ["3.md"], HR)
        assert serving(knowledge) == "hash"

    index = EdgeIndex(index_folder, "the tests")
    knowledge = knowledge_base(database, index, lambda _, tensors, name: PausingEmbedder(name, tensors, meanwhile))
    knowledge.write(source, PAGES)
    knowledge.promote(add(knowledge, "hash+1", sides="both"))
    assert serving(knowledge) == "hash+1"
    assert is_of(knowledge, salted("hash+1"))
    assert len(knowledge.search("leave", HR, 100).passages) == 9 + 4
    assert len(knowledge.search("leave", PUBLIC, 100).passages) == 5 * 9 + 1
    index.close()


def test_a_document_that_was_embedded_for_the_version_before_a_switch_is_embedded_for_the_one_after(
    knowledge: KnowledgeBase,
) -> None:
    version = add(knowledge, "hash+1", sides="both")
    switched: list[int] = []

    def switch(done: int) -> None:
        if not switched:
            switched.append(done)
            knowledge.promote(version)

    assert knowledge.write(1, [document("A new rule.", id="new.md")], switch).embedded == 1
    assert switched == [1]
    assert is_of(knowledge, salted("hash+1"))


def test_no_question_fails_or_is_answered_from_a_mix_during_promotions(knowledge: KnowledgeBase) -> None:
    expected = {"hash": outcome(knowledge)}
    failures: list[object] = []
    seen: set[str] = set()
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                found = outcome(knowledge)
                seen.add(found[0])
                answers.setdefault(found, None)
            except Exception as error:  # noqa: BLE001
                failures.append(error)

    answers: dict[tuple[str, tuple[tuple[str, float], ...]], None] = {}
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 4):
        name = f"hash+{number}"
        knowledge.promote(add(knowledge, name, sides="both"))
        expected[name] = outcome(knowledge)
        until(lambda name=name: name in seen or failures)
    for _ in range(3):
        knowledge.rollback()
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert seen >= {"hash+1", "hash+2", "hash+3"}
    assert set(answers) <= set(expected.values())


def until(happened: Callable[[], object]) -> None:
    """Returns once this is so; fails after half a minute."""
    give_up = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def outcome(knowledge: KnowledgeBase) -> tuple[str, tuple[tuple[str, float], ...]]:
    """The version that answered, and the cosines of what it found."""
    found = knowledge.search("rule 5", PUBLIC, 5)
    return found.model, tuple((passage.text, round(passage.scores.dense, 4)) for passage in found.passages)


def test_another_process_follows_a_promotion_and_mends_what_it_wrote_before_it_knew(database: Database) -> None:
    client = QdrantClient(":memory:")
    one, other = (knowledge_base(database, ServerIndex(client)) for _ in range(2))
    source = add_source(database)
    one.write(source, PAGES)
    one.promote(add(one, "hash+1", sides="both"))
    other.write(source, [document("A new rule.", id="new.md")])
    assert other.reconcile() == WriteCounts(embedded=1)
    assert serving(other) == "hash+1"
    for base in (one, other):
        assert is_of(base, salted("hash+1"))
    client.close()


def test_a_promotion_whose_weights_are_gone_is_given_up_with_its_collection(
    database: Database, index_folder: Path
) -> None:
    knowledge, index = edge_base(database, index_folder)
    knowledge.write(add_source(database), PAGES)
    version = add(knowledge, "hash+1", sides="both", state="preparing")
    with database.session() as session:
        session.execute(delete(ModelTensorsRow))
    assert knowledge.resume() is None
    (info, _) = knowledge.versions()
    assert (info.id, info.state) == (version, "refused")
    assert "no weights" in info.reason
    assert not (index_folder / collection_name("hash+1")).exists()
    assert serving(knowledge) == "hash"
    index.close()


def test_a_version_that_is_forgotten_takes_its_collection_along(knowledge: KnowledgeBase, index_folder: Path) -> None:
    both, question = add(knowledge, "hash+1", sides="both"), None
    knowledge.promote(both)
    question = add(knowledge, "hash+2")
    with pytest.raises(VersionError, match=r"those of hash\+2 too"):
        knowledge.forget_version(both)
    knowledge.forget_version(question)
    with pytest.raises(VersionError, match="serves"):
        knowledge.forget_version(both)
    with pytest.raises(VersionError, match="model of the settings"):
        knowledge.forget_version(1)
    knowledge.rollback()
    assert (index_folder / collection_name("hash+1")).exists()
    knowledge.forget_version(both)
    assert not (index_folder / collection_name("hash+1")).exists()
    assert [one.name for one in knowledge.versions()] == ["hash"]
    assert len(knowledge.search("leave", PUBLIC, 100).passages) == 72


def test_the_collection_that_was_opened_first_can_be_forgotten_too(database: Database, index_folder: Path) -> None:
    knowledge, index = edge_base(database, index_folder)
    knowledge.write(add_source(database), PAGES)
    first = add(knowledge, "hash+1", sides="both")
    knowledge.promote(first)
    index.close()
    knowledge, index = edge_base(database, index_folder)
    knowledge.promote(add(knowledge, "hash+2", sides="both"))
    knowledge.forget_version(first)
    assert not (index_folder / collection_name("hash+1")).exists()
    assert is_of(knowledge, salted("hash+2"))
    assert knowledge.rollback().name == "hash"
    index.close()


@pytest.mark.parametrize("step", range(1, STEPS + 2))
def test_a_promotion_that_is_killed_leaves_one_version_whole_and_is_resumed(
    step: int, sqlite_url: str, index_folder: Path
) -> None:
    database = Database.open(sqlite_url)
    knowledge, index = edge_base(database, index_folder)
    knowledge.write(add_source(database), PAGES)
    knowledge.set_audience(1, ["3.md"], HR)
    version = add(knowledge, "hash+1", sides="both")
    index.close()
    command = [sys.executable, "-m", "tests.storage.killed_promotion", sqlite_url, index_folder, version, step]
    died = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False)
    if step > STEPS:
        assert (died.returncode, died.stdout.strip()) == (0, str(STEPS)), died.stderr
    else:
        assert died.returncode == -9, died.stderr + died.stdout

    knowledge, index = edge_base(database, index_folder)
    name = serving(knowledge)
    assert len(knowledge.search("leave", PUBLIC, 100).passages) == 7 * 9
    assert is_of(knowledge, HashEmbedder() if name == "hash" else salted("hash+1"))
    state = knowledge.versions()[0].state
    missing = 72 - knowledge.load(version).index.count()
    done: list[int] = []
    resumed = knowledge.resume(done.append)
    if state == "preparing":
        assert (name, sum(done)) == ("hash", missing)
        assert resumed is not None
        assert resumed.name == "hash+1"
    else:
        assert (resumed, done) == (None, [])
        assert (state, name) in {("candidate", "hash"), ("ready", "hash+1")}
        knowledge.promote(version)
    assert serving(knowledge) == "hash+1"
    assert is_of(knowledge, salted("hash+1"))
    assert len(knowledge.search("leave", PUBLIC, 100).passages) == 7 * 9
    assert len(knowledge.search("leave", HR, 100).passages) == 9
    index.close()
    database.close()
