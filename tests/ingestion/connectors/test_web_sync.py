"""A web site in the knowledge base: found by what its pages say, changed with them, and gone with them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from ingestion.connectors.web import WebConnector
from ingestion.sync import Source, SyncReport
from storage.document import PUBLIC
from storage.knowledge import WriteCounts
from tests.ingestion.conftest import Home
from tests.ingestion.connectors.web_site import Site
from tests.ingestion.sample_documents import pdf

Serve = Callable[[Starlette], str]


def test_a_site_is_synced_changes_and_shrinks(
    home: Home, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("httpx_retries.retry.time.sleep", lambda seconds: None)
    site = Site()
    at = serve(site.app)
    site.links("/", "/leave", "/travel", "/office", "/pension")
    site.page("/leave", "<h1>Leave</h1><p>Staff have 25 days of holiday.</p>")
    site.page("/travel", "<h1>Travel</h1><p>Trains are booked by everyone alone.</p>")
    site.page("/office", "<h1>Office</h1><p>The printer is upstairs.</p>")
    site.fails("/pension")

    def sync() -> SyncReport:
        connector = WebConnector(tmp_path / "state", urls=f"{at}/", allow_private=True, seconds_between_requests=0)
        return home.syncs.sync(Source("site", "web", connector, PUBLIC))

    first = sync()
    assert (first.listed, first.added, first.failed, first.error) == (5, 4, 1, None)
    assert home.found("holiday")[0] == f"{at}/leave"
    assert home.errors() == {f"{at}/pension": f"{at}/pension answered 503: the site has a problem, or is busy."}

    site.page("/pension", "<h1>Pension</h1><p>Seven per cent.</p>")
    assert (sync().changed, home.errors()) == (1, {})
    site.taken()
    unchanged = sync()
    assert (unchanged.changed, unchanged.chunks) == (0, WriteCounts())
    assert sorted(site.taken()) == ["/", "/leave", "/office", "/pension", "/travel"], "each is asked for once"

    site.page("/leave", "<h1>Leave</h1><p>Staff have 30 days of holiday.</p>")
    site.fails("/travel", 404)
    site.fails("/office")
    third = sync()
    assert (third.listed, third.changed, third.removed, third.failed, third.error) == (4, 1, 1, 0, None)
    (best, *_) = home.knowledge.search("holiday", PUBLIC).passages
    assert "30 days" in best.text
    assert f"{at}/office" in home.found("printer")
    assert f"{at}/travel" not in home.found("trains")

    site.fails("/")
    stopped = sync()
    assert stopped.error is not None
    assert "answered 503" in stopped.error
    assert (stopped.removed, len(home.found("office leave pension"))) == (0, 4)


def test_a_sync_that_was_killed_before_it_fetched_asks_for_the_contents_again(
    home: Home, serve: Serve, tmp_path: Path
) -> None:
    site = Site()
    at = serve(site.app)
    site.page("/", "<h1>Leave</h1><p>Staff have 25 days of holiday.</p>")
    connectors = [
        WebConnector(tmp_path / "state", urls=f"{at}/", allow_private=True, seconds_between_requests=0)
        for _ in range(2)
    ]
    list(connectors[0].list())
    report = home.syncs.sync(Source("site", "web", connectors[1], PUBLIC))
    assert (report.added, report.error) == (1, None)
    assert home.found("holiday") == [f"{at}/"]


def test_a_manual_in_pdf_is_read(home: Home, serve: Serve, tmp_path: Path) -> None:
    site = Site()
    at = serve(site.app)
    site.pages["/manual"] = Response(pdf(["The red lever opens the valve."]), media_type="application/pdf")
    connector = WebConnector(tmp_path / "state", urls=f"{at}/manual", allow_private=True, seconds_between_requests=0)
    assert home.syncs.sync(Source("site", "web", connector, PUBLIC)).failed == 0
    assert home.found("lever") == [f"{at}/manual"]
