"""HTML inside Markdown: its tags go, and what they mark stays."""

import pytest

from ingestion.inline_html import without_html


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("one<br>two<br/>three", "one  \ntwo  \nthree"),
        ("| a<br>b | c |", "| a b | c |"),
        ("<strong>bold</strong> and <em>leaning</em>", "**bold** and _leaning_"),
        ('<a class="b" href="https://x.y/a b">go</a>', "[go](https://x.y/a%20b)"),
        ('<a name="here"></a>Text', "Text"),
        ('<img src="a.png" alt="a comic" />', "a comic"),
        ("H<sub>2</sub>O<sup>1</sup>", "H2O1"),
        ("Text<!-- a note\n over lines --> more", "Text more"),
        ("<style>td {padding: 8px;}</style>Text", "Text"),
        ("Write to <hr@x.org> or <https://x.y>", "Write to <hr@x.org> or <https://x.y>"),
        ("Run it for <your-name>", "Run it for <your-name>"),
        ("`<br>` and 1 < 2", "`<br>` and 1 < 2"),
        ("```html\n<div>\n```", "```html\n<div>\n```"),
        ("An unfinished <!-- note", "An unfinished  note"),
        ("A line.\n<!-- Without an end\n\nWhat no page shows", "A line.\n"),
    ],
)
def test_a_tag_becomes_what_it_marks(written: str, said: str) -> None:
    assert without_html(written) == said


def test_something_to_unfold_keeps_its_summary_as_a_heading() -> None:
    text = '<details markdown="block">\n<summary> Records</summary>\n\n- one\n- two\n</details>\n'
    assert without_html(text).strip() == "**Records**\n\n- one\n- two"


def test_a_heading_around_a_button_stays_a_heading() -> None:
    text = (
        '<h3 class="x">\n<button\n   type="button"\n>\n    Step 1: Join\n    </button>\n  </h3>\n\n<div>\nText.\n</div>'
    )
    assert without_html(text).strip() == "### Step 1: Join\n\nText."


def test_a_list_becomes_a_list() -> None:
    text = "<ol>\n    <li>one</li>\n    <li>two\n  <ul><li>inner</li></ul></li>\n</ol>"
    assert [line for line in without_html(text).split("\n") if line.strip()] == ["1. one", "2. two", "   - inner"]


def test_a_table_with_column_names_becomes_a_table() -> None:
    text = "<table><tr><th>Day</th><th>Rate</th></tr><tr><td>Mon</td><td>1|2</td></tr><tr><td>Tue</td></tr></table>"
    assert without_html(text).strip() == "| Day | Rate |\n| --- | --- |\n| Mon | 1\\|2 |\n| Tue |  |"


def test_a_table_of_names_and_values_becomes_a_list_of_them() -> None:
    text = """<div class="wrap">
      <table>
        <tr><td><strong>Location</strong></td><td>
          1800 F Street<br />
          Washington
        </td></tr>
        <tr><td><strong>Channels</strong></td><td>#dc</td></tr>
      </table>
    </div>

    Text."""
    assert without_html(text).strip().split("\n")[:2] == [
        "- **Location**: 1800 F Street, Washington",
        "- **Channels**: #dc",
    ]


@pytest.mark.parametrize("tag", ["<div", "<style>", "1 <!--", "<table>", "<a href=", '<p "', "<td>", "</", "<h3>"])
def test_unfinished_tags_take_linear_time_and_no_text(tag: str) -> None:
    assert without_html(f"{tag} word\n" * 20_000).count("word") == 20_000
