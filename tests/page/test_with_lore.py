"""The page with the real Lore behind it, started as `make demo` starts it, from its own settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.page.lore_demo import ROOT, Demo, lore_demo
from tests.page.test_access import serious
from tests.page.test_files import DROP

SECONDS = 60_000
OFFICE_DOG = "# The office dog\n\nBrunhilde, the office dog, is in on Tuesdays only.\n"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("lore")
    documents = folder / "documents" / "people"
    documents.mkdir(parents=True)
    for name in ("leave.md", "travel.md", "sick-leave.md"):
        (documents / name).write_bytes((ROOT / "samples" / "people" / name).read_bytes())
    with lore_demo(folder / "home", documents.parent) as demo:
        yield demo


def test_ask_watch_open_a_source_vote_explain_and_drop(demo: Demo, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1_200, "height": 800})
    page.set_default_timeout(SECONDS)
    expect.set_options(timeout=SECONDS)
    try:
        page.goto(demo.url)
        box = page.get_by_role("textbox", name="Message #general")
        box.fill("@lore how many days of leave do I get?")
        box.press("Enter")
        page.get_by_role("button", name="1 reply").click()
        pane = page.get_by_role("complementary")
        expect(pane).to_contain_text("27 days")
        assert "appended" in [change["kind"] for change in demo.playground.client.changes()]  # it was streamed

        with page.context.expect_page() as opened:
            pane.get_by_role("link", name="Annual leave").first.click()
        source = opened.value
        expect(source.get_by_role("heading", name="Annual leave")).to_be_visible()
        assert "/folders/handbook/people/leave.md" in source.url
        source.close()

        good = pane.get_by_role("button", name="Give this answer a thumbs up")
        good.click()
        expect(good).to_have_attribute("aria-pressed", "true")
        pane.locator(".message").last.hover()
        pane.get_by_role("button", name="How this answer came about").click()
        details = page.get_by_role("region", name="Details")
        expect(details.get_by_role("link", name="Annual leave").first).to_be_visible()
        expect(details).to_contain_text("👍")
        expect(details).to_contain_text("What the votes teach")
        expect(details.get_by_role("columnheader", name="nearer")).to_be_visible()
        expect(details).to_contain_text("how many days of leave")
        assert serious(page) == []

        page.evaluate(DROP, ["office-dog.md", OFFICE_DOG])
        expect(page.get_by_role("region", name="Your documents")).to_contain_text("ready: 1 passage")
        box.fill("@lore on which day is the office dog in?")
        box.press("Enter")
        page.get_by_role("button", name="1 reply").nth(1).click()
        expect(pane).to_contain_text("Tuesdays only")
        page.reload()
        expect(pane).to_contain_text("Tuesdays only")
        expect(page.get_by_role("region", name="Your documents")).to_contain_text("ready: 1 passage")
    finally:
        expect.set_options(timeout=5_000)
        page.close()


def test_lore_tells_of_its_answers_to_this_machine_alone(demo: Demo) -> None:
    toml = (demo.dropped.parent / "lore.toml").read_text()
    found = re.search(r"details_port = (\d+)", toml)
    assert found
    url = f"http://127.0.0.1:{found[1]}"
    with httpx.Client(trust_env=False) as web:
        assert web.get(f"{url}/messages/C0GENERAL1/1.000001").status_code == 404
        assert web.get(f"{url}/files/none.md").json()["state"] == "unknown"
        assert web.get(f"{url}/files/none.md", headers={"Host": "evil.example"}).status_code == 400
        assert web.get(f"{url}/files/none.md", headers={"Origin": "http://evil.example"}).status_code == 403


def test_only_the_demo_switches_the_details_on() -> None:
    from bot.settings import Settings

    assert Settings.model_fields["details_port"].default is None
    assert "details_port" not in (ROOT / "compose.toml").read_text()
    assert "details_port" in (ROOT / "demo.toml").read_text()


def test_a_document_of_an_unread_kind_is_said_to_be_one(demo: Demo, browser: Browser) -> None:
    page = browser.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(demo.url)
    page.get_by_role("button", name="Add files").wait_for()
    page.evaluate(DROP, ["tune.xyz", "la la la"])
    files = page.get_by_role("region", name="Your documents")
    expect(files).to_contain_text("this kind of file is not read", timeout=SECONDS)
    page.close()
    Path(demo.dropped / "tune.xyz").unlink()
