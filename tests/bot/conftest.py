import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

PAGES = {
    "people/leave.md": """---
title: Annual leave
---
# Annual leave

Everyone gets 27 days of annual leave a year, plus public holidays. Part-time staff get a share in proportion to
their hours.

## Carrying leave over

You may carry up to five days over into the next year. Ask your manager before 15 December.
""",
    "office/wifi.md": """# Wi-Fi in the office

Guests use the network "Guest". Reception prints a code that is valid for one day.
""",
    "security/lost-laptop.md": """# A lost or stolen laptop

Call the security line on extension 4400 at once, at any hour. Do not wait until the next morning.
""",
}


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Commands set logging up for their process, which here is everybody's."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A LORE_HOME with one source of three pages, and an environment without anybody else's settings."""
    for name in (
        "DATABASE_URL",
        "QDRANT_URL",
        "LLM_BASE_URL",
        "LLM_MODEL",
        "LLM_API_KEY",
        "LLM_DEVICE",
        "EMBEDDING_MODEL",
    ):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    for name, text in PAGES.items():
        page = tmp_path / "pages" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    (home / "lore.toml").write_text('[[sources]]\nname = "handbook"\nconnector = "files"\npath = "../pages"\n')
    monkeypatch.setenv("LORE_HOME", str(home))
    return home
