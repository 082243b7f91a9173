"""Notion's blocks and properties as Markdown, read on by the parser: what people see on a page."""

import re
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette

from ingestion.connectors.notion import NotionConnector
from ingestion.parse import parse
from tests.ingestion.connectors.notion_workspace import TOKEN, Page, Workspace, block, id_of, text

Serve = Callable[[Starlette], str]


def read(serve: Serve, *blocks: dict[str, Any], title: str = "Page", **page: Any) -> str:
    """The Markdown of a document of these blocks."""
    workspace = Workspace({title: Page(blocks, **page), "Sick leave": Page()}, {"Vendors": "Page"})
    connector = NotionConnector(TOKEN, url=serve(workspace.app()), requests_per_second=1000)
    refs = {ref.title: ref for ref in connector.list()}
    document = parse(connector.fetch(refs[title]))
    assert document.title == title
    return document.markdown


def test_headings_are_led_to_by_their_blocks_ids(serve: Serve) -> None:
    workspace = Workspace({"Page": Page([block("heading_2", "Steps"), block("paragraph", "First.")])}, {})
    connector = NotionConnector(TOKEN, url=serve(workspace.app()), requests_per_second=1000)
    (anchor,) = parse(connector.fetch(next(connector.list()))).anchors
    assert anchor.heading == "Steps"
    assert re.fullmatch(r"[0-9a-f]{32}", anchor.fragment)


def test_headings_lists_and_tasks_keep_their_nesting(serve: Serve) -> None:
    inner = block("bulleted_list_item", "inner", children=[block("paragraph", "more")])
    assert read(
        serve,
        block("heading_1", "How"),
        block("heading_2", "Steps", is_toggleable=True, children=[block("paragraph", "Folded.")]),
        block("bulleted_list_item", "outer", children=[inner]),
        block("bulleted_list_item", "second"),
        block("numbered_list_item", "first", children=[block("numbered_list_item", "deeper")]),
        block("numbered_list_item", "next"),
        block("to_do", "done", checked=True),
        block("to_do", "open", checked=False),
    ) == (
        "# How\n\n## Steps\n\nFolded.\n\n- outer\n  - inner\n\n    more\n- second\n"
        "1. first\n   1. deeper\n2. next\n- [x] done\n- [ ] open"
    )


def test_toggles_callouts_and_quotes_are_read_with_what_is_in_them(serve: Serve) -> None:
    assert (
        read(
            serve,
            block("toggle", "Who?", children=[block("paragraph", "Everyone.")]),
            block(
                "callout",
                "Mind the gap.",
                icon={"type": "emoji", "emoji": "⚠️"},
                children=[block("paragraph", "Really.")],
            ),
            block("quote", "Said\nso."),
        )
        == "**Who?**\n\nEveryone.\n\n> ⚠️ Mind the gap.\n>\n> Really.\n\n> Said\n> so."
    )


def test_code_equations_and_tables_keep_their_form(serve: Serve) -> None:
    rows = [
        block("table_row", cells=[[text("Plan")], [text("Price")]]),
        block("table_row", cells=[[text("A | B")], [text("5 €", bold=True)]]),
        block("table_row", cells=[[text("C")], []]),
    ]
    assert read(
        serve,
        block("code", "def f(x):\n    return {{x}} < 2", language="python", caption=[text("The rule")]),
        block("equation", expression="e = mc^2"),
        block("table", table_width=2, has_column_header=True, children=rows),
        block("divider"),
        block("paragraph", "After"),
    ) == (
        "```python\ndef f(x):\n    return {{x}} < 2\n```\n\nThe rule\n\n$$\ne = mc^2\n$$\n\n"
        "| Plan | Price |\n| --- | --- |\n| A \\| B | **5 €** |\n| C |  |\n\n---\n\nAfter"
    )


def test_columns_and_synced_blocks_are_read_where_they_are(serve: Serve) -> None:
    columns = [block("column", children=[block("paragraph", side)]) for side in ("Left", "Right")]
    original = {**block("synced_block", synced_from=None, children=[block("paragraph", "Synced.")]), "id": id_of("o")}
    copy = block("synced_block", synced_from={"type": "block_id", "block_id": id_of("o")})
    elsewhere = block("synced_block", synced_from={"type": "block_id", "block_id": id_of("not shared")})
    markdown = read(serve, block("column_list", children=columns), original, copy, elsewhere)
    assert markdown == "Left\n\nRight\n\nSynced.\n\nSynced."


