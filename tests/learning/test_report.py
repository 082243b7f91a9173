"""What a learning run's page says, without opening it."""

import math
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import plotly.graph_objects as go
import pytest

from learning.report import charts
from learning.report.contents import LossPoint, Measure, Report, ReportedPassage, Training
from learning.report.page import render
from learning.report.write import ReportError, write_report
from tests.learning.sample_report import GAIN, GUARDS, SPACE, sample_report, sample_run


class _Text(HTMLParser):
    """A page's text as it is read, without scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._skipped = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._skipped += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.parts.append(data)


def said(report: Report) -> str:
    return " ".join(" ".join(_Text(render(report)).parts).split())


@pytest.fixture(scope="module")
def report() -> Report:
    return sample_report(chunks=120, questions=40)


@pytest.fixture(scope="module")
def text(report: Report) -> str:
    return said(report)


def lead(report: Report) -> str:
    text = said(report)
    begin = re.search(r"(Promoted|Refused|Dry run): ", text)
    assert begin
    return text[begin.start() : text.index(report.run.reason)].strip()


FAILED = replace(GUARDS[0], after=0.671, change=-0.017, low=-0.031, high=-0.004, passed=False)


def test_the_page_leads_with_the_result(report: Report) -> None:
    assert lead(report) == (
        "Promoted: held-out questions find their source 4.1 points better (95 % 2.3 to 5.9). "
        "Nothing that nobody voted on got measurably worse."
    )


@pytest.mark.parametrize(
    ("gain", "guards", "words"),
    [
        (
            GAIN,
            (FAILED,),
            "Refused: held-out questions would find their source 4.1 points better (95 % 2.3 to 5.9). "
            "But one guard failed: Sources that nobody voted on.",
        ),
        (
            replace(GAIN, change=0.006, low=-0.008, high=0.02),
            GUARDS,
            "Refused: held-out questions would find their source 0.6 points better (95 % −0.8 to 2.0), "
            "which can be chance. Nothing that nobody voted on would get measurably worse.",
        ),
        (
            replace(GAIN, change=-0.02, low=-0.03, high=-0.01),
            (),
            "Refused: held-out questions would find their source 2.0 points worse (95 % −3.0 to −1.0).",
        ),
        (
            replace(GAIN, change=0.0, low=-0.01, high=0.01),
            (FAILED, FAILED, GUARDS[1]),
            "Refused: held-out questions would find their source as well as before (95 % −1.0 to +1.0). "
            "But 2 of 3 guards failed.",
        ),
        (None, (), "Refused: there was nothing to compare, and nothing was changed."),
    ],
)
def test_a_refusal_leads_with_what_would_have_been(
    gain: Measure | None, guards: tuple[Measure, ...], words: str
) -> None:
    assert lead(Report(sample_run("refused", "Reasons."), gain, guards)) == words


def test_a_guard_that_lost_within_what_is_allowed_is_not_said_to_have_lost_nothing() -> None:
    allowed = replace(GUARDS[0], change=-0.002, low=-0.003, high=-0.001)
    assert lead(Report(sample_run(), GAIN, (allowed,))).endswith("(95 % 2.3 to 5.9). All guards passed.")


def test_each_measure_is_said_before_and_after_with_its_interval(text: str) -> None:
    assert "70.1 74.2 +4.1 +2.3 to +5.9 120" in text
    assert "84.2 87.1 +2.9 +0.8 to +5.0 120" in text


def test_guards_pass_or_fail_in_words(text: str) -> None:
    assert "68.8 69.1 +0.3 −0.6 to +1.2 96 Passed: no measurable change" in text
    assert "81.1 82.5 +1.4 +0.4 to +2.4 300 Passed: better" in text
    assert "Failed: measurably worse" in said(Report(sample_run("refused"), GAIN, (FAILED,)))
    unsure = replace(FAILED, high=0.001)
    assert "Failed: may have got worse" in said(Report(sample_run("refused"), GAIN, (unsure,)))


def test_alignment_and_uniformity_are_given_by_both_definitions(text: str) -> None:
    for one in SPACE:
        assert one.name in text
    assert "0.5124 0.6033 +0.0909 higher" in text
    assert "−3.4121 −3.3487 +0.0634 lower" in text


def test_a_changed_question_shows_its_ranks_and_what_was_found() -> None:
    def passage(title: str, right: bool = False) -> ReportedPassage:
        return ReportedPassage(title, "https://kb.example/p", "Top › Below", f"Text of {title}.", 0.61234, right)

    question = replace(
        sample_report(chunks=12, questions=1).questions[0],
        text="Where do guests park?",
        right_documents=("Parking",),
        rank_before=None,
        rank_after=1,
        passages_before=(passage("Bicycles"),),
        passages_after=(passage("Parking", right=True), passage("Bicycles")),
    )
    text = said(Report(sample_run(), GAIN, questions=(question,)))
    assert "Better: 1 Open one to see what was found. Where do guests park? not found → 1st" in text
    assert "Right document: Parking Before Bicycles Top › Below · score 0.612 Text of Bicycles. After Parking" in text
    assert "Parking right document Top › Below · score 0.612 Text of Parking." in text
    assert "Worse: 0 No question got worse." in text
    assert "Right source first 0 → 1 of 1 held-out question" in text
    assert "first 0 1 2nd or 3rd 0 0 4th to 10th 0 0 not in 10 1 0" in text


def test_only_the_questions_that_changed_most_are_shown_and_the_others_counted(report: Report) -> None:
    lost = [replace(report.questions[0], text=f"Lost {rank}?", rank_before=1, rank_after=rank) for rank in range(2, 40)]
    text = said(Report(sample_run(), GAIN, questions=tuple(lost)))
    assert "Worse: 38 The 20 that changed most." in text
    assert text.index("Lost 39?") < text.index("Lost 38?")
    assert "Lost 2?" not in text


def test_the_run_is_told_whole(text: str) -> None:
    for words in (
        "Why The gain on held-out questions is significant",
        "Model before all-MiniLM-L6-v2 Model trained all-MiniLM-L6-v2+20261124-0200",
        "0.50 → 0.62",
        "812 triplets of 403 questions, from the votes of 37 people",
        "12 questions: one person alone named a document",
        "24 November 2026, 02:00 UTC to 24 November 2026, 02:03 UTC, 3 min 12 s",
        "Seed 7",
    ):
        assert words in text


def test_what_a_run_did_not_come_to_is_left_out() -> None:
    run = replace(sample_run("refused", "3 triplets."), model_after=None, fusion_weight_after=None)
    page = render(Report(run, None))
    assert "<figure" not in page
    assert "<table" not in page
    assert "Model trained none" in said(Report(run, None))


def test_a_training_that_went_astray_leaves_a_gap() -> None:
    astray = Training("All votes", (LossPoint(0, 2.5), LossPoint(1, math.nan), LossPoint(2, math.inf)))
    text = said(Report(sample_run("refused"), None, trainings=(astray, Training("None", ()))))
    assert "All votes 2 2.500 2.500 inf None 0 – – –" in text


def test_plotly_knows_every_word_of_the_charts(report: Report) -> None:
    """Its Python library refuses what its schema lacks; the page's names of colours stand for black here."""

    def painted(value: object) -> object:
        if isinstance(value, dict):
            return {key: painted(one) for key, one in value.items()}
        if isinstance(value, list):
            return [painted(one) for one in value]
        return "black" if isinstance(value, str) and value.startswith("--") else value

    assert report.knowledge_map is not None
    for chart in (
        charts.forest([GAIN, *GUARDS]),
        charts.ranks(report.questions),
        charts.losses(report.trainings),
        charts.knowledge(report.knowledge_map),
    ):
        go.Figure(painted({"data": chart["data"], "layout": chart["layout"]}))


def test_a_long_training_is_drawn_with_no_more_points_than_can_be_seen() -> None:
    curve = Training("Long", tuple(LossPoint(step, 1.0) for step in range(10_001)))
    steps = charts.losses([curve])["data"][0]["x"]
    assert len(steps) <= charts.MOST_POINTS + 1
    assert (steps[0], steps[-1]) == (0, 10_000)


def test_the_page_is_written_whole_and_alone_and_as_others_files_are(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "reports" / "run.html"
    write_report(report, path)
    path.write_text("old", encoding="utf-8")
    write_report(report, path)
    assert path.read_text(encoding="utf-8") == render(report)
    assert list(path.parent.iterdir()) == [path]
    (tmp_path / "other").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


def test_a_page_that_cannot_be_written_says_where_and_what_to_do(report: Report, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(ReportError, match=r"could not be written to .*/taken/run\.html: .*Name a file in a folder"):
        write_report(report, tmp_path / "taken" / "run.html")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ReportError, match="Is a directory"):
        write_report(report, tmp_path / "folder")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "taken"]
