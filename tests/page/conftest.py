"""The page in a real browser, and behind it a real Bolt app over the real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from playground.page_options import PageOptions
from playground.server import Running, running
from tests.learning.browser import chromium
from tests.page.showcase import Showcase
from tests.playground.connections import leave

MANIFEST = Path(__file__).with_name("showcase.yaml")


@dataclass
class Scene:
    """The page of one person, the app behind it, and what went wrong in the browser."""

    page: Page
    playground: Running
    app: Showcase
    dropped: Path
    errors: list[str] = field(default_factory=list)

    def say(self, text: str, box: str = "Message #general") -> None:
        """Writes into a message box and sends it, by the keyboard."""
        self.page.get_by_role("textbox", name=box).fill(text)
        self.page.keyboard.press("Enter")

    def open_thread(self, number: int = 1) -> None:
        """Opens the `number`-th thread of the channel, once it has a reply."""
        self.page.get_by_role("main").get_by_role("button", name="1 reply").nth(number - 1).click()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def options(tmp_path: Path) -> PageOptions:
    return PageOptions(drop_folder=tmp_path / "dropped", most_bytes=1_000)


@pytest.fixture
def playground(options: PageOptions) -> Iterator[Running]:
    with running(manifest=MANIFEST, page=options) as playground:
        yield playground


@pytest.fixture
def app(playground: Running) -> Iterator[Showcase]:
    app = Showcase(WebClient(token=playground.bot_token, base_url=playground.api_url))
    handler = SocketModeHandler(app.app, playground.app_token)
    handler.connect()
    playground.client.wait_until_connected()
    yield app
    app.go_on.set()
    leave(handler.client, playground)


@pytest.fixture
def visit(browser: Browser, playground: Running, app: Showcase, tmp_path: Path) -> Iterator[Callable[[str], Scene]]:
    """Opens the page at an address such as `#/bob`, in a browser window of its own; what goes wrong there fails."""
    scenes: list[Scene] = []

    def visited(place: str = "", **settings: str) -> Scene:
        context = browser.new_context(viewport={"width": 1_200, "height": 800}, **settings)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(20_000)
        scene = Scene(page, playground, app, tmp_path / "dropped")
        page.on("console", lambda said: scene.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: scene.errors.append(str(error)))
        page.on("dialog", lambda dialogue: (scene.errors.append(dialogue.message), dialogue.dismiss()))
        page.goto(f"{playground.url}/{place}")
        page.get_by_role("navigation").wait_for()
        scenes.append(scene)
        return scene

    yield visited
    for scene in scenes:
        scene.page.context.close()
    assert [error for scene in scenes for error in scene.errors if "400 (Bad Request)" not in error] == []


@pytest.fixture
def scene(visit: Callable[[str], Scene]) -> Scene:
    return visit("")