def test_pages_bookmarks_and_files_are_linked_by_their_names(serve: Serve) -> None:
    sick = f"https://www.notion.so/{id_of('Sick leave').replace('-', '')}"
    child = {**block("child_page", title="Sick leave", children=[block("paragraph", "own")]), "id": id_of("Sick leave")}
    hosted = {"type": "file", "file": {"url": "https://s3.example/signed?X-Amz=1", "expiry_time": "soon"}}
    assert read(
        serve,
        child,
        block("link_to_page", type="page_id", page_id=id_of("Sick leave")),
        block("bookmark", url="https://x.example/", caption=[text("The law")]),
        block("image", caption=[text("Org chart")], **hosted),
        block("image", caption=[], **hosted),
        block("file", name="plan.pdf", caption=[], **hosted),
        block("pdf", caption=[], type="external", external={"url": "https://x.example/a.pdf"}),
        block("table_of_contents"),
        block("unsupported"),
    ) == (
        f"[Sick leave]({sick})\n\n[Sick leave]({sick})\n\n[The law](https://x.example/)\n\n_Org chart_\n\nplan.pdf\n\n"
        "[https://x.example/a.pdf](https://x.example/a.pdf)"
    )


def test_text_keeps_its_emphasis_links_mentions_and_formulas(serve: Serve) -> None:
    assert read(
        serve,
        block(
            "paragraph",
            text("Ask "),
            text("@Ann Lee", kind="mention"),
            text(" about "),
            text("this ", bold=True, italic=True),
            text("rm *", code=True),
            text(", "),
            text("here", href="/0a1b#c"),
            text(", "),
            text("x^2", kind="equation"),
            text(" or 2*3."),
        ),
        block("paragraph", "# no heading\n1. no list"),
    ) == (
        "Ask @Ann Lee about **_this_** `rm *`, [here](https://www.notion.so/0a1b#c), $x^2$ or 2\\*3.\n\n"
        "\\# no heading  \n1\\. no list"
    )


def test_a_row_is_a_page_with_its_properties_above_it(serve: Serve) -> None:
    date = {"start": "2026-02-01", "end": "2026-03-01", "time_zone": None}
    properties = {
        "Status": {"type": "status", "status": {"name": "In use"}},
        "Tags": {"type": "multi_select", "multi_select": [{"name": "tools"}, {"name": "a|b"}]},
        "Owner": {"type": "people", "people": [{"object": "user", "id": "u", "name": "Ann Lee"}, {"id": "v"}]},
        "Price": {"type": "number", "number": 0},
        "Term": {"type": "date", "date": date},
        "Signed": {"type": "checkbox", "checkbox": True},
        "Policy": {
            "type": "relation",
            "relation": [{"id": id_of("Sick leave")}, {"id": id_of("?")}],
            "has_more": False,
        },
        "Total": {"type": "formula", "formula": {"type": "number", "number": 12.5}},
        "All": {"type": "rollup", "rollup": {"type": "array", "array": [{"type": "email", "email": "a@x.example"}]}},
        "Number": {"type": "unique_id", "unique_id": {"prefix": "V", "number": 7}},
        "Empty": {"type": "rich_text", "rich_text": []},
        "None": {"type": "select", "select": None},
        "Odd": {"type": "button", "button": {}},
    }
    row = read(serve, block("paragraph", "Anvils."), parent=("data_source_id", "Vendors"), properties=properties)
    assert row.splitlines() == [
        "| Property | Value |",
        "| --- | --- |",
        "| Status | In use |",
        "| Tags | tools, a\\|b |",
        "| Owner | Ann Lee |",
        "| Price | 0 |",
        "| Term | 2026-02-01 to 2026-03-01 |",
        "| Signed | yes |",
        "| Policy | Sick leave |",
        "| Total | 12.5 |",
        "| All | a@x.example |",
        "| Number | V-7 |",
        "",
        "Anvils.",
    ]


def test_a_title_is_kept_whatever_is_in_it(serve: Serve) -> None:
    assert read(serve, block("heading_1", "Rules"), title='Cars 🚗: "the" {#1} rules') == "# Rules"


def test_an_empty_page_can_be_found_by_its_title(serve: Serve) -> None:
    assert read(serve, title="Parental leave") == "Parental leave"
