"""Documents in, passages out, on both databases; and what becomes of the index when a process is killed in between."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
import qdrant_edge as edge
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Audience, Chunk, Document
from storage.document_rows import chunk_ids
from storage.embedder import SentenceTransformerEmbedder
from storage.index import IndexPoint
from storage.knowledge import KnowledgeBase, Passage, WriteCounts
from storage.qdrant_edge import EdgeIndex
from storage.tables import ChunkRow, DocumentRow, EmbeddingModelRow
from storage.version_rows import DENSE_WEIGHT
from tests.embedders import CountingEmbedder, HashEmbedder
from tests.storage.index_points import NOTHING, towards
from tests.storage.version_bases import add_source

HR = frozenset({"#hr"})


@dataclass
class Base:
    """A knowledge base with its parts in reach, and one source in it."""

    knowledge: KnowledgeBase
    database: Database
    index: EdgeIndex
    embedder: CountingEmbedder
    source: int

    def write(self, *documents: Document) -> WriteCounts:
        return self.knowledge.write(self.source, documents)

    def found(self, question: str = "leave", audience: Audience = PUBLIC, limit: int = 50) -> list[Passage]:
        return list(self.knowledge.search(question, audience, limit).passages)

    def texts(self, question: str = "leave", audience: Audience = PUBLIC) -> list[str]:
        return sorted(passage.text for passage in self.found(question, audience))

    def chunk_rows(self) -> list[str]:
        with self.database.session() as session:
            return sorted(session.scalars(select(ChunkRow.id)))

    def is_whole(self) -> bool:
        """Whether the index holds just the chunks of the tables."""
        return sorted(self.index.ids()) == self.chunk_rows()


@pytest.fixture
def base(database: Database, index_folder: Path) -> Iterator[Base]:
    embedder = CountingEmbedder(HashEmbedder())
    index = EdgeIndex(index_folder, "the tests")
    knowledge = KnowledgeBase(database, index, embedder, Bm25Encoder())
    knowledge.open()
    yield Base(knowledge, database, index, embedder, add_source(database))
    index.close()


def document(*texts: str, id: str = "leave.md", audience: Audience = PUBLIC) -> Document:
    return Document(
        id=id,
        title="Leave",
        url=f"https://handbook.example/{id}",
        revision="1",
        content_hash="0" * 64,
        markdown="\n\n".join(texts),
        audience=audience,
        chunks=tuple(Chunk(("Rules",), text, f"Leave\nRules\n{text}") for text in texts),
    )


def test_a_document_that_was_written_is_found_with_all_that_names_it(base: Base) -> None:
    counts = base.write(document("You get 25 days.", "Ask your manager."))
    assert counts == WriteCounts(embedded=2, reused=0, removed=0)
    found = base.knowledge.search("Leave\nRules\nYou get 25 days.", PUBLIC, 1)
    (passage,) = found.passages
    assert (passage.rank, passage.text, passage.heading, passage.position) == (1, "You get 25 days.", ("Rules",), 0)
    assert (passage.document.id, passage.document.title, passage.document.source) == ("leave.md", "Leave", "handbook")
    assert passage.document.url == "https://handbook.example/leave.md"
    scores = passage.scores
    assert scores.fused == pytest.approx(DENSE_WEIGHT * scores.dense + (1 - DENSE_WEIGHT) * scores.bm25)
    assert 0 < scores.bm25 <= 1
    assert found.embed_ms >= 0
    assert found.search_ms >= 0


def test_documents_of_other_sources_than_the_chosen_are_not_found(base: Base) -> None:
    wiki = add_source(base.database, "wiki")
    base.write(document("You get 25 days."))
    base.knowledge.write(wiki, [document(f"In the wiki {n} days.", id=f"{n}.md") for n in range(30)])
    chosen = base.knowledge.search("wiki days", PUBLIC, 5, frozenset({"handbook"}))
    assert [passage.document.source for passage in chosen.passages] == ["handbook"]
    assert len(base.knowledge.search("wiki days", PUBLIC, 50).passages) == 31


def test_an_index_of_a_time_without_sources_learns_them_when_it_is_opened(base: Base) -> None:
    base.write(document("You get 25 days."))
    base.index._update(edge.UpdateOperation.delete_payload(list(base.index.ids()), ["source"]), changed=0)
    assert not base.knowledge.search("days", PUBLIC, 5, frozenset({"handbook"})).passages

    base.knowledge.open()

    assert base.knowledge.search("days", PUBLIC, 5, frozenset({"handbook"})).passages


def test_writing_the_same_again_embeds_nothing(base: Base) -> None:
    base.write(document("One.", "Two."))
    base.embedder.taken()
    assert base.write(document("One.", "Two.")) == WriteCounts(embedded=0, reused=2, removed=0)
    assert base.embedder.taken() == []
    assert base.is_whole()


def test_only_new_text_is_embedded(base: Base) -> None:
    base.write(document("One.", "Two."))
    base.embedder.taken()
    assert base.write(document("One.", "Three.")) == WriteCounts(embedded=1, reused=1, removed=1)
    assert base.embedder.taken() == ["Leave\nRules\nThree."]
    assert base.texts() == ["One.", "Three."]
    assert base.is_whole()


def test_a_chunk_that_moved_keeps_its_vector_and_gets_its_new_place(base: Base) -> None:
    base.write(document("One.", "Two.", "Three."))
    base.embedder.taken()
    base.write(document("Three.", "One.", "Two."))
    assert base.embedder.taken() == []
    places = {passage.text: passage.position for passage in base.found()}
    assert places == {"Three.": 0, "One.": 1, "Two.": 2}


def test_equal_chunks_of_a_document_are_each_kept(base: Base) -> None:
    base.write(document("Same.", "Other.", "Same."))
    assert base.texts() == ["Other.", "Same.", "Same."]
    assert base.write(document("Same.", "Other.")) == WriteCounts(embedded=0, reused=2, removed=1)
    assert base.texts() == ["Other.", "Same."]
    assert base.is_whole()


def test_equal_chunks_of_two_documents_are_each_kept(base: Base) -> None:
    base.write(document("Same."), document("Same.", id="other.md"))
    assert [passage.document.id for passage in sorted(base.found(), key=lambda passage: passage.document.id)] == [
        "leave.md",
        "other.md",
    ]


def test_a_document_that_lost_its_text_is_found_no_more(base: Base) -> None:
    base.write(document("One."))
    assert base.write(document()) == WriteCounts(embedded=0, reused=0, removed=1)
    assert base.found() == []
    assert base.is_whole()


def test_an_audience_is_changed_without_embedding(base: Base) -> None:
    base.write(document("One.", "Two."))
    base.embedder.taken()
    base.write(document("One.", "Two.", audience=HR))
    assert base.embedder.taken() == []
    assert (base.texts(), base.texts(audience=HR)) == ([], ["One.", "Two."])
    base.knowledge.set_audience(base.source, ["leave.md", "no such document"], PUBLIC)
    assert base.embedder.taken() == []
    assert (base.texts(), base.texts(audience=HR)) == (["One.", "Two."], [])


def test_text_and_audience_may_change_at_once(base: Base) -> None:
    base.write(document("One.", "Two."))
    base.write(document("One.", "Three.", audience=HR))
    assert (base.texts(), base.texts(audience=HR)) == ([], ["One.", "Three."])


def test_the_tables_decide_who_sees_a_document_where_the_index_is_behind(base: Base) -> None:
    base.write(document("One.", audience=HR))
    base.index.set_audience(list(base.index.ids()), HR | PUBLIC)  # as a process killed before its commit leaves it
    assert base.texts() == []
    assert base.texts(audience=HR) == ["One."]


def test_a_private_document_is_not_found_by_others_however_well_it_fits(base: Base) -> None:
    base.write(
        document(*(f"Salary salary {number}." for number in range(120)), id="pay.md", audience=HR),
        document("Ask about your salary."),
    )
    assert [passage.document.id for passage in base.found("salary")] == ["leave.md"]


def test_removed_documents_take_their_chunks_along(base: Base) -> None:
    base.write(document("One.", "Two."), document("Three.", id="other.md"), document("Four.", id="third.md"))
    assert base.knowledge.remove(base.source, ["leave.md", "other.md", "no such document"]) == 3
    assert base.texts() == ["Four."]
    assert base.is_whole()


def test_documents_of_one_id_in_two_sources_are_two(base: Base) -> None:
    wiki = add_source(base.database, "wiki")
    base.write(document("One."))
    base.knowledge.write(wiki, [document("One.")])
    assert base.knowledge.remove(wiki, ["leave.md"]) == 1
    assert [passage.document.source for passage in base.found()] == ["handbook"]


def test_text_that_databases_refuse_is_stored_without_what_they_refuse(base: Base) -> None:
    strange = replace(document("a\0b \ud800c", "fine"), title="Le\0ave \udfff", markdown="\0\ud800")
    base.write(strange)
    assert base.texts() == ["ab ?c", "fine"]
    assert base.found()[0].document.title == "Leave ?"
    base.embedder.taken()
    base.write(strange)
    assert base.embedder.taken() == []
    assert base.is_whole()


def test_a_process_killed_before_its_commit_leaves_points_that_are_swept_away(base: Base) -> None:
    base.write(document("One."))
    base.index.upsert([orphan(base)])
    assert base.texts() == ["One."]
    assert base.knowledge.reconcile() == WriteCounts(removed=1)
    assert base.is_whole()


def test_a_process_killed_before_it_cleared_the_index_leaves_points_that_are_swept_away(base: Base) -> None:
    base.write(document("One.", "Two."))
    with base.database.session() as session:
        row = session.scalars(select(ChunkRow).where(ChunkRow.text == "One.")).one()
        session.delete(row)
    assert base.texts() == ["Two."]
    assert base.knowledge.reconcile() == WriteCounts(removed=1)
    assert base.is_whole()


def test_points_that_were_lost_are_embedded_again(base: Base) -> None:
    base.write(document("One.", "Two.", audience=HR))
    before = base.found(audience=HR)
    base.index.delete(list(base.index.ids())[:1])
    told: list[int] = []
    assert base.knowledge.reconcile(told.append) == WriteCounts(embedded=1)
    assert told == [1]
    assert ranking(base.found(audience=HR)) == ranking(before)


def test_as_many_strange_points_as_are_lost_are_noticed_too(base: Base) -> None:
    base.write(document("One.", "Two."))
    base.index.delete(list(base.index.ids())[:1])
    base.index.upsert([orphan(base)])
    assert base.knowledge.reconcile() == WriteCounts(embedded=1, removed=1)
    assert base.is_whole()


def test_an_index_that_is_whole_is_left_alone(base: Base) -> None:
    base.write(document("One."))
    base.embedder.taken()
    assert [base.knowledge.reconcile(), base.knowledge.reconcile()] == [WriteCounts(), WriteCounts()]
    assert base.embedder.taken() == []


def test_a_rebuilt_index_gives_the_same_answers(base: Base) -> None:
    base.write(document(*(f"Rule {number} of leave." for number in range(30))))
    base.write(document("Secret leave.", id="secret.md", audience=HR))
    before = [ranking(base.found("rule 7", audience)) for audience in (PUBLIC, HR, PUBLIC | HR)]
    base.index.delete(list(base.index.ids())[:9])
    base.index.upsert([orphan(base)])
    totals: list[int] = []
    done: list[int] = []
    assert base.knowledge.rebuild(totals.append, done.append) == 31
    assert (totals, sum(done)) == ([31], 31)
    assert [ranking(base.found("rule 7", audience)) for audience in (PUBLIC, HR, PUBLIC | HR)] == before
    assert base.is_whole()
    assert base.knowledge.count_chunks() == 31


def ranking(passages: list[Passage]) -> list[tuple[str, str, float]]:
    """The passages found and their scores, to the digits that do not depend on the order of writing."""
    return [(passage.document.id, passage.text, round(passage.scores.fused, 4)) for passage in passages]


def orphan(base: Base) -> IndexPoint:
    """A point of text that no table holds."""
    vector = base.embedder.embed_question("orphan")
    return IndexPoint("00000000-0000-0000-0000-0000000000ff", vector, Bm25Encoder().document("orphan leave"), PUBLIC)


class PausingIndex(EdgeIndex):
    """The real index, which waits after a write until it is told to go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "the tests")
        self.written, self.go_on = threading.Event(), threading.Event()

    def upsert(self, points: Sequence[IndexPoint], *, again: bool = False) -> None:
        super().upsert(points)
        self.written.set()
        assert self.go_on.wait(30)


