"""`lore eval answers`: figures that are right, a page that can be read, and a warning where answers get worse."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner, Result

from bot.answer_evaluation.calibration import (
    abstained_where,
    area_under,
    auroc,
    calibration_error,
    risk_coverage,
)
from bot.answer_evaluation.kept import evaluate_kept
from bot.answer_evaluation.runs import EvaluationRuns
from bot.answer_evaluation.schedule import EvaluationSchedule
from bot.answer_evaluation.support_check import check
from bot.app import open_lore
from bot.cli import app
from bot.metrics import Metrics
from bot.settings import load_settings

KNOWN: list[dict[str, Any]] = [
    {"question": "How many days of leave do I get?", "pages": ["people/leave.md"], "answers": ["27 days"]},
    {
        "question": "How do guests use the Wi-Fi?",
        "pages": ["office/wifi.md"],
        "answers": ['network "Guest"', "Reception prints a code"],
    },
    {"question": "Who won the football <script>alert(1)</script> last night?", "pages": [], "answers": []},
]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def kept(home: Path, questions: list[dict[str, Any]], setting: bool = True) -> Path:
    file = home / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, questions)) + "\n", encoding="utf-8")
    if setting:
        toml = home / "lore.toml"
        toml.write_text('eval_questions = "questions.jsonl"\n' + toml.read_text())
    return file


def test_each_question_is_measured_and_can_be_read_beside_its_answer(home: Path) -> None:
    run("sync")
    result = run("eval", "answers", str(kept(home, KNOWN, setting=False)), "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["questions"], figures["answerable"], figures["failed"]) == (3, 2, 0)
    assert figures["retrieval"] == {"page_mrr@10": 1.0, "page_among_first_5": 1.0}
    assert figures["answers"]["containment"] == 1.0
    assert figures["answers"]["abstained"] == 1.0
    assert figures["citations"]["recall"] == 1.0
    assert figures["support"]["unsupported"] == 0
    assert figures["abstention"]["auroc"] == 1.0
    fixed = figures["abstention"]["cosine_thresholds"]
    assert [one["threshold"] for one in fixed] == [0.18, 0.2, 0.25]
    assert all(one["answered"] == one["abstained_by_confidence"] == 1.0 for one in fixed)
    assert [figures["abstention"]["risk_coverage_area"], figures["abstention"]["risk_coverage_cosine"][-1]] == [
        pytest.approx(1 / 18, abs=1e-3),
        [1.0, pytest.approx(1 / 3, abs=1e-3)],
    ]
    assert figures["words"]["most"] <= 90
    page = Path(figures["page"]).read_text(encoding="utf-8")
    assert "27 days" in page
    assert "Who won the football" in page
    assert "<script" not in page
    assert "src=" not in page


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is no JSON"),
        ('{"pages": []}', "has no question"),
        ('{"question": "When?", "pages": "leave.md"}', "no list of strings"),
        ('{"question": "When?", "answers": ["now"]}', "answers without the pages"),
        ("", "has no question"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_reason(home: Path, tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(line)
    result = run("eval", "answers", str(file))
    assert result.exit_code == 1
    assert said in result.output


def test_without_a_file_it_says_which_setting_names_one(home: Path) -> None:
    result = run("eval", "answers")
    assert result.exit_code == 1
    assert "eval_questions" in result.output


def test_answers_that_got_worse_are_warned_of(home: Path) -> None:
    run("sync")
    kept(home, [{**one, "question": f"{one['question']} {n}"} for n in "ab" for one in KNOWN])
    settings = load_settings()
    with open_lore(settings, "the tests") as lore:
        assert evaluate_kept(lore.service, lore.database, settings, "command")["fallen"] == []
    assert "none got worse" in run("doctor").output

    (home.parent / "pages" / "people" / "leave.md").write_text("# Parking\n\nThere are 12 parking spaces.\n")
    (home.parent / "pages" / "office" / "wifi.md").write_text("# Kitchen\n\nThe kitchen is on the first floor.\n")
    run("sync")
    with open_lore(settings, "the tests") as lore:
        schedule = EvaluationSchedule(lore.service, lore.database, settings, lambda: None)
        schedule.start()
        schedule.after_promotion()
        schedule.stop()  # which waits for the run, or gives it up
        schedule = EvaluationSchedule(lore.service, lore.database, settings, lambda: None)
        schedule.run("promotion")
        latest = EvaluationRuns(lore.database).latest()
        assert latest is not None
        assert "containment_of_all" in {one.name for one in latest.fallen}
        told = Metrics(lore.database, settings).exposition().decode()
    samples = {
        (sample.name, sample.labels.get("figure")): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }
    assert samples["lore_evaluation_fallen", "containment_of_all"] == 1
    assert samples["lore_evaluation", "containment_of_all"] == 0
    doctor = run("doctor")
    assert doctor.exit_code == 1
    assert "whose reply holds the answer" in " ".join(doctor.output.split())


def test_a_missing_file_of_questions_is_named_by_the_doctor(home: Path) -> None:
    run("sync")
    kept(home, KNOWN).unlink()
    doctor = run("doctor", "--json")
    assert doctor.exit_code == 1
    assert "questions.jsonl" in doctor.output


def answer(text: str, *passages: str) -> dict[str, Any]:
    document = {"id": "a", "title": "Leave"}
    return {
        "text": text,
        "citations": [{"n": n, "document": document, "text": one} for n, one in enumerate(passages, start=1)],
        "passages": [],
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("You get **27 days** of leave. [1]", ""),
        ("You get 28 days of leave. [1]", "28"),
        ("Ask Sandra for leave, or Miriam. [1]", "Miriam"),
        ("Elephants migrate through northern deserts. [1]", "does not have elephants"),
        ("You get 27 days of leave.", "cites nothing"),
        ("You get 27 days of leave. [2]", "nothing that was found"),
    ],
)
def test_a_sentence_that_its_source_does_not_say_is_found(text: str, fault: str) -> None:
    [sentence] = check(answer(text, "You get 27 days of leave. Ask Sandra."))
    assert fault in sentence.fault
    assert bool(fault) == bool(sentence.fault)


def test_auroc_is_the_chance_to_rank_right_with_ties_halved() -> None:
    assert auroc(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])) == pytest.approx(0.875)
    assert auroc(np.array([0.9, 0.5]), np.array([True, True])) is None


def test_the_calibration_error_is_what_confidence_is_off_by() -> None:
    assert calibration_error(np.array([0.75] * 4), np.array([True, True, True, False])) == pytest.approx(0.0)
    assert calibration_error(np.array([1.0, 1.0, 0.0]), np.array([True, False, False])) == pytest.approx(1 / 3)


def test_risk_rises_with_coverage_where_the_surest_are_right() -> None:
    curve = risk_coverage(np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, True, False, False]))
    assert curve == [(0.25, 0.0), (0.75, 0.3333), (1.0, 0.5)]
    assert area_under(curve) == pytest.approx(0.5 * 0.16665 + 0.25 * 0.41665)


def test_abstentions_are_counted_where_so_many_are_answered() -> None:
    confidence, answerable = np.array([0.9, 0.8, 0.7, 0.6, 0.65, 0.2]), np.array([True] * 4 + [False] * 2)
    assert abstained_where(confidence, answerable, 1.0) == 0.5
    assert abstained_where(confidence, answerable, 0.5) == 1.0
