"""A vote is felt at once: by paraphrases of the voted question, by nobody who may not see what it names, and not long
after it is withdrawn. On both databases, with the real embedding model."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from learning.evidence import forget
from learning.felt import CLOSE, FeltVotes, closeness
from learning.question_vectors import load_vectors, save_vectors, text_digest
from learning.voted_questions import voted_questions
from learning.votes import read_votes, read_votes_on_documents
from storage.database import Database
from storage.document import PUBLIC
from storage.embedder import Vectors
from storage.nudge import MOST
from storage.questions import QuestionLog
from storage.tables import QuestionVectorRow
from tests.embedders import HashEmbedder
from tests.learning.conftest import Handbook, correct

QUESTION = "Who pays for my train ticket?"
PARAPHRASES = (
    "who covers the cost of my train tickets?",
    "is my train ticket paid for by the company?",
    "my train ticket, who's paying?",
)
OTHERS = ("How many days of leave do I get?", "When is the office closed?")
DIRECTORS = frozenset({"#directors"})


@pytest.fixture
def elsewhere(handbook: Handbook) -> Iterator[Database]:
    """The same database, as another process has it open."""
    other = Database.open(handbook.database.engine.url.render_as_string(hide_password=False))
    yield other
    other.close()


def test_paraphrases_find_what_a_correction_named_at_once(handbook: Handbook) -> None:
    before = {other: handbook.found(other) for other in OTHERS}
    assert handbook.pages(QUESTION)[0] == "travel.md"
    correct(handbook.database, handbook.answer(QUESTION), "expenses.md")
    assert handbook.pages(QUESTION)[0] == "expenses.md"
    assert [handbook.pages(paraphrase)[0] for paraphrase in PARAPHRASES] == ["expenses.md"] * 3
    assert {other: handbook.found(other) for other in OTHERS} == before


def test_a_thumb_up_lifts_what_the_answer_cited(handbook: Handbook) -> None:
    paraphrase = PARAPHRASES[1]
    assert handbook.pages(paraphrase)[0] == "expenses.md"
    QuestionLog(handbook.database).vote(handbook.answer(QUESTION), "U1", 1)
    assert handbook.pages(paraphrase)[0] == "travel.md"


def test_passages_say_how_far_votes_moved_them_and_which_question_they_were_cast_on(handbook: Handbook) -> None:
    correct(handbook.database, handbook.answer(QUESTION), "expenses.md")
    expenses, travel, *rest = handbook.found(QUESTION)
    assert (expenses.scores.votes, travel.scores.votes) == pytest.approx((MOST, -MOST), abs=1e-5)
    assert expenses.nudge is not None
    assert expenses.nudge.because == QUESTION
    assert [passage.scores.votes for passage in rest] == [0.0]
    for passage in (expenses, travel, *rest):
        scores = passage.scores
        assert scores.fused == pytest.approx(0.5 * scores.dense + 0.5 * scores.bm25 + scores.votes, abs=1e-6)
    near = handbook.found(PARAPHRASES[0])[0].scores.votes
    assert 0 < near < MOST


def test_a_withdrawn_vote_is_felt_no_more(handbook: Handbook) -> None:
    before = handbook.found(PARAPHRASES[0])
    answer = handbook.answer(QUESTION)
    correct(handbook.database, answer, "expenses.md")
    assert handbook.pages(PARAPHRASES[0])[0] == "expenses.md"
    QuestionLog(handbook.database).withdraw(answer, "U1", -1)
    assert handbook.found(PARAPHRASES[0]) == before


def test_what_a_person_left_is_forgotten_with_the_vectors_of_their_questions(handbook: Handbook) -> None:
    before = handbook.found(PARAPHRASES[0])
    correct(handbook.database, handbook.answer(QUESTION, user="U7"), "expenses.md")
    handbook.found(PARAPHRASES[0])
    assert _kept(handbook.database) == [text_digest(QUESTION)]
    forget(handbook.database, "U7")
    assert _kept(handbook.database) == []
    assert handbook.found(PARAPHRASES[0]) == before


def test_who_may_not_see_the_right_document_does_not_get_it(handbook: Handbook) -> None:
    correct(handbook.database, handbook.answer(QUESTION), "bonus.md")
    assert handbook.pages(QUESTION, DIRECTORS | PUBLIC)[0] == "bonus.md"
    assert "bonus.md" not in handbook.pages(QUESTION)
    assert "bonus.md" not in handbook.pages(PARAPHRASES[0])


def test_votes_of_another_process_are_noticed(handbook: Handbook, elsewhere: Database) -> None:
    answer = handbook.answer(QUESTION)
    assert handbook.pages(PARAPHRASES[0])[0] == "travel.md"
    correct(elsewhere, answer, "expenses.md")
    assert handbook.pages(PARAPHRASES[0])[0] == "expenses.md"
    correct(elsewhere, answer, "travel.md")
    assert handbook.pages(PARAPHRASES[0])[0] == "travel.md"


def test_voices_for_and_against_cancel(handbook: Handbook) -> None:
    before = handbook.found(PARAPHRASES[0])
    log, answer = QuestionLog(handbook.database), handbook.answer(QUESTION)
    correct(handbook.database, answer, "expenses.md", "U1")
    log.vote(answer, "U2", 1)
    found = handbook.found(PARAPHRASES[0])
    assert {passage.document.id: passage.scores.votes > 0 for passage in found} == {
        "expenses.md": True,
        "travel.md": False,
        "leave.md": False,
    }
    log.withdraw(answer, "U1", -1)
    log.withdraw(answer, "U2", 1)
    assert handbook.found(PARAPHRASES[0]) == before


def test_one_person_voting_many_times_adds_no_more_than_the_most(handbook: Handbook) -> None:
    for number in range(5):
        correct(handbook.database, handbook.answer(QUESTION, f"{number}.0"), "expenses.md", f"U{number}")
        correct(handbook.database, handbook.answer(PARAPHRASES[2], f"{number}.5"), "expenses.md", f"U{number}")
    assert max(passage.scores.votes for passage in handbook.found(QUESTION)) == pytest.approx(MOST)


def test_each_voted_question_is_embedded_once_for_all_processes(handbook: Handbook, elsewhere: Database) -> None:
    asked: list[str] = []
    embed = handbook.embedder.embed_question
    handbook.embedder.embed_question = lambda text: (asked.append(text), embed(text))[1]
    correct(handbook.database, handbook.answer(QUESTION), "expenses.md")
    asked.clear()
    handbook.votes.catch_up(handbook.embedder)
    again = FeltVotes(elsewhere)
    again.catch_up(handbook.embedder)
    assert asked == [QUESTION]
    assert [nudge.document for nudge in again.nudges(embed(QUESTION), handbook.embedder)] == [
        "expenses.md",
        "travel.md",
    ]


def test_the_vectors_of_two_models_are_kept_apart(handbook: Handbook) -> None:
    correct(handbook.database, handbook.answer(QUESTION), "expenses.md")
    handbook.votes.catch_up(handbook.embedder)
    other = HashEmbedder("another")
    assert {nudge.document for nudge in handbook.votes.nudges(other.embed_question(QUESTION), other)} == {
        "travel.md",
        "expenses.md",
    }
    assert len(handbook.votes.nudges(handbook.embedder.embed_question(QUESTION), handbook.embedder)) == 2


def test_the_length_of_a_questions_vector_does_not_matter(handbook: Handbook) -> None:
    correct(handbook.database, handbook.answer(QUESTION), "expenses.md")
    vector = handbook.embedder.embed_question(PARAPHRASES[0])
    handbook.votes.catch_up(handbook.embedder)
    short, long = (handbook.votes.nudges(factor * vector, handbook.embedder) for factor in (0.5, 2.0))
    assert [nudge.amount for nudge in short] == pytest.approx([nudge.amount for nudge in long])


def test_a_question_does_not_wait_for_votes_that_take_long(handbook: Handbook, monkeypatch: pytest.MonkeyPatch) -> None:
    correct(handbook.database, handbook.answer(QUESTION), "expenses.md")
    monkeypatch.setattr("learning.felt.PATIENCE_AT_FIRST", 0.01)
    embedder, vector = handbook.embedder, handbook.embedder.embed_question(QUESTION)
    embed, may_go_on = embedder.embed_question, threading.Event()
    embedder.embed_question = lambda text: (may_go_on.wait(20), embed(text))[1]
    votes = FeltVotes(handbook.database)
    assert votes.nudges(vector, embedder) == []
    may_go_on.set()
    votes.catch_up(embedder)
    assert len(votes.nudges(vector, embedder)) == 2
    votes.close()


def test_a_kept_vector_of_another_length_is_none(database: Database) -> None:
    vector: Vectors = np.arange(4, dtype=np.float32)
    save_vectors(database, "a model", {"d1": vector})
    assert load_vectors(database, "a model", ["d1", "d2"], 4)["d1"].tolist() == vector.tolist()
    assert load_vectors(database, "a model", ["d1"], 8) == {}
    assert load_vectors(database, "another", ["d1"], 4) == {}
    save_vectors(database, "a model", {"d1": 2 * vector})
    assert load_vectors(database, "a model", ["d1"], 4)["d1"].tolist() == (2 * vector).tolist()


def test_reading_votes_for_their_documents_says_what_reading_them_whole_says(handbook: Handbook) -> None:
    log = QuestionLog(handbook.database)
    correct(handbook.database, handbook.answer(QUESTION), "https://handbook.example/expenses.md")
    correct(handbook.database, handbook.answer(OTHERS[0], "2.0"), "in a person's own words it is", "U2")
    log.vote(handbook.answer(OTHERS[0], "3.0"), "U3", 1)
    log.vote(handbook.answer(OTHERS[0], "4.0"), "U4", -1)
    short = voted_questions(read_votes_on_documents(handbook.database, 10))
    assert short == voted_questions(read_votes(handbook.database))
    assert [(question.text, dict(question.documents)) for question in short] == [
        (QUESTION, {("handbook", "expenses.md"): 1, ("handbook", "travel.md"): -1}),
    ]
    assert len(read_votes_on_documents(handbook.database, 2)) == 2


@given(st.floats(-1, 1.0001), st.floats(-1, 1.0001))
def test_closeness_is_bounded_and_grows(one: float, other: float) -> None:
    assert 0 <= closeness(one) <= 1
    assert (closeness(one) <= closeness(other)) or one > other


def test_a_question_that_is_only_somewhat_like_a_voted_one_feels_nothing() -> None:
    assert (closeness(CLOSE), closeness(1.0)) == (0.0, 1.0)
    assert closeness((1 + CLOSE) / 2) == pytest.approx(0.5)


def _kept(database: Database) -> list[str]:
    with database.session() as session:
        return list(session.scalars(select(QuestionVectorRow.digest)))
