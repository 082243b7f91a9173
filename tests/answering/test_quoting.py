"""What a person reads where no language model is set: the documents' own sentences, or that they do not know."""

import re
import threading

import pytest

from bot.answering.answer import Answerer
from bot.answering.words import count_words
from storage.document import PUBLIC
from storage.knowledge import KnowledgeBase
from storage.questions import Answer


@pytest.mark.parametrize(
    ("question", "said", "document"),
    [
        ("How many days of leave do I get?", "**27 days** of paid annual leave", "leave.md"),
        ("how much can I spend on a hotel in London", "£185 a night", "expenses.md"),
        ("Where do I find the guest wifi password?", "on the screen at reception", "wifi.md"),
        ("How many paid days off do I get for my wedding?", "Reason: Your own wedding · Paid days: 3", "leave.md"),
        ("What do I run to roll back a release?", "`lore-deploy rollback canopy`", "deploys.md"),
    ],
)
def test_the_answer_is_quoted_with_a_link_to_its_document(
    quoting: Answerer, question: str, said: str, document: str
) -> None:
    answer = quoting.answer(question, PUBLIC)
    assert answer.kind == "answered"
    assert said in answer.text
    assert document in {citation.passage.document.id for citation in answer.citations}


def test_each_sentence_is_followed_by_its_number_from_one_on(quoting: Answerer) -> None:
    answer = quoting.answer("How many days of leave do I get, and can I carry days over to the next year?", PUBLIC)
    numbers = [int(n) for n in re.findall(r"\[(\d+)\]", answer.text)]
    assert list(dict.fromkeys(numbers)) == [citation.n for citation in answer.citations]
    assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert answer.text.rstrip().endswith("]")


def test_what_is_quoted_stands_in_the_cited_passage(quoting: Answerer) -> None:
    answer = quoting.answer("Until when do I have to use the days I carried over?", PUBLIC)
    cited = " ".join(" ".join(citation.passage.text.split()) for citation in answer.citations)
    sentences = [part for part in re.split(r"\s*\[\d+\]\s*", answer.text) if part]
    assert any("31 March" in sentence for sentence in sentences)
    assert all(re.sub(r"^\*\*.*?:\*\* ", "", sentence) in cited for sentence in sentences)


def test_a_list_item_keeps_the_line_that_leads_in_to_it(quoting: Answerer) -> None:
    text = quoting.answer("How do I register a visitor?", PUBLIC).text
    assert re.search(r"To bring a visitor:\n- Register the visitor in Rota one day ahead\. \[1\]", text)


def test_links_of_documents_are_reduced_to_their_words(quoting: Answerer) -> None:
    assert "elsewhere.example" not in quoting.answer("Where do I find the guest wifi password?", PUBLIC).text


def test_no_answer_is_longer_than_ninety_words(quoting: Answerer) -> None:
    questions = ["How do visitors get in?", "Tell me all about annual leave", "What are the rules for expenses?"]
    assert all(count_words(quoting.answer(question, PUBLIC).text) <= 90 for question in questions)


def test_the_pieces_shown_are_the_answer(quoting: Answerer) -> None:
    shown: list[str] = []
    answer = quoting.answer("How many days of leave do I get?", PUBLIC, shown.append)
    assert "".join(shown) == answer.text


@pytest.mark.parametrize(
    "question", ["Who won the football last night?", "Which Kubernetes version runs in production?"]
)
def test_it_says_that_it_did_not_find_what_no_document_holds(quoting: Answerer, question: str) -> None:
    answer = quoting.answer(question, PUBLIC)
    assert answer.kind == "abstained"
    assert answer.text.startswith("I did not find an answer to this in the documents")
    assert answer.citations == ()
    assert answer.confidence is not None


def test_an_abstention_links_the_nearest_documents(quoting: Answerer) -> None:
    answer = quoting.answer("Which hotel in Tokyo has a sauna?", PUBLIC)
    assert answer.kind == "abstained"
    assert "- [Expenses](https://handbook.example/expenses.md)" in answer.text
    assert answer.text.count("\n- ") <= 3


