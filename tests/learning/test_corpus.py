"""The knowledge base as training sees it, on both databases: all of it, or a sample that holds what matters."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from learning.corpus import Corpus, CorpusChunk, read_corpus
from storage.database import Database
from storage.document import Chunk, Document
from storage.knowledge import KnowledgeBase
from tests.embedders import HashEmbedder
from tests.memory_folder import memory_folder
from tests.storage.version_bases import add_source, document, edge_base

PAGES = 60


@pytest.fixture
def knowledge(database: Database, tmp_path: Path) -> Iterator[KnowledgeBase]:
    """Sixty pages of one chunk each, whose vectors say which text it is."""
    with memory_folder(tmp_path) as folder:
        made, index = edge_base(database, folder)
        made.write(add_source(database), [document(f"Rule {n}.", id=f"{n}.md") for n in range(PAGES)])
        yield made
        index.close()


def read(database: Database, knowledge: KnowledgeBase, wanted: set[str], seed: int = 0, most: int = 1000) -> Corpus:
    return read_corpus(database, knowledge.serving.index, lambda: wanted, seed, most)


def test_every_chunk_is_there_with_its_document_and_the_vector_of_its_text(
    database: Database, knowledge: KnowledgeBase
) -> None:
    corpus = read(database, knowledge, set())
    assert sorted(chunk.text for chunk in corpus.chunks) == sorted(f"Rule {n}." for n in range(PAGES))
    assert corpus.vectors.shape == (PAGES, 8)
    for chunk, vector in zip(corpus.chunks, corpus.vectors, strict=True):
        assert chunk.document == ("handbook", f"{chunk.text.removeprefix('Rule ')}md")
        assert chunk.title == "Leave"
        assert np.allclose(vector, HashEmbedder().embed_question(chunk.text), atol=1e-5)
    assert [chunk.id for chunk in corpus.chunks] == sorted(chunk.id for chunk in corpus.chunks)


def test_of_more_than_may_be_the_wanted_ones_are_there_and_a_sample_of_the_others(
    database: Database, knowledge: KnowledgeBase
) -> None:
    every = [chunk.id for chunk in read(database, knowledge, set()).chunks]
    wanted = set(every[::12])
    asked_for = wanted | {str(uuid.uuid4())}  # one that is gone since the vote
    some = [chunk.id for chunk in read(database, knowledge, asked_for, seed=1, most=20).chunks]
    assert len(some) == 20
    assert wanted < set(some) < set(every)
    assert some == [chunk.id for chunk in read(database, knowledge, asked_for, seed=1, most=20).chunks]
    assert some != [chunk.id for chunk in read(database, knowledge, asked_for, seed=2, most=20).chunks]


def test_a_sample_may_be_all_but_one(database: Database, knowledge: KnowledgeBase) -> None:
    assert len(read(database, knowledge, set(), most=PAGES - 1).chunks) == PAGES - 1


def test_what_a_small_knowledge_base_wants_is_not_even_asked(database: Database, knowledge: KnowledgeBase) -> None:
    def wanted() -> set[str]:
        raise AssertionError("a search for each lesson, for nothing")

    assert len(read_corpus(database, knowledge.serving.index, wanted, 0).chunks) == PAGES


def test_a_chunk_whose_vector_a_stopped_sync_did_not_write_is_left_out(
    database: Database, knowledge: KnowledgeBase
) -> None:
    lost = read(database, knowledge, set()).chunks[7]
    knowledge.serving.index.delete([lost.id])
    corpus = read(database, knowledge, set())
    assert lost not in corpus.chunks
    assert len(corpus.vectors) == len(corpus.chunks) == PAGES - 1


def test_an_empty_knowledge_base_is_an_empty_corpus(database: Database, tmp_path: Path) -> None:
    with memory_folder(tmp_path) as folder:
        knowledge, index = edge_base(database, folder)
        corpus = read(database, knowledge, set())
        index.close()
    assert corpus.chunks == ()
    assert len(corpus.vectors) == 0


def test_a_chunk_is_asked_for_by_its_title_and_the_heading_right_above_it() -> None:
    def headings(title: str, *heading: str) -> tuple[str, ...]:
        return CorpusChunk("c", ("handbook", "leave.md"), title, heading, "text", "text").headings

    assert headings("Leave", "Leave", "Carrying over", "Deadlines") == ("Leave", "Leave: Deadlines")
    assert headings("Leave", "Leave") == ("Leave",)
    assert headings("Leave") == ("Leave",)
    assert headings("") == ()


def test_headings_are_kept_with_the_chunk(database: Database, knowledge: KnowledgeBase) -> None:
    page = Document(
        id="new.md",
        title="Travel",
        url="",
        revision="1",
        content_hash="0" * 64,
        markdown="",
        audience=frozenset({"#people"}),
        chunks=(Chunk(("Travel", "Trains"), "Book early.", "Book early."),),
    )
    knowledge.write(1, [page])
    [chunk] = [chunk for chunk in read(database, knowledge, set()).chunks if chunk.text == "Book early."]
    assert chunk.headings == ("Travel", "Travel: Trains")
