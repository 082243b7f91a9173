"""The README and the docs name only what there is."""

import re
from pathlib import Path

import pytest
import typer

from bot.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def commands() -> set[str]:
    group = typer.main.get_command(app)
    names = set(group.commands)  # type: ignore[attr-defined]
    return names | {f"eval {name}" for name in group.commands["eval"].commands}  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_lore_command_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`(?:\.venv/bin/)?lore ((?:eval )?[a-z]+)", page.read_text(encoding="utf-8"))
    assert set(named) <= commands()


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(commands() - {"eval"}) if f"`lore {name}" not in readme] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_has_a_gap_left_to_fill(page: Path) -> None:
    assert "@@" not in page.read_text(encoding="utf-8")


def test_the_json_page_describes_every_key_that_ask_prints() -> None:
    described = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    contract = (ROOT / "bot" / "contract.py").read_text(encoding="utf-8")
    keys = set(re.findall(r'^\s+"([a-z_]+)":', contract, flags=re.MULTILINE))
    assert [key for key in sorted(keys) if f'"{key}"' not in described and f"`{key}`" not in described] == []
