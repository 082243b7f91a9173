"""What a run learns and judges by, put together from a knowledge base and votes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from learning.doubt import PASSAGES_LOOKED_AT
from learning.general_set import General
from learning.lessons import Lesson
from learning.material import Material, embed_questions, gather_material
from learning.recipe import Recipe
from storage.database import Database
from storage.knowledge import KnowledgeBase
from storage.questions import QuestionLog
from storage.version_rows import DENSE_WEIGHT
from tests.embedders import HashEmbedder
from tests.learning.made import SOURCE, lesson, snapshot
from tests.learning.test_triplets import LEAVE, ask
from tests.memory_folder import memory_folder
from tests.storage.version_bases import add_source, document, edge_base

PAGES = 30
FOLDS = 3
GENERAL = General(("Why is the sky blue?",), ("Air scatters blue light.",), (0,))


@pytest.fixture
def knowledge(database: Database, tmp_path: Path) -> Iterator[KnowledgeBase]:
    with memory_folder(tmp_path) as folder:
        made, index = edge_base(database, folder)
        made.write(add_source(database), [document(f"Rule {n}.", id=f"{n}.md") for n in range(PAGES)])
        yield made
        index.close()


def about(page: int, number: int = 0) -> Lesson:
    """A lesson whose right passage is the page's only chunk, as far as its words tell."""
    return lesson(f"question {number} about {page}", [snapshot(f"Rule {page}.", f"{page}.md", "an old id")])


def gathered(database: Database, knowledge: KnowledgeBase, lessons: list[Lesson], seed: int = 0) -> Material:
    return gather_material(database, knowledge, lessons, GENERAL, FOLDS, seed)


def test_each_lesson_has_a_fold_and_the_rows_of_its_passages(database: Database, knowledge: KnowledgeBase) -> None:
    lessons = [about(page) for page in range(12)]
    material = gathered(database, knowledge, lessons)
    assert material.lessons == tuple(lessons)
    assert set(material.fold.tolist()) == set(range(FOLDS))
    assert material.judged.tolist() == list(range(12))
    assert material.unvoted.all()
    for page, rows in enumerate(material.rows):
        [row] = rows.right
        assert material.corpus.chunks[row].text == f"Rule {page}."
    assert len(material.vectors) == PAGES


def test_lessons_about_what_is_gone_teach_but_are_not_judged(database: Database, knowledge: KnowledgeBase) -> None:
    lessons = [about(1), about(99), lesson("In my own words?", [snapshot("It is so because I say so.")])]
    material = gathered(database, knowledge, lessons)
    assert material.judged.tolist() == [0]
    assert len(material.rows) == 3
    assert len(material.vectors) == PAGES + 2


def test_what_one_person_names_and_the_question_does_not_find_waits(
    database: Database, knowledge: KnowledgeBase
) -> None:
    more = [document(f"Rule {n}.", id=f"{n}.md") for n in range(3 * PASSAGES_LOOKED_AT)]
    knowledge.write(add_source(database, "more"), more)
    question = "Where do we park?"
    found = knowledge.search_by_vector(
        question, HashEmbedder().embed_question(question), knowledge.everyone_known(), PASSAGES_LOOKED_AT, DENSE_WEIGHT
    )
    pages = {(passage.document.source, passage.document.id) for passage in found}
    far = next(f"{n}.md" for n in range(PAGES) if (SOURCE, f"{n}.md") not in pages)
    near = next(f"{n}.md" for n in range(PAGES) if (SOURCE, f"{n}.md") in pages)
    lessons = [lesson(question, [snapshot("It is there.", id)]) for id in (far, near)]
    material = gathered(database, knowledge, lessons)
    assert material.lessons == (lessons[1],)
    assert material.doubted == 1
    assert material.untrained.shape == (1, 8)
    assert [one.question for one in material.job("hash", None, None, 0, Recipe()).lessons] == [question]
    assert gathered(database, knowledge, lessons[:1]).lessons == ()


def test_probes_are_the_held_out_headings_the_answered_questions_and_the_general_ones_in_turn(
    database: Database, knowledge: KnowledgeBase
) -> None:
    log = QuestionLog(database)
    ask(log, "How many days of leave?", {LEAVE: 1}, "1.0")
    ask(log, "question 0 about 1", {LEAVE: 1}, "2.0")  # what is voted on elsewhere is a lesson
    material = gathered(database, knowledge, [about(1)])
    headings = [heading.text for heading in material.held_out_headings]
    assert len(headings) == PAGES // 5
    assert material.probes == (*headings, "How many days of leave?", "Why is the sky blue?")


def test_the_job_says_all_that_a_training_needs(database: Database, knowledge: KnowledgeBase) -> None:
    material = gathered(database, knowledge, [about(page) for page in range(6)], seed=3)
    job = material.job("hash", b"weights", "cpu", 3, Recipe(epochs=1))
    assert [one.question for one in job.lessons] == [one.question for one in material.lessons]
    assert [one.fold for one in job.lessons] == material.fold.tolist()
    assert [one.right for one in job.lessons] == [rows.right for rows in material.rows]
    assert len(job.headings) == len(material.replayed) == PAGES - PAGES // 5
    assert (job.start, job.seed, job.folds, job.probes) == (b"weights", 3, FOLDS, material.probes)


def test_the_same_votes_and_seed_make_the_same_job(database: Database, knowledge: KnowledgeBase) -> None:
    jobs = [
        gathered(database, knowledge, [about(page) for page in range(9)], seed).job("hash", None, None, seed, Recipe())
        for seed in (1, 1, 2)
    ]
    assert jobs[0].digest() == jobs[1].digest() != jobs[2].digest()


def test_an_empty_knowledge_base_has_nothing_to_judge_by(database: Database, tmp_path: Path) -> None:
    with memory_folder(tmp_path) as folder:
        empty, index = edge_base(database, folder)
        material = gathered(database, empty, [about(page) for page in range(6)])
        index.close()
    assert material.judged.tolist() == []
    assert len(material.vectors) == 6


def test_no_questions_have_vectors_of_the_models_length() -> None:
    assert embed_questions(HashEmbedder(), []).shape == (0, 8)
    assert np.array_equal(embed_questions(HashEmbedder(), ["a", "b"])[1], HashEmbedder().embed_question("b"))
