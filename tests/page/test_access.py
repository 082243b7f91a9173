"""The page by the keyboard alone, and for who hears it: axe finds nothing serious, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.page.conftest import Scene
from tests.slack.stage import eventually

Visit = Callable[..., Scene]


def serious(page: Page) -> list[str]:
    """What axe finds of serious or critical impact, with where."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['help']} {[node['html'][:120] for node in each['nodes']]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(visit: Visit, scheme: Literal["light", "dark"]) -> None:
    scene = visit(color_scheme=scheme, reduced_motion="reduce")
    page = scene.page
    assert serious(page) == []
    scene.app.go_on.set()
    scene.say("@lore gallery")
    scene.say("/lore privately")
    expect(page.get_by_role("main")).to_contain_text("Only you can see this")
    scene.say("@lore how much leave?")
    scene.open_thread(2)
    pane = page.get_by_role("complementary")
    pane.get_by_role("button", name="Thumbs up", exact=True).click()
    expect(pane.get_by_role("button", name="Thumbs up", exact=True, pressed=True)).to_be_visible()
    pane.locator(".message").last.hover()
    assert serious(page) == []
    page.get_by_role("main").get_by_role("button", name="1 reply").first.click()
    expect(pane).to_contain_text("What there is")
    pane.get_by_role("button", name="Pick a source").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    pane.get_by_role("button", name="Open form").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="lore: Assistant").click()
    expect(page.get_by_role("button", name="How much leave?")).to_be_visible()
    page.get_by_role("button", name="lore: Home").click()
    expect(page.get_by_role("heading", name="What I know")).to_be_visible()
    assert serious(page) == []


def test_one_asks_and_votes_by_the_keyboard_alone(scene: Scene) -> None:
    scene.app.go_on.set()
    page, keys = scene.page, scene.page.keyboard
    expect(page.get_by_role("textbox", name="Message #general")).to_be_focused()
    keys.type("@lo")
    expect(page.get_by_role("option", name="@lore")).to_be_visible()
    keys.press("Tab")
    keys.type("how much leave?")
    keys.press("Enter")
    replies = page.get_by_role("button", name="1 reply")
    replies.wait_for()
    _tab_to(scene, "1 reply", back=True)
    keys.press("Enter")
    expect(page.get_by_role("textbox", name="Reply in the thread")).to_be_focused()
    expect(page.get_by_role("complementary").get_by_role("button", name="Thumbs up", exact=True)).to_be_visible()
    _tab_to(scene, "Thumbs up", back=True)
    keys.press("Space")
    expect(page.get_by_role("button", name="Thumbs up", exact=True, pressed=True)).to_be_visible()
    eventually(lambda: len(scene.app.of("vote")) == 1)
    keys.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)


def test_a_command_is_found_chosen_and_run_by_the_keyboard(scene: Scene) -> None:
    page, keys = scene.page, scene.page.keyboard
    keys.type("/")
    option = page.get_by_role("option", name="/lore how much leave?")
    expect(option).to_contain_text("Ask privately")
    keys.press("Enter")
    keys.type("who do I call?")
    keys.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Only for you: who do I call?")


def test_a_menu_is_walked_with_the_arrows_and_gives_the_focus_back(scene: Scene) -> None:
    page, keys = scene.page, scene.page.keyboard
    _tab_to(scene, "Shortcuts and commands")
    keys.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    keys.press("ArrowDown")
    expect(page.get_by_role("menuitem").last).to_be_focused()
    keys.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(page.get_by_role("button", name="Shortcuts and commands")).to_be_focused()


def test_appearance_is_chosen_and_kept(scene: Scene) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    scene.page.get_by_label("Appearance").select_option("dark")
    dark = scene.page.evaluate(ground)
    scene.page.get_by_label("Appearance").select_option("light")
    assert scene.page.evaluate(ground) != dark
    scene.page.get_by_label("Appearance").select_option("dark")
    scene.page.reload()
    expect(scene.page.get_by_label("Appearance")).to_have_value("dark")
    assert scene.page.evaluate(ground) == dark


def _tab_to(scene: Scene, name: str, *, back: bool = False) -> None:
    """Presses Tab (or Shift+Tab) until what has the focus is called `name`."""
    called = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
    for _ in range(40):
        if scene.page.evaluate(called) == name:
            return
        scene.page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{name} cannot be reached by Tab.")
