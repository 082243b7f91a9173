"""What was answered well is said again, for as long as it is still so, and to those who may see it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.answering.answered_before import AnsweredBefore
from bot.answering.context import Context, Turn
from bot.answering.same_question import SAME, is_same_question, read_question
from learning.evidence import forget
from storage.document import PUBLIC, Audience
from storage.embedder import SentenceTransformerEmbedder
from storage.questions import Answer, Asked, QuestionLog
from tests.answering.shelf import Shelf

NEAR = [json.loads(line) for line in (Path(__file__).parents[1] / "data" / "near_questions.jsonl").open()]
ASKED, AGAIN = "How many days of annual leave do I get?", "Hi, how many annual leave days do I get?"
TEXT = "Full-time employees get 27 days of paid annual leave a year."
TODAY = f"{datetime.now(UTC).day} {datetime.now(UTC):%B %Y}"


@pytest.mark.parametrize("pair", NEAR, ids=[f"{pair['one']} / {pair['other']}" for pair in NEAR])
def test_only_questions_that_ask_the_same_are_the_same(
    pair: dict[str, str], embedder: SentenceTransformerEmbedder
) -> None:
    assert is_same_question(read_question(pair["one"]), read_question(pair["other"])) == pair["same"]
    if pair["same"]:
        assert float(embedder.embed_question(pair["one"]) @ embedder.embed_question(pair["other"])) >= SAME


class Desk:
    """Asks as people in Slack do, each question recorded with its answer."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.log = QuestionLog(shelf.database)
        self.answers = AnsweredBefore(shelf.quoting(), shelf.database, shelf.knowledge.embedder)
        self._asked = 0

    def ask(
        self,
        question: str,
        audience: Audience = PUBLIC,
        context: Context | None = None,
        user: str = "U1",
        thread_ts: str | None = None,
    ) -> tuple[int, Answer]:
        self._asked += 1
        asked = Asked("mention", "T1", "C1", f"1.{self._asked}", user, question, thread_ts)
        number = self.log.accept(asked)
        assert number is not None
        answer = self.answers.answer(question, audience, None, context or Context())
        return self.log.record(number, answer), answer


@pytest.fixture
def desk(shelf: Shelf) -> Desk:
    shelf.put("leave.md", TEXT)
    return Desk(shelf)


@pytest.fixture
def liked(desk: Desk) -> int:
    answer_id, answer = desk.ask(ASKED)
    assert answer.repeats is None
    desk.log.vote(answer_id, "U2", 1)
    return answer_id


def test_the_same_words_and_citations_are_given_again_and_marked(desk: Desk, liked: int) -> None:
    first = desk.log.answered(liked)
    assert first is not None
    again_id, again = desk.ask(AGAIN)
    assert again.text == (
        f"{first.answer.text}\n\n_Answered before, on {TODAY}; the documents have not changed since._"
    )
    assert [one.passage.document.id for one in again.citations] == ["leave.md"]
    recorded = desk.log.answered(again_id)
    assert recorded is not None
    assert (recorded.answer.repeats, recorded.answer.question) == (liked, AGAIN)


def test_an_answer_that_nobody_liked_is_not_given_again(desk: Desk) -> None:
    desk.ask(ASKED)
    assert desk.ask(AGAIN)[1].repeats is None


def test_a_changed_document_ends_it(desk: Desk, liked: int, shelf: Shelf) -> None:
    shelf.put("leave.md", TEXT.replace("27", "28"))
    _, again = desk.ask(AGAIN)
    assert again.repeats is None
    assert "28 days" in again.text


def test_a_document_that_is_gone_ends_it(desk: Desk, liked: int, shelf: Shelf) -> None:
    shelf.knowledge.remove(1, ["leave.md"])
    assert desk.ask(AGAIN)[1].kind == "abstained"


@pytest.mark.parametrize("which", ["the first", "the one given again"])
def test_a_thumbs_down_ends_it(desk: Desk, liked: int, which: str) -> None:
    again_id, again = desk.ask(AGAIN)
    assert again.repeats == liked
    desk.log.vote(liked if which == "the first" else again_id, "U3", -1)
    assert desk.ask(AGAIN)[1].repeats is None


def test_a_withdrawn_vote_ends_it(desk: Desk, liked: int) -> None:
    desk.log.withdraw(liked, "U2", 1)
    assert desk.ask(AGAIN)[1].repeats is None


def test_who_may_not_see_its_documents_is_not_given_it(desk: Desk, shelf: Shelf) -> None:
    shelf.put("bonus.md", "The bonus of a director is 12 % of the salary.", audience=frozenset({"#board"}))
    answer_id, answer = desk.ask("How high is the bonus of a director?", frozenset({"#board"}))
    assert "12 %" in answer.text
    desk.log.vote(answer_id, "U2", 1)
    assert desk.ask("How high is the bonus of a director?", frozenset({"#board"}))[1].repeats == answer_id
    elsewhere = desk.ask("How high is the bonus of a director?")[1]
    assert elsewhere.repeats is None
    assert "12 %" not in elsewhere.text


def test_a_channel_that_answers_from_other_sources_is_not_given_it(desk: Desk, liked: int) -> None:
    assert desk.ask(AGAIN, context=Context(sources=frozenset({"wiki"})))[1].repeats is None
    assert desk.ask(AGAIN, context=Context(sources=frozenset({"handbook"})))[1].repeats == liked


def test_a_question_in_its_thread_is_answered_anew(desk: Desk, liked: int) -> None:
    assert desk.ask(AGAIN, context=Context(turns=(Turn("Who runs Berlin?"),)))[1].repeats is None


def test_what_was_asked_in_a_thread_is_not_given_to_others(desk: Desk) -> None:
    answer_id, _ = desk.ask(ASKED, thread_ts="0.5")
    desk.log.vote(answer_id, "U2", 1)
    assert desk.ask(AGAIN)[1].repeats is None


@pytest.mark.parametrize("who", ["U1", "U2"], ids=["the asker", "the voter"])
def test_forgetting_a_person_ends_it_and_leaves_what_was_said_again(
    desk: Desk, liked: int, shelf: Shelf, who: str
) -> None:
    again_id, _ = desk.ask(AGAIN, user="U9")
    forget(shelf.database, who)
    kept = desk.log.answered(again_id)
    assert kept is not None
    assert "27 days" in kept.answer.text
    assert desk.ask(AGAIN, user="U9")[1].repeats is None


def test_a_first_answer_that_goes_meanwhile_leaves_the_second(desk: Desk, liked: int, shelf: Shelf) -> None:
    number = desk.log.accept(Asked("mention", "T1", "C1", "2.1", "U9", AGAIN))
    assert number is not None
    again = desk.answers.answer(AGAIN, PUBLIC)
    forget(shelf.database, "U1")
    recorded = desk.log.answered(desk.log.record(number, again))
    assert recorded is not None
    assert recorded.answer.repeats is None
