"""What is taken for a question in a channel where every question is answered, and what is not."""

import json
from pathlib import Path

import pytest

from bot.answering.looks_like_question import is_small_talk, looks_like_question

QUESTIONS = [
    "How many days of leave do I get?",
    "how do i book a meeting room",
    "Does anyone know where the guest wifi password is?",
    "Hi all, quick question: what is the hotel limit in London?",
    "Is there parking at the Bristol office?",
    "Can I carry over days to the next year?",
    "My laptop was stolen on the train. Whom do I call?",
    "@here does anyone know who approves refunds over 200 pounds?",
    "where do I find my payslip :thinking_face:",
    "I'm wondering how long probation lasts",
    "Until what time can we deploy on Fridays?",
    "Wie viele Urlaubstage habe ich im Jahr?",
    "Weiß jemand, wo ich meine Gehaltsabrechnung finde?",
    "Combien de jours de congé ai-je par an ?",
    "¿Cuántos días de vacaciones tengo?",
    "年次有給休暇は何日ありますか？",
    "Do you know when payday is in December?",
    "For expenses, which app do we use?",
]

OTHERS = [
    "ok?",
    "really?",
    "How are you?",
    "What's up everybody?",
    "Shall we have lunch at noon?",
    "Anyone up for a coffee?",
    "@bob what is the hotel limit in London?",
    "Bob, what do you think about the new budget?",
    "Can you review my pull request today?",
    "did you see the match yesterday?",
    "The deploy is done, watching the dashboards now.",
    "When we deploy, the queue is stuck for a minute.",
    "What a great party that was yesterday!",
    "How nice of all of you to come!",
    "Thanks, that helps a lot",
    "Is it down again?",
    "and for part-timers?",
    "```\nwhat = get(where)\n```\nwhy does this crash?",
    "Traceback (most recent call last):\n  what is this?",
    "That makes sense, right?",
    "Reviews are due on Friday; what is missing is yours.",
    "😀 😀 😀 ???",
    "",
    "why " * 200 + "?",
    "https://fernhollow.example/status?week=4",
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_for_the_documents_is_one(text: str) -> None:
    assert looks_like_question(text)


@pytest.mark.parametrize("text", OTHERS)
def test_what_people_say_to_each_other_is_none(text: str) -> None:
    assert not looks_like_question(text)


def test_a_follow_up_is_one_where_something_came_before_it() -> None:
    assert looks_like_question("and for part-timers?", alone=False)
    assert looks_like_question("how long does it take?", alone=False)


def test_most_of_what_the_sample_company_is_asked_is_taken_for_a_question() -> None:
    lines = (Path(__file__).parents[1] / "data" / "samples_questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [one["question"] for one in map(json.loads, lines) if one["pages"]]
    assert sum(map(looks_like_question, asked)) >= 0.75 * len(asked)


@pytest.mark.parametrize(
    "text", ["Thanks!", "ok, got it :+1:", "perfect, thank you", "Danke!", "👍", "great, that helps"]
)
def test_thanks_wait_for_no_answer(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize("text", ["ok?", "thanks, and for part-timers?", "and London", "until when", "ok and the P60"])
def test_a_question_is_no_small_talk(text: str) -> None:
    assert not is_small_talk(text)
