"""Takes the README's pictures of the page anew: `make screenshots`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.page.lore_demo import lore_demo

HERE = Path(__file__).parent
MOST_BYTES = 200_000
SIZE = {"width": 1280, "height": 800}
TIMEOUT = 60_000
TEXT = (
    "# Office dog\n\nBrunhilde, the office dog, is in on Tuesdays and Thursdays. She sleeps under the desk of Erika.\n"
)
DRAG = """([kind, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "office-dog.md", { type: "text/markdown" }));
    document.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def main() -> int:
    """Takes each picture in turn. Returns 1 where one is larger than it may be."""
    browser_path = shutil.which("chromium")
    if browser_path is None:
        print("The pictures need the browser Chromium: `make chromium` installs it.", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        lore_demo(Path(folder) / "home") as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=browser_path, headless=True, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        page.set_default_timeout(TIMEOUT)
        page.goto(demo.url)
        _ask(page)
        _shoot(page, "light")
        page.emulate_media(color_scheme="dark")
        _shoot(page, "dark")
        page.emulate_media(color_scheme="light")
        _explain(page)
        _shoot(page, "explained")
        _command(page)
        _shoot(page, "private")
        page.evaluate(DRAG, ["dragenter", TEXT])
        page.wait_for_selector(".drop-here")
        _shoot(page, "dropping")
        _drop(page)
        _shoot(page, "dropped")
        browser.close()
    too_large = [path.name for path in HERE.glob("*.png") if path.stat().st_size > MOST_BYTES]
    if too_large:
        print(f"Larger than {MOST_BYTES} bytes: {', '.join(too_large)}.", file=sys.stderr)
    return 1 if too_large else 0


def _ask(page: Page) -> None:
    page.get_by_role("textbox", name="Message #general").fill("@lore how many days of leave do I get?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="1 reply").click()
    pane = page.get_by_role("complementary")
    pane.get_by_role("button", name="Give this answer a thumbs up").click()
    pane.get_by_role("button", name="Give this answer a thumbs up", pressed=True).wait_for()


def _explain(page: Page) -> None:
    page.get_by_role("complementary").get_by_role("button", name="How this answer came about").click()
    page.get_by_role("columnheader", name="fused").wait_for()


def _command(page: Page) -> None:
    page.get_by_role("button", name="Close").click()
    page.get_by_role("textbox", name="Message #general").fill("/lore who do I call when I lose my laptop?")
    page.keyboard.press("Enter")
    page.get_by_text("Only you can see this").wait_for()


def _drop(page: Page) -> None:
    page.evaluate(DRAG, ["drop", TEXT])
    page.get_by_text("ready: 1 passage").wait_for()
    page.get_by_role("textbox", name="Message #general").fill("@lore when is the office dog in?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="1 reply").nth(1).click()
    page.get_by_role("complementary").get_by_role("button", name="Give this answer a thumbs up").wait_for()


def _shoot(page: Page, name: str) -> None:
    page.mouse.move(640, 2)
    page.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