def test_another_sources_sync_takes_no_unfinished_write_for_a_crash(database: Database, index_folder: Path) -> None:
    index = PausingIndex(index_folder)
    knowledge = KnowledgeBase(database, index, HashEmbedder(), Bm25Encoder())
    knowledge.open()
    source = add_source(database)
    writing = threading.Thread(target=knowledge.write, args=(source, [document("One.", "Two.")]))
    writing.start()
    assert index.written.wait(30)
    reconciling = threading.Thread(target=knowledge.reconcile)
    reconciling.start()
    reconciling.join(0.3)
    index.go_on.set()
    writing.join()
    reconciling.join()
    assert index.count() == knowledge.count_chunks() == 2
    index.close()


def test_writes_and_searches_of_many_threads_end_whole(base: Base) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(4):
                base.write(document(*(f"{number} {turn // 2} {n}" for n in range(4)), id=f"{number}.md"))
                base.knowledge.reconcile()
                base.found()
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert base.knowledge.count_chunks() == 24
    assert base.is_whole()


def test_the_model_that_is_opened_is_the_active_one(base: Base, index_folder: Path) -> None:
    base.write(document("One."))
    other = KnowledgeBase(base.database, base.index, HashEmbedder("another", 4), Bm25Encoder())
    other.open()
    with base.database.session() as session:
        rows = session.execute(select(EmbeddingModelRow.name, EmbeddingModelRow.active, EmbeddingModelRow.dimension))
        assert sorted(map(tuple, rows)) == [("another", True, 4), ("hash", False, 8)]
    assert other.search("leave", PUBLIC).passages == ()
    assert other.reconcile() == WriteCounts(embedded=1)
    assert [passage.text for passage in other.search("leave", PUBLIC).passages] == ["One."]
    base.knowledge.open()
    assert base.texts() == ["One."]
    assert base.embedder.taken() == ["Leave\nRules\nOne."]


