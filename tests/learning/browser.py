"""Pages opened in a real browser, which keeps what went wrong there and what the page asked of the network."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-background-networking"]


@dataclass
class Opened:
    """A page, with the console's errors, the dialogues it opened, and the addresses it asked for but its own."""

    page: Page
    errors: list[str] = field(default_factory=list)
    dialogues: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; a test without one fails."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("These tests need the browser Chromium: `make test` installs it, or install Debian's chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser, path: Path, width: int = 1_200, scheme: Literal["light", "dark"] = "light"
) -> Iterator[Opened]:
    """The file, drawn."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.set_default_timeout(60_000)
    seen = Opened(page)
    page.on("console", lambda said: seen.errors.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("dialog", lambda dialogue: (seen.dialogues.append(dialogue.message), dialogue.dismiss()))
    own = path.resolve().as_uri()
    page.on("request", lambda request: seen.requests.append(request.url) if request.url != own else None)
    page.goto(own)
    page.wait_for_selector("html.drawn", state="attached")
    yield seen
    page.close()
