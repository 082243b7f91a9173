"""The question sets say what is true of their documents: pages exist, answers stand in them, nothing is asked twice."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ingestion.connectors import RawDocument
from ingestion.parse import parse

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SAMPLES = ROOT / "samples"
HANDBOOK = ROOT.parent / "shared" / "data" / "handbook-18f" / "pages"

Asked = dict[str, Any]


def asked(file: str) -> list[Asked]:
    return [json.loads(line) for line in (HERE / file).read_text(encoding="utf-8").splitlines()]


def without_markup(markdown: str) -> str:
    """The words of a Markdown page in one line: no emphasis, link targets, HTML tags, escapes or template tags."""
    text = re.sub(r'\{%\s*slack_channel\s+"#?([^"]+)"[^%]*%\}', r"#\1", markdown)
    text = re.sub(r'\{%\s*page\s+"[^"]*"\s*,\s*"([^"]*)"\s*%\}', r"\1", text)
    text = re.sub(r"\]\(\{%.*?%\}[^)]*\)", "]", text, flags=re.DOTALL)
    text = re.sub(r"\{%-?.*?-?%\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"\[([^\[\]]*)\]\([^()]*(?:\([^()]*\)[^()]*)*\)", r"\1", text)
    text = re.sub(r"\[([^\[\]]*)\](?:\[[^\[\]]*\])?", r"\1", text)
    text = re.sub(r"<(https?://[^<>\s]+|[^<>\s]+@[^<>\s]+)>", r"\1", text)
    text = re.sub(r"</?[a-zA-Z][^<>]*>", " ", text)
    text = re.sub(r"^\s*(#+|>)\s", "", text, flags=re.MULTILINE)
    text = re.sub(r"\*+|`+|(?<!\w)_+|_+(?!\w)", "", text)
    text = re.sub(r"\\(?=[^\w\s])", "", text)
    return re.sub(r"\s+", " ", text)


@cache
def words_of(page: Path) -> str:
    if page.suffix in {".docx", ".xlsx", ".pdf", ".pptx"}:
        return without_markup(parse(RawDocument(page.read_bytes(), page.name)).markdown)
    return without_markup(page.read_text(encoding="utf-8"))


def faults(questions: list[Asked], pages_root: Path) -> list[str]:
    """One line for each thing that is wrong, naming the question."""
    found = []
    seen: set[str] = set()
    for one in questions:
        question = one["question"]
        key = re.sub(r"\W+", " ", question.lower()).strip()
        if key in seen:
            found.append(f"asked twice: {question}")
        seen.add(key)
        named = [*one["pages"], *([one["near"]] if one.get("near") else [])]
        missing = [page for page in named if not (pages_root / page).is_file()]
        if missing:
            found.append(f"no such page {missing}: {question}")
            continue
        if bool(one["pages"]) != bool(one["answers"]):
            found.append(f"pages without answers, or answers without pages: {question}")
        texts = {page: words_of(pages_root / page) for page in one["pages"]}
        found += [
            f"{page} holds none of {one['answers']}: {question}"
            for page, text in texts.items()
            if not any(answer in text for answer in one["answers"])
        ]
        found += [
            f"{answer!r} stands in none of {one['pages']}: {question}"
            for answer in one["answers"]
            if not any(answer in text for text in texts.values())
        ]
    return found


def follow_ups(name: str) -> list[Asked]:
    """The set, each question with what was asked before it: the same few words ask many things."""
    found = asked(f"{name}_follow_ups.jsonl")
    assert all(one["before"] for one in found)
    return [one | {"question": " / ".join([*one["before"], one["question"]])} for one in found]


def counts(questions: list[Asked]) -> tuple[int, int]:
    """(answerable, unanswerable)"""
    answerable = sum(1 for one in questions if one["pages"])
    return answerable, len(questions) - answerable


def test_each_samples_question_has_its_answer_in_its_page() -> None:
    assert faults(asked("samples_questions.jsonl"), SAMPLES) == []


def test_each_follow_up_on_the_samples_has_its_answer_in_its_page() -> None:
    assert faults(follow_ups("samples"), SAMPLES) == []


def test_the_samples_set_is_as_large_as_its_readme_says() -> None:
    assert counts(asked("samples_questions.jsonl")) == (40, 15)


@pytest.fixture
def handbook() -> Path:
    if not HANDBOOK.is_dir():
        why = f"the handbook's pages are not at {HANDBOOK}"
        if os.environ.get("CI"):
            pytest.fail(why + "; CI must have them")
        pytest.skip(why)
    return HANDBOOK


def test_each_handbook_question_has_its_answer_in_its_page(handbook: Path) -> None:
    assert faults(asked("handbook_questions.jsonl"), handbook) == []


def test_each_follow_up_on_the_handbook_has_its_answer_in_its_page(handbook: Path) -> None:
    assert faults(follow_ups("handbook"), handbook) == []


def test_half_of_the_unanswerable_handbook_questions_name_the_page_they_nearly_fit() -> None:
    unanswerable = [one for one in asked("handbook_questions.jsonl") if not one["pages"]]
    near = sum(1 for one in unanswerable if one["near"])
    assert len(unanswerable) >= 45
    assert 0.4 <= near / len(unanswerable) <= 0.6


def test_each_paraphrased_handbook_question_is_asked_three_times_in_other_words() -> None:
    known = {one["question"] for one in asked("handbook_questions.jsonl") if one["pages"]}
    groups = asked("handbook_paraphrases.jsonl")
    paraphrases = [text.lower() for group in groups for text in group["paraphrases"]]
    assert len(groups) == 54
    assert {group["question"] for group in groups} <= known
    assert [len(group["paraphrases"]) for group in groups] == [3] * len(groups)
    assert len({*paraphrases, *map(str.lower, known)}) == len(paraphrases) + len(known)