def test_the_weight_that_was_fitted_for_a_model_fuses_its_scores(base: Base) -> None:
    base.write(document("One leave."))
    with base.database.session() as session:
        session.execute(update(EmbeddingModelRow).values(fusion_weight=0.0))
    base.knowledge.open()
    assert base.knowledge.dense_weight == 0.0
    (passage,) = base.found()
    assert passage.scores.fused == pytest.approx(passage.scores.bm25)


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=12))
def test_chunk_ids_are_one_a_chunk_and_the_same_each_time(pieces: list[tuple[str, str]]) -> None:
    chunks = [Chunk((), text, embedded) for text, embedded in pieces]
    ids = chunk_ids("handbook", "leave.md", chunks)
    assert len(set(ids)) == len(chunks)
    assert ids == chunk_ids("handbook", "leave.md", chunks)
    assert not set(ids) & set(chunk_ids("wiki", "leave.md", chunks))
    assert not set(ids) & set(chunk_ids("handbook", "other.md", chunks))


def test_the_real_model_finds_by_meaning(
    database: Database, index_folder: Path, embedder: SentenceTransformerEmbedder
) -> None:
    index = EdgeIndex(index_folder, "the tests")
    knowledge = KnowledgeBase(database, index, embedder, Bm25Encoder())
    knowledge.open()
    texts = ("Staff are given 25 days of paid holiday.", "The printer is on the second floor.", "Lunch is at noon.")
    knowledge.write(add_source(database), [document(*texts)])
    (best, *_) = knowledge.search("How much vacation do employees get?", PUBLIC).passages
    assert best.text == texts[0]
    assert best.scores.dense > 0.4
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(DocumentRow)) == 1
    index.close()


def test_thousands_of_chunks_are_compared_with_the_index_page_by_page(base: Base) -> None:
    base.write(*(document(*(f"Rule {rule} of {page}." for rule in range(20)), id=f"{page}.md") for page in range(70)))
    ids = base.chunk_rows()
    strays = [IndexPoint(str(UUID(int=number << 100)), towards(0.5), NOTHING, PUBLIC) for number in range(1, 1_200, 2)]
    base.index.upsert(strays)
    base.index.delete(ids[::3])
    base.knowledge.open()
    assert base.knowledge.reconcile() == WriteCounts(embedded=len(ids[::3]), removed=len(strays))
    assert base.is_whole()
