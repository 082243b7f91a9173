"""What stands around a chunk in its document is part of what it is found by, however the document came to be so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from qdrant_client import QdrantClient
from sqlalchemy import select

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC
from storage.index import IndexPoint, KnowledgeIndex, SparseVector
from storage.knowledge import KnowledgeBase, WriteCounts
from storage.qdrant_edge import EdgeIndex
from storage.qdrant_server import ServerIndex
from storage.surroundings import around, with_others_around
from storage.tables import ChunkRow
from tests.embedders import CountingEmbedder, HashEmbedder
from tests.storage.version_bases import add_source, document

TEXTS = ("Parental leave.", "It takes a form.", "Ask the people team.", "They answer in a day.", "Print it upstairs.")


class Base:
    def __init__(self, database: Database, index: KnowledgeIndex) -> None:
        self.index = index
        self.embedder = CountingEmbedder(HashEmbedder())
        self.knowledge = KnowledgeBase(database, index, self.embedder, Bm25Encoder())
        self.knowledge.open()
        self.database = database
        self.source = add_source(database)

    def write(self, *texts: str) -> WriteCounts:
        return self.knowledge.write(self.source, [document(*texts)])

    def words(self) -> dict[str, dict[int, float]]:
        """The BM25 vector of each chunk in the index, by the chunk's text."""
        with self.database.session() as session:
            texts = {row.id: row.embedded for row in session.execute(select(ChunkRow.id, ChunkRow.embedded))}
        held = self.index.words(list(texts))
        return {texts[id]: weights(vector) for id, vector in held.items()}


def weights(vector: SparseVector) -> dict[int, float]:
    return {term: pytest.approx(weight, abs=1e-4) for term, weight in zip(vector.indices, vector.values, strict=True)}


def expected(*texts: str) -> dict[str, dict[int, float]]:
    """What the index is to hold of a document of these chunks."""
    return {
        text: weights(Bm25Encoder().document(text, others)) for text, others in zip(texts, around(texts), strict=True)
    }


@pytest.fixture(params=["embedded", "server"])
def base(request: pytest.FixtureRequest, database: Database, index_folder: Path) -> Iterator[Base]:
    index: KnowledgeIndex = (
        EdgeIndex(index_folder, "the tests") if request.param == "embedded" else ServerIndex(QdrantClient(":memory:"))
    )
    yield Base(database, index)
    index.close()


def test_two_chunks_before_and_after_are_around_one() -> None:
    assert list(around("abcde")) == [("b", "c"), ("a", "c", "d"), ("a", "b", "d", "e"), ("b", "c", "e"), ("c", "d")]
    assert with_others_around("abcde", "abcde") == []
    assert with_others_around("abcde", "abcdef") == ["d", "e"]
    assert with_others_around("", "ab") == []


def test_a_passage_is_found_by_a_word_that_stands_close_to_it(base: Base) -> None:
    base.write(*TEXTS)
    scores = {
        passage.text: passage.scores.bm25 for passage in base.knowledge.search("parental leave", PUBLIC, 10).passages
    }
    assert scores["Parental leave."] > scores["It takes a form."] > 0
    assert scores["They answer in a day."] == scores["Print it upstairs."] == 0


def test_a_chunk_that_stands_follows_what_changes_around_it_and_embeds_nothing(base: Base) -> None:
    base.write(*TEXTS)
    base.embedder.taken()
    counts = base.write("Sick leave.", *TEXTS[1:])
    assert counts == WriteCounts(embedded=1, reused=4, removed=1)
    assert base.embedder.taken() == ["Sick leave."]
    assert base.words() == expected("Sick leave.", *TEXTS[1:])
    base.write(*TEXTS[2:])
    assert base.words() == expected(*TEXTS[2:])


def test_an_index_of_an_earlier_lore_is_renewed_as_it_is_opened_and_embeds_nothing(base: Base) -> None:
    base.write(*TEXTS)
    base.embedder.taken()
    before = base.words()
    with base.database.session() as session:
        ids = list(session.scalars(select(ChunkRow.id).order_by(ChunkRow.id)))
    vectors = base.index.vectors(ids)
    # As a process leaves them that is killed midway: the last is still as it was.
    for id in ids[2:]:
        base.index.upsert([IndexPoint(id, vectors[id], SparseVector((1, 2), (1.0, 0.5)), PUBLIC)])
    assert base.words() != before
    base.knowledge.open()
    assert base.words() == before == expected(*TEXTS)
    assert base.embedder.taken() == []


def test_the_index_made_anew_knows_what_is_around_each_chunk(base: Base) -> None:
    base.write(*TEXTS)
    base.knowledge.rebuild(lambda total: None, lambda done: None)
    assert base.words() == expected(*TEXTS)
