"""What stands around a passage in its document, for whoever may see it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.bm25 import Bm25Encoder
from storage.database import Database
from storage.document import PUBLIC, Audience, Chunk, Document
from storage.knowledge import KnowledgeBase, Passage
from storage.qdrant_edge import EdgeIndex
from tests.embedders import HashEmbedder
from tests.storage.version_bases import add_source

TEXTS = tuple(f"Part {n} of the rules." for n in range(8))


@pytest.fixture
def base(database: Database, index_folder: Path) -> Iterator[tuple[KnowledgeBase, int]]:
    index = EdgeIndex(index_folder, "the tests")
    knowledge = KnowledgeBase(database, index, HashEmbedder(), Bm25Encoder())
    knowledge.open()
    yield knowledge, add_source(database)
    index.close()


def rules(*texts: str, audience: Audience = PUBLIC) -> Document:
    chunks = tuple(Chunk(("Rules",), text, text) for text in texts)
    return Document("rules.md", "Rules", "https://x.example", "1", "0" * 64, "\n\n".join(texts), audience, chunks)


def found(knowledge: KnowledgeBase, text: str, audience: Audience = PUBLIC) -> Passage:
    return next(one for one in knowledge.search("rules", audience, 50).passages if one.text == text)


def test_the_two_chunks_on_each_side_are_told_the_nearest_first(base: tuple[KnowledgeBase, int]) -> None:
    knowledge, source = base
    knowledge.write(source, [rules(*TEXTS)])
    passages = [found(knowledge, TEXTS[at]) for at in (0, 3, 7)]
    near = knowledge.neighbours(passages, PUBLIC)
    first, middle, last = (near[passage.chunk_id] for passage in passages)
    assert [one.text for one in middle.before] == [TEXTS[2], TEXTS[1]]
    assert [one.text for one in middle.after] == [TEXTS[4], TEXTS[5]]
    assert not first.before
    assert not last.after


def test_a_passage_that_was_joined_of_several_chunks_is_passed_over_whole(base: tuple[KnowledgeBase, int]) -> None:
    knowledge, source = base
    knowledge.write(source, [rules(*TEXTS)])
    second = found(knowledge, TEXTS[3])
    joined = replace(second, text="\n\n".join(TEXTS[2:5]), position=2)
    near = knowledge.neighbours([joined], PUBLIC)[joined.chunk_id]
    assert [one.text for one in near.before] == [TEXTS[1], TEXTS[0]]
    assert [one.text for one in near.after] == [TEXTS[5], TEXTS[6]]


def test_nothing_is_told_to_who_may_not_see_the_document_any_more(base: tuple[KnowledgeBase, int]) -> None:
    knowledge, source = base
    knowledge.write(source, [rules(*TEXTS)])
    passage = found(knowledge, TEXTS[3])
    knowledge.write(source, [rules(*TEXTS, audience=frozenset({"#hr"}))])
    assert knowledge.neighbours([passage], PUBLIC) == {}
    assert knowledge.neighbours([passage], frozenset({"#hr"}))


def test_a_passage_whose_document_was_written_anew_has_none(base: tuple[KnowledgeBase, int]) -> None:
    knowledge, source = base
    knowledge.write(source, [rules(*TEXTS)])
    passage = found(knowledge, TEXTS[3])
    knowledge.write(source, [rules("Another text.")])
    assert knowledge.neighbours([passage], PUBLIC) == {}
    assert knowledge.neighbours([], PUBLIC) == {}
