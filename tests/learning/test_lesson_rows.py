"""Lessons and headings as rows of the documents' vectors."""

from collections.abc import Sequence

import numpy as np
import pytest

from learning.corpus import Corpus
from learning.lesson_rows import LessonRows, headings, job_heading, lesson_rows
from learning.votes import Snapshot
from storage.embedder import Vectors
from tests.learning.made import chunk, lesson, snapshot

LEAVE, SHARE, COPY, WIFI, PAY = range(5)
CORPUS = Corpus(
    (
        chunk("leave", "leave.md", "Everyone gets 27 days of annual leave a year."),
        chunk("share", "leave.md", "Part-time staff get a share in proportion."),
        chunk("copy", "old-leave.md", "All staff get 27 days of leave each year."),
        chunk("wifi", "wifi.md", "Guests use the network named Guest."),
        chunk("pay", "pay.md", "Salaries arrive on the 25th."),
    ),
    np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0.99, 0.141, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=np.float32),
)


def passage(row: int) -> Snapshot:
    found = CORPUS.chunks[row]
    return snapshot(found.text, found.document[1], found.id)


def elsewhere(texts: Sequence[str]) -> Vectors:
    """Vectors that are like no other's."""
    return np.full((len(texts), 4), 0.5, dtype=np.float32)


def test_passages_are_the_rows_of_their_chunks() -> None:
    one = lesson("When do I get paid?", [passage(PAY)], [passage(WIFI), passage(LEAVE)])
    [rows], vectors = lesson_rows([one], CORPUS, elsewhere)
    assert rows == LessonRows(right=(PAY,), hard=(LEAVE, WIFI), ignored=())
    assert vectors is CORPUS.vectors


def test_own_words_and_passages_that_are_gone_have_rows_of_their_own_below_the_corpus() -> None:
    own, gone = snapshot("Pay comes on the 25th."), snapshot("Salaries come by cheque.", "cheques.md", "cheque")
    [first, second], vectors = lesson_rows(
        [lesson("When do I get paid?", [own], [gone]), lesson("Is there a cheque?", [gone], [own, passage(WIFI)])],
        CORPUS,
        lambda texts: np.array([[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5]], dtype=np.float32),
    )
    assert len(vectors) == 7
    assert np.array_equal(vectors[:5], CORPUS.vectors)
    assert (first.right, first.hard) == ((5,), (6,))
    assert second.right == (6,)
    assert set(second.hard) == {5, WIFI}


def test_a_passage_that_was_cut_anew_is_found_in_its_document_by_its_words() -> None:
    cut_anew = snapshot("Everyone gets 27 days of annual leave a year. Ask early.", "leave.md", "gone since")
    [rows], vectors = lesson_rows([lesson("How much leave?", [cut_anew])], CORPUS, elsewhere)
    assert rows.right == (LEAVE,)
    assert len(vectors) == 5


def test_the_same_words_in_another_document_are_another_passage() -> None:
    moved = snapshot("Everyone gets 27 days of annual leave a year.", "moved.md", "gone since")
    [rows], vectors = lesson_rows([lesson("How much leave?", [moved])], CORPUS, elsewhere)
    assert rows.right == (5,)
    assert len(vectors) == 6


def test_what_says_the_same_and_what_stands_in_the_right_document_is_no_negative() -> None:
    one = lesson("How much leave?", [passage(LEAVE)], [passage(COPY), passage(SHARE), passage(WIFI)])
    [rows], _ = lesson_rows([one], CORPUS, elsewhere)
    assert rows == LessonRows(right=(LEAVE,), hard=(WIFI,), ignored=(SHARE, COPY))


def test_in_an_empty_knowledge_base_every_passage_is_one_that_is_gone() -> None:
    """Imported triplets may come before the first sync."""
    empty = Corpus((), np.empty((0, 0), dtype=np.float32))
    [rows], vectors = lesson_rows([lesson("How much leave?", [passage(LEAVE)], [passage(WIFI)])], empty, elsewhere)
    assert (rows.right, len(vectors)) == ((0,), 2)


def big_corpus(pages: int) -> Corpus:
    chunks = [
        chunk(f"{page}-{part}", f"{page}.md", "text", f"Page {page}", (f"Page {page}", f"Part {part}"))
        for page in range(pages)
        for part in range(2)
    ]
    return Corpus(tuple(chunks), np.zeros((len(chunks), 4), dtype=np.float32))


def test_a_heading_leads_to_all_that_stands_below_it() -> None:
    replayed, held_out = headings(big_corpus(10), seed=0)
    below = {heading.text: heading.right for heading in (*replayed, *held_out)}
    assert below["Page 3"] == (6, 7)
    assert below["Page 3: Part 1"] == (7,)
    assert job_heading(replayed[0]).right == replayed[0].right


def test_the_headings_of_some_documents_are_not_replayed_but_judge() -> None:
    corpus = big_corpus(20)
    replayed, held_out = headings(corpus, seed=0)
    assert len({heading.document for heading in held_out}) == 4
    assert not {heading.document for heading in held_out} & {heading.document for heading in replayed}
    assert len(replayed) + len(held_out) == 60
    assert headings(corpus, seed=0) == (replayed, held_out)
    assert headings(corpus, seed=1) != (replayed, held_out)


@pytest.mark.parametrize("pages", [0, 1])
def test_a_small_corpus_holds_no_headings_back(pages: int) -> None:
    replayed, held_out = headings(big_corpus(pages), seed=0)
    assert (len(replayed), held_out) == (3 * pages, [])
