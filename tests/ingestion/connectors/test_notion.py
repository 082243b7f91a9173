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
from ingestion.sync import Source
from storage.document import PUBLIC
from tests.ingestion.conftest import Home
from tests.ingestion.connectors.notion_workspace import TOKEN, Page, Workspace, ago, block, error, id_of

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
