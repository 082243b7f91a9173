"""What votes add to a search: bounded, three passages a document, within the audience, and nothing without votes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Audience, Chunk, Document
from storage.embedder import Embedder, Vectors
from storage.index import Hit
from storage.knowledge import KnowledgeBase
from storage.nudge import MOST, MOST_LIFTED, Nudge, nudge_hits
from storage.qdrant_edge import EdgeIndex
from storage.tables import SourceRow
from tests.embedders import HashEmbedder

HR = frozenset({"#hr"})


@dataclass
class Fixed:
    """A memory that says the same whatever is asked."""

    says: tuple[Nudge, ...] = ()

    def nudges(self, vector: Vectors, embedder: Embedder) -> Sequence[Nudge]:
        return self.says


def nudge(document: str, amount: float, source: str = "handbook") -> Nudge:
    return Nudge(source, document, amount, "Whose turn is it?")


@dataclass
class Base:
    """A knowledge base, and the memory of votes that it asks."""

    knowledge: KnowledgeBase
    memory: Fixed

    def pages(self, limit: int = 10, audience: Audience = PUBLIC) -> list[str]:
        return [passage.document.id for passage in self.knowledge.search("leave", audience, limit).passages]


@pytest.fixture
def base(database: Database, index_folder: Path) -> Iterator[Base]:
    """Forty pages about leave, one about something else, and one for #hr only."""
    memory, index = Fixed(), EdgeIndex(index_folder, "the tests")
    knowledge = KnowledgeBase(database, index, HashEmbedder(), Bm25Encoder(), votes=memory)
    knowledge.open()
    with database.session() as session:
        source = SourceRow(name="handbook", connector="files", audience=["everyone"])
        session.add(source)
        session.flush()
        source_id = source.id
    pages = {f"leave-{number}.md": (f"Leave, part {number}.", PUBLIC) for number in range(40)}
    pages |= {"office.md": ("Where the desks are.", PUBLIC), "pay.md": ("Who earns what.", HR)}
    knowledge.write(source_id, [_document(id, *page) for id, page in pages.items()])
    yield Base(knowledge, memory)
    index.close()


def test_a_document_that_neither_search_found_is_scored_and_lifted(base: Base) -> None:
    before = base.pages(limit=50)
    base.memory.says = (nudge("office.md", MOST),)
    after = base.pages(limit=50)
    assert sorted(after) == sorted({*before, "office.md"})[:50]
    assert after.index("office.md") < (before.index("office.md") if "office.md" in before else 50)


def test_a_document_that_is_put_lower_makes_room_however_few_are_asked_for(base: Base) -> None:
    first, second = base.pages(limit=2)
    base.memory.says = (nudge(first, -MOST),)
    assert base.pages(limit=1) == [second]


def test_votes_show_nobody_what_they_may_not_see(base: Base) -> None:
    base.memory.says = (nudge("pay.md", MOST),)
    assert "pay.md" not in base.pages(limit=50)
    assert base.pages(audience=HR) == ["pay.md"]


def test_votes_on_what_is_gone_or_of_another_source_change_nothing(base: Base) -> None:
    before = base.pages()
    base.memory.says = (nudge("gone.md", MOST), nudge(before[5], MOST, source="wiki"))
    assert base.pages() == before


@given(
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=12),
    amounts=st.dictionaries(st.integers(0, 11), st.floats(-3, 3), max_size=12),
)
def test_no_score_moves_by_more_than_the_most(scores: list[float], amounts: dict[int, float]) -> None:
    hits = [Hit(str(at), 0.0, 0.0, score) for at, score in enumerate(sorted(scores, reverse=True))]
    before = {hit.id: hit.fused for hit in hits}
    after = nudge_hits(hits, {str(at): nudge(f"{at}.md", amount) for at, amount in amounts.items()})
    assert {one.hit.id for one in after} == before.keys()
    assert all(abs(one.hit.fused - before[one.hit.id]) <= MOST + 1e-9 for one in after)
    assert [one.hit.fused for one in after] == sorted((one.hit.fused for one in after), reverse=True)


def test_a_long_document_does_not_crowd_out_the_others() -> None:
    hits = [Hit(str(at), 0.0, 0.0, 0.5 - at / 100) for at in range(10)]
    long = nudge("long.md", MOST)
    lifted = nudge_hits(hits, {str(at): long for at in range(2, 10)})
    assert [one.hit.id for one in lifted][:5] == ["2", "3", "4", "0", "1"]
    assert [one.nudge for one in lifted if one.nudge] == [long] * MOST_LIFTED
    lowered = nudge_hits(hits, {str(at): replace(long, amount=-MOST) for at in range(8)})
    assert [one.hit.id for one in lowered][:2] == ["8", "9"]


def _document(id: str, text: str, audience: Audience) -> Document:
    chunks = (Chunk((), text, text),)
    return Document(id, id, f"https://handbook.example/{id}", "1", "0" * 64, text, audience, chunks)
