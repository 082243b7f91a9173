"""Citations that lead to headings: the fragments that a page has for them, and none where that is not certain."""

from collections.abc import Callable

import pytest
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from ingestion.anchors import Anchor, fragment, html_anchors, markdown_anchors, matched
from ingestion.chunk import chunk
from ingestion.connectors import HeadingIds, RawDocument
from ingestion.parse import parse
from ingestion.parser_process import ParserProcesses
from storage.links import link_to
from tests.ingestion.sample_pdfs import column, pages, write


def words(texts: list[str]) -> list[int]:
    return [len(text.split()) + 2 for text in texts]


def anchors_of(content: str | bytes, ids: HeadingIds, name: str = "page.md") -> dict[str, str | None]:
    """For each chunk's text, the fragment that its citation leads to."""
    raw = RawDocument(content.encode() if isinstance(content, str) else content, name, heading_ids=ids)
    parsed = parse(raw)
    chunks = chunk(parsed.title or "", parsed.markdown, words, 64, parsed.anchors)
    return {" ".join(one.text.split()): one.anchor for one in chunks}


LONG = "word " * 30

# As https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/
# basic-writing-and-formatting-syntax#section-links has them, and as the pages of well-known repositories show.
GITHUB = {
    "Sample Section": "sample-section",
    "This'll  be a _Helpful_ Section About Θ!": "thisll--be-a-helpful-section-about-θ",
    "What's `lore.toml` for?": "whats-loretoml-for",
    "Leave & [absence](https://x.example) (paid)": "leave--absence-paid",
    "snake_case-and-more": "snake_case-and-more",
    "🚀 Launch": "-launch",
    "Überstunden": "überstunden",
}


@pytest.mark.parametrize(("heading", "id"), GITHUB.items())
def test_github_makes_ids_of_headings(heading: str, id: str) -> None:
    (anchor,) = markdown_anchors(f"## {heading}\n", "github")
    assert anchor.fragment == fragment(id)


def test_gitlab_makes_one_hyphen_of_several_and_no_bare_number() -> None:
    found = markdown_anchors("# Leave & absence\n\n## 2026\n\n## Roles (premium)\n", "gitlab")
    assert [anchor.fragment for anchor in found] == ["leave-absence", "anchor-2026", ""]


def test_equal_headings_are_numbered_those_in_quotes_and_html_too() -> None:
    text = "# Notes\n\n> # Notes\n\n<h2>Notes</h2>\n\n```\n# Notes\n```\n\n## Notes\n"
    found = markdown_anchors(text, "github")
    assert [anchor.fragment for anchor in found] == ["notes", "notes-1", "notes-2", "notes-3"]


def test_an_id_that_two_headings_could_have_is_neither_ones() -> None:
    found = markdown_anchors("# Step\n\n# Step\n\n# Step 1\n", "github")
    assert [anchor.fragment for anchor in found] == ["step", "", ""]


def test_a_chunk_leads_to_its_heading_or_the_nearest_above_it() -> None:
    text = f"# Rules\n\nFirst. {LONG}\n\n## Leave {{#time-off}}\n\nYou get. {LONG}\n\n### Sick leave\n\nCall. {LONG}\n"
    found = anchors_of(text, "github")
    assert [(text.split(".")[0], anchor) for text, anchor in found.items()] == [
        ("First", None),
        ("You get", "leave-time-off"),
        ("Call", "sick-leave"),
    ]
    found = anchors_of(text, "own")
    assert [(text.split(".")[0], anchor) for text, anchor in found.items()] == [
        ("First", None),
        ("You get", "time-off"),
        ("Call", "time-off"),
    ]
    assert set(anchors_of(text, "unknown").values()) == {None}


def test_headings_that_are_lost_or_made_on_the_way_make_no_other_uncertain() -> None:
    anchors = [Anchor("Leave", "leave"), Anchor("Notes", "notes"), Anchor("Notes", "notes-1"), Anchor("Pay ¶", "pay")]
    assert matched(["Leave", "Notes", "Pay", "New"], anchors) == ["leave", None, "pay", None]
    assert matched(["Notes", "Notes"], anchors) == ["notes", "notes-1"]


def test_a_web_page_has_ids_on_headings_and_around_them() -> None:
    page = f"""<html><head><title>Handbook</title></head><body><main><h1 id="top">Handbook</h1>
    <p>{LONG}</p><h2 id="leave days">Leave</h2><p>You get days. {LONG}</p>
    <section id="sick"><h2>Sick leave<a class="headerlink" href="#sick">¶</a></h2><p>Call us. {LONG}</p></section>
    <a name="pay"></a><h2>Pay</h2><p>On the 25th. {LONG}</p>
    <h2>Other</h2><p>Nothing else. {LONG}</p><h2 id="sick">Twice</h2><p>Twin. {LONG}</p></main></body></html>"""
    found = {text.split(".")[0]: anchor for text, anchor in anchors_of(page, "own", "page.html").items()}
    leads = {
        "You get days": "leave%20days",
        "Call us": "sick",
        "On the 25th": "pay",
        "Nothing else": None,
        "Twin": None,
    }
    assert leads.items() <= found.items()
    assert set(anchors_of(page, "unknown", "page.html").values()) == {None}


def test_a_pdf_leads_to_its_pages() -> None:
    def draw(heading: str) -> Callable[[Canvas], None]:
        def page(canvas: Canvas) -> None:
            write(canvas, 60, 740, [heading], size=18)
            write(canvas, 60, 700, column(heading, 12))

        return page

    def title(canvas: Canvas) -> None:
        write(canvas, 60, 740, ["Rules"], size=24)

    content = pages(title, draw("Leave"), draw("Pay"), lambda canvas: write(canvas, 60, 740, column("More", 8)))
    found = anchors_of(content, "own", "handbook.pdf").items()
    assert [anchor for text, anchor in found if " 3 has words" in text] == ["page=2", "page=3"]
    assert set(anchors_of(content, "github", "handbook.pdf").values()) == {None}


def test_anchors_come_through_the_parsers_process() -> None:
    processes = ParserProcesses()
    try:
        raw = RawDocument("<h1 id='ä'>A</h1><h2 id='b'>B</h2><p>text</p>".encode(), "a.html", heading_ids="own")
        assert processes.parse(raw).anchors == (Anchor("A", "%C3%A4"), Anchor("B", "b"))
    finally:
        processes.close()


def test_an_address_that_has_a_fragment_keeps_it() -> None:
    assert link_to("https://a.example/x", "leave") == "https://a.example/x#leave"
    assert link_to("https://a.example/#/x", "leave") == "https://a.example/#/x"
    assert (link_to("https://a.example/x", None), link_to("", "leave")) == ("https://a.example/x", "")


def test_no_document_has_more_anchors_than_are_kept() -> None:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup("".join(f"<h2 id='{'x' * 200}{n}'>{n}</h2>" for n in range(1_000)), "lxml")
    assert 300 < len(html_anchors(soup)) < 600
