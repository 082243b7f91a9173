"""A learning run's page in a real browser: it is drawn, it loads nothing, and hostile text is only text."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from learning.report.contents import ChunkPoint, KnowledgeMap, QuestionPoint, Report, ReportedPassage, ReportedQuestion
from learning.report.wording import excerpt
from learning.report.write import write_report
from tests.learning.browser import chromium, opened
from tests.learning.sample_report import GAIN, GUARDS, sample_report, sample_run

MOST_BYTES = 6_000_000
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "<img src=https://evil.example/x.png onerror=alert(3)>",
    "\"'><svg onload=alert(4)>",
    "{{ 7 * 7 }} {% raw %} %{x} $x^2$",
    "<a href='javascript:alert(5)'>click</a>",
    "<b>bold</b><br>&lt;i&gt; &amp;",
    "\u202eright to left\u202c עברית العربية",
    "👩‍👩‍👧‍👦🏴‍☠️ 日本語",
    "\0\x1b\ud800 \u2028",
    "word" * 5_000,
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(sample_report(chunks=300, questions=40), path)
    return path


def hostile_report() -> Report:
    """Each hostile text wherever a text can be."""
    passages = tuple(ReportedPassage(text, text, text, text, 0.5, True) for text in HOSTILE)
    links = ("javascript:alert(6)", "data:text/html,<script>alert(7)</script>", "https://[", "https://kb.example/\"'<")
    passages += tuple(ReportedPassage("link", url, "", "", 0.5, False) for url in links)
    return Report(
        run=replace(sample_run(reason=HOSTILE[1]), model_before=HOSTILE[0], model_after=HOSTILE[1]),
        gain=replace(GAIN, name=HOSTILE[0], explanation=HOSTILE[1]),
        measures=tuple(replace(GUARDS[0], name=text, explanation=text) for text in HOSTILE),
        questions=tuple(
            ReportedQuestion(text, HOSTILE, 2, 1, passages[at:], passages[at:]) for at, text in enumerate(HOSTILE)
        ),
        knowledge_map=KnowledgeMap(
            tuple(ChunkPoint(at * 9.0, at % 2 * 9.0, text, text, text) for at, text in enumerate(HOSTILE)),
            tuple(
                QuestionPoint((at * 9.0, 4.0), (at * 9.0, 6.0), text, text, 0.1, 0.2) for at, text in enumerate(HOSTILE)
            ),
            len(HOSTILE),
            len(HOSTILE),
        ),
    )


def colours(page: Page, to: Path, selector: str) -> int:
    """How many colours a part of the page has as it is seen."""
    page.locator(selector).screenshot(path=to)
    with Image.open(to) as image:
        return len(image.convert("RGB").getcolors(maxcolors=1 << 24) or [])


def hover_text(page: Page, question: int) -> str:
    """What the map shows to who points at a question's place after the training."""
    point = page.locator("#knowledge .scatterlayer .trace").last.locator("path.point").nth(question)
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    hover = page.locator("#knowledge .hoverlayer .hovertext").first
    hover.wait_for()
    return hover.text_content() or ""


