"""A Notion workspace as a source: what is listed, what an edit within a minute does, and what is fetched."""

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from ingestion.connectors import ConnectorError, DocumentRef
from ingestion.connectors.notion import NotionConnector
from ingestion.parse import parse
from ingestion.sync import Source
from storage.document import PUBLIC
from tests.ingestion.conftest import Home
from tests.ingestion.connectors.notion_workspace import TOKEN, Page, Workspace, ago, block, error, id_of, text

Serve = Callable[[Starlette], str]


def handbook() -> Workspace:
    pages = {
        "Home": Page([block("paragraph", "Welcome.")]),
        "Leave": Page([block("paragraph", "25 days of leave.")], parent=("page_id", "Home")),
        "Cars": Page([block("paragraph", "Ask Bo for the keys.")]),
        "Thrown away": Page(in_trash=True),
        "Acme": Page([block("paragraph", "Makes anvils.")], parent=("data_source_id", "Vendors"), searchable=False),
    }
    return Workspace(pages, {"Vendors": "Home"})


def connected(serve: Serve, workspace: Workspace, **keys: Any) -> NotionConnector:
    return NotionConnector(**{"token": TOKEN, "url": serve(workspace.app()), "requests_per_second": 1000, **keys})


def listed(connector: NotionConnector) -> dict[str, DocumentRef]:
    refs = list(connector.list())
    assert len({ref.id for ref in refs}) == len(refs)
    return {ref.title: ref for ref in refs}


def read(serve: Serve, *blocks: dict[str, Any], title: str = "Page", **page: Any) -> str:
    """The Markdown of a document of these blocks."""
    workspace = Workspace({title: Page(blocks, **page), "Sick leave": Page()}, {"Vendors": "Page"})
    connector = connected(serve, workspace)
    document = parse(connector.fetch(listed(connector)[title]))
    assert document.title == title
    return document.markdown


def test_pages_and_rows_are_listed_over_several_answers(serve: Serve) -> None:
    refs = listed(connected(serve, handbook()))
    assert sorted(refs) == ["Acme", "Cars", "Home", "Leave"]
    assert refs["Leave"].id == id_of("Leave")
    assert refs["Leave"].url == f"https://www.notion.so/Leave-{id_of('Leave').replace('-', '')}"
    assert refs["Leave"].revision == "2026-01-05T09:30:00.000Z"
    assert {ref.audience for ref in refs.values()} == {None}


def test_only_what_is_below_the_roots_is_listed(serve: Serve) -> None:
    workspace = handbook()
    workspace.pages["Inside"] = Page(parent=("block_id", "Leave"))
    home = f"https://www.notion.so/acme/Home-{id_of('Home').replace('-', '')}?pvs=4"
    assert sorted(listed(connected(serve, workspace, roots=home))) == ["Acme", "Home", "Inside", "Leave"]
    assert sorted(listed(connected(serve, workspace, roots=[id_of("Vendors"), id_of("Cars")]))) == ["Acme", "Cars"]


def test_a_root_that_is_not_shared_is_an_error_and_no_deletion(serve: Serve) -> None:
    with pytest.raises(ConnectorError, match=f"no page or database {id_of('Nowhere')}.*Nothing was deleted"):
        listed(connected(serve, handbook(), roots=id_of("Nowhere")))


def test_a_page_that_search_forgets_is_not_taken_for_gone(serve: Serve) -> None:
    workspace = handbook()
    connector = connected(serve, workspace)
    listed(connector)
    workspace.pages["Cars"].searchable = workspace.pages["Leave"].searchable = False
    workspace.pages["Leave"].in_trash = True
    assert sorted(listed(connector)) == ["Acme", "Cars", "Home"]
    del workspace.pages["Cars"]
    assert sorted(listed(connector)) == ["Acme", "Home"]