def test_an_abstention_says_what_it_looked_for_and_what_nothing_has(quoting: Answerer) -> None:
    text = quoting.answer("Which hotel in Tokyo has a sauna? <@U123> *x* http://evil.example", PUBLIC).text
    assert "I looked for “hotel”, “tokyo”, “sauna”" in text
    assert re.search(r"no passage that I found has [^.]*“tokyo”", text)
    assert "has “hotel”" not in text
    assert "<@" not in text
    assert "http://" not in text
    assert "evil.example" not in text


def test_only_who_may_see_a_document_is_answered_from_it(quoting: Answerer) -> None:
    question = "What is the salary band of a senior engineer?"
    assert "£74,000" in quoting.answer(question, frozenset({"everyone", "#finance"})).text
    public = quoting.answer(question, PUBLIC)
    assert public.kind == "abstained"
    assert "Salary" not in public.text
    assert all(passage.document.id != "secret-pay.md" for passage in public.passages)


@pytest.mark.parametrize(
    "question", ["", " ", "?", "x", "🎉🎉🎉", ":tada: :wave:", "how about it", "!!! ...", "\u200b"]
)
def test_what_asks_nothing_is_asked_back_kindly(quoting: Answerer, question: str) -> None:
    answer = quoting.answer(question, PUBLIC)
    assert answer.kind == "abstained"
    assert "whole question" in answer.text
    assert answer.passages == ()


@pytest.mark.parametrize(
    "question",
    [
        "x" * 40_000,
        "a " * 20_000,
        "年次有給休暇は何日ありますか",
        "كم يوم إجازة لدي؟",
        "\ud83d leave",
        "\0 leave \0",
        "🎉 leave?",
        "[1](x) **",
    ],
)
def test_any_question_gets_a_reply(quoting: Answerer, question: str) -> None:
    assert quoting.answer(question, PUBLIC).kind in ("answered", "abstained")


def test_the_question_at_the_end_of_a_long_message_is_answered(quoting: Answerer) -> None:
    story = "Yesterday I talked to a friend about the weather and the garden. " * 600
    answer = quoting.answer(f"{story}How many days of leave do I get?", PUBLIC)
    assert "27 days" in answer.text


def test_an_answer_tells_how_it_came_about(quoting: Answerer) -> None:
    answer = quoting.answer("How many days of leave do I get?", PUBLIC)
    assert set(answer.timings_ms) == {"embed", "search", "write", "ground", "total"}
    assert answer.timings_ms["total"] >= answer.timings_ms["embed"] > 0
    assert answer.embedding_model == "all-MiniLM-L6-v2"
    assert answer.llm is None
    assert [passage.rank for passage in answer.passages] == list(range(1, len(answer.passages) + 1))
    assert "quoted" in answer.reason


def test_a_failure_says_so_with_a_number_that_is_in_the_log(
    knowledge: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(knowledge, "search", broken)
    answer = Answerer(knowledge, None).answer("How many days of leave do I get?", PUBLIC)
    assert answer.kind == "failed"
    assert answer.error_id is not None
    assert re.fullmatch(r"[0-9a-f]{8}", answer.error_id)
    assert answer.error_id in answer.text
    assert answer.error_id in capsys.readouterr().out
    assert "disk" not in answer.text


def test_an_answer_is_whole_even_if_it_could_not_be_shown(quoting: Answerer) -> None:
    def refuses(_: str) -> None:
        raise ConnectionError("Slack is away")

    answer = quoting.answer("How many days of leave do I get?", PUBLIC, refuses)
    assert answer.kind == "answered"
    assert "27 days" in answer.text


def test_many_people_ask_at_once(quoting: Answerer) -> None:
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(quoting.answer("Where can I park my car?", PUBLIC)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.text for answer in answers}) == 1
    assert "12 parking spaces" in answers[0].text