@pytest.mark.parametrize(("width", "scheme"), [(1_200, "light"), (360, "dark")])
def test_every_chart_is_drawn_and_nothing_is_loaded(
    browser: Browser, page_file: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    with opened(browser, page_file, width, "dark" if scheme == "dark" else "light") as seen:
        for chart in ("forest", "ranks", "losses", "knowledge"):
            assert colours(seen.page, tmp_path / "chart.png", f"#{chart}") > 20
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        background = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(21, 23, 26)" if scheme == "dark" else "rgb(246, 245, 242)")
        assert (seen.errors, seen.requests) == ([], [])


def test_the_charts_follow_when_the_dark_comes(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as seen:
        tick = "getComputedStyle(document.querySelector('#losses .xtick text')).fill"
        assert seen.page.evaluate(tick) == "rgb(90, 96, 105)"
        seen.page.emulate_media(color_scheme="dark")
        seen.page.wait_for_function(f"() => {tick} === 'rgb(166, 171, 179)'")
        assert seen.errors == []


def test_pointing_at_the_map_shows_the_text_and_the_legend_names_the_sources(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as seen:
        legend = seen.page.locator("#knowledge .legendtext").all_text_contents()
        assert [name.strip("\u2068\u2069") for name in legend][-4:] == [
            "Office",
            "how they moved",
            "questions before",
            "questions after",
        ]
        assert "Right document: " in hover_text(seen.page, 0)


def test_the_map_shows_the_questions_before_after_or_both(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file) as seen:
        diamonds = "document.querySelectorAll('#knowledge .scatterlayer .trace:not([style*=none]) path.point').length"
        assert seen.page.evaluate(diamonds) == 300 + 2 * 40
        for view, count in (("before", 340), ("after", 340), ("both", 380)):
            seen.page.locator(f"input[value={view}]").check(force=True)
            seen.page.wait_for_function(f"() => {diamonds} === {count}")
        assert seen.errors == []


def test_charts_and_tables_are_named_for_those_who_do_not_see_them(browser: Browser, page_file: Path) -> None:
    with opened(browser, page_file, width=360) as seen:
        assert seen.page.locator("h1").count() == 1
        assert seen.page.locator("table:not(:has(caption))").count() == 0
        assert seen.page.locator("section:not([aria-labelledby])").count() == 0
        figures = seen.page.locator("figure")
        assert figures.count() == 4
        for at in range(4):
            assert figures.nth(at).get_by_role("img").first.get_attribute("aria-label")
            assert figures.nth(at).locator("xpath=following-sibling::table").count() >= 1
        # As blocks on a phone, too, a table's cells are cells.
        assert seen.page.get_by_role("cell", name="70.1").count() == 1


def test_hostile_text_is_only_text(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    write_report(hostile_report(), path)
    with opened(browser, path, width=360) as seen:
        page = seen.page
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert page.locator("script").count() == 4, "the data, the library, packed and not, and the page's own"
        assert page.locator("main :is(iframe, object, b, i)").count() == 0
        assert page.locator("[onerror], [onload], main img:not(.chart *)").count() == 0
        links = page.eval_on_selector_all("main a", "found => found.map((one) => one.protocol)")
        assert set(links) == {"https:"}
        assert page.locator("h1 + p").text_content() == HOSTILE[1]
        legend = [name.strip("\u2068\u2069") for name in page.locator("#knowledge .legendtext").all_text_contents()]
        assert len(legend) == 7 + 1 + 3
        assert {excerpt(HOSTILE[at], 32) for at in (1, 2, 4, 6, 7)} <= set(legend)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert HOSTILE[3] in hover_text(page, 3).translate({0x2068: None, 0x2069: None})
        assert (seen.errors, seen.dialogues, seen.requests) == ([], [], [])


@pytest.mark.parametrize("sign", ["<", "&", '"', "\x01", "👩", "العربية"])
def test_the_fullest_page_of_the_longest_texts_is_below_its_size(tmp_path: Path, sign: str) -> None:
    long = sign * 3_000
    url = "https://kb.example/" + sign * 900
    passages = (ReportedPassage(long, url, long, long, 0.5, True),) * 10
    report = replace(
        sample_report(chunks=12, questions=1),
        questions=tuple(
            ReportedQuestion(long, (long,) * 9, ranks[0], ranks[1], passages, passages)
            for ranks in ((1, None), (None, 1))
            for _ in range(40)
        ),
        knowledge_map=KnowledgeMap(
            (ChunkPoint(-12.34, 56.78, long, long, long[:240]),) * 1_500,
            (QuestionPoint((-12.34, 56.78), (-12.34, 56.78), long[:240], long, 0.5, 0.6),) * 150,
            1_500,
            150,
        ),
    )
    write_report(report, tmp_path / "full.html")
    assert (tmp_path / "full.html").stat().st_size < MOST_BYTES