def test_an_edit_within_the_minute_of_a_sync_is_not_lost(
    serve: Serve, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = handbook()
    workspace.pages["Leave"].edited = ago(seconds=20)
    source = Source("notion", "notion", connected(serve, workspace), PUBLIC)
    home.syncs.sync(source)
    workspace.pages["Leave"].blocks = [block("paragraph", "30 days of leave.")]
    assert home.syncs.sync(source).changed == 1
    assert home.found("30 days of leave")[0] == id_of("Leave")
    monkeypatch.setattr("ingestion.connectors.notion.PROVISIONAL", timedelta(0))  # as if that time had passed
    workspace.pages["Leave"].blocks = [block("paragraph", "31 days of leave.")]
    assert home.syncs.sync(source).changed == 1
    workspace.requests.clear()
    assert home.syncs.sync(source).changed == 0
    assert not [request for request in workspace.requests if "blocks" in request]


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


def test_where_the_client_is_missing_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "notion_client", None)
    with pytest.raises(ValueError, match=r"pip install 'lore\[notion\]'"):
        NotionConnector(TOKEN)


def test_a_limit_and_a_stumble_are_waited_out(serve: Serve) -> None:
    workspace = handbook()
    limited = error(429, "rate_limited", "You have been rate limited.")
    limited.headers["Retry-After"] = "1"
    workspace.faults = [("/search", limited), ("/query", Response("<html>Bad gateway</html>", 502))]
    assert len(listed(connected(serve, workspace))) == 4


def test_requests_keep_to_the_rate(serve: Serve) -> None:
    workspace = handbook()
    begun = time.monotonic()
    listed(connected(serve, workspace, requests_per_second=20))
    assert time.monotonic() - begun >= (len(workspace.requests) - 1) / 20 > 0.1


@pytest.mark.parametrize("path", ["/search", "/query"])
def test_a_listing_that_fails_midway_raises(serve: Serve, path: str) -> None:
    workspace = handbook()
    connector = connected(serve, workspace)
    refs = connector.list()
    next(refs)
    workspace.faults = [(path, error(403, "restricted_resource", "Insufficient permissions."))]
    with pytest.raises(ConnectorError, match=r"forbids it \(403\).*Read content"):
        list(refs)


def test_a_wrong_token_is_said_and_not_shown(serve: Serve) -> None:
    with pytest.raises(ConnectorError, match="does not accept the token") as raised:
        listed(connected(serve, handbook(), token="ntn_wr0ng"))
    assert "wr0ng" not in str(raised.value)


def test_answers_in_another_form_are_an_error(serve: Serve) -> None:
    workspace = handbook()
    workspace.faults = [("/search", Response('{"object": "list", "results": [{"object": "page"}]}'))]
    with pytest.raises(ConnectorError, match="form that is not known"):
        listed(connected(serve, workspace))


def test_a_page_that_went_after_it_was_listed_is_said(serve: Serve) -> None:
    workspace = handbook()
    connector = connected(serve, workspace)
    refs = listed(connector)
    del workspace.pages["Cars"]
    workspace.pages["Leave"].in_trash = True
    with pytest.raises(ConnectorError, match="'Cars' was deleted, or is no longer shared"):
        connector.fetch(refs["Cars"])
    with pytest.raises(ConnectorError, match="'Leave' was put into the trash"):
        connector.fetch(refs["Leave"])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"token": ""}, "`token` is empty"),
        ({"token": "t", "roots": "Home"}, "neither the id nor the address"),
        ({"token": "t", "requests_per_second": 0}, "more than 0"),
    ],
)
def test_keys_that_cannot_work_are_refused(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        NotionConnector(**keys)


def test_a_workspace_is_synced_and_follows_changes(serve: Serve, home: Home) -> None:
    workspace = handbook()
    source = Source("notion", "notion", connected(serve, workspace), PUBLIC)
    report = home.syncs.sync(source)
    assert (report.error, report.added, report.failed) == (None, 4, 0)
    assert home.found("Makes anvils")[0] == id_of("Acme")
    workspace.pages["Acme"] = Page([block("paragraph", "Makes hammers.")], parent=("data_source_id", "Vendors"))
    workspace.pages["Acme"].edited = ago(hours=1)
    workspace.pages["Cars"].in_trash = True
    report = home.syncs.sync(source)
    assert (report.error, report.added, report.changed, report.removed) == (None, 0, 1, 1)
    assert home.found("Makes hammers")[0] == id_of("Acme")
    assert id_of("Cars") not in home.found("keys")
