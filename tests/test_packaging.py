"""The files around the code agree with it and with each other."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from bot.settings import Settings
from storage.database import Database

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def variables(env_file: str) -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", env_file, re.MULTILINE))


@pytest.fixture
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(read("docker-compose.yml"))
    return parsed


@pytest.fixture
def settings() -> set[str]:
    return {name.upper() for name in Settings.model_fields} - {"HOME"} | {"LORE_HOME"}


def test_each_variable_of_the_example_is_a_setting_or_composes(compose: dict[str, Any], settings: set[str]) -> None:
    composes = set(re.findall(r"\$\{([A-Z_]+)", read("docker-compose.yml")))
    assert variables(read(".env.example")) - settings == composes


def test_compose_sets_what_lore_reads_and_waits_for_its_servers(compose: dict[str, Any], settings: set[str]) -> None:
    services = compose["services"]
    assert set(services["lore"]["environment"]) <= settings
    assert set(services["lore"]["depends_on"]) == {"postgres", "qdrant"}
    assert all("healthcheck" in services[name] for name in ("postgres", "qdrant"))


def test_compose_opens_no_port_to_the_network_and_keeps_its_data(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", [])), name
        named = [volume.partition(":")[0] for volume in service["volumes"] if isinstance(volume, str)]
        assert named, name
        assert set(named) <= set(compose["volumes"]), name


def test_the_image_holds_every_package_and_runs_without_root() -> None:
    dockerfile = read("Dockerfile")
    copied = set(re.findall(r"^COPY (\w+) \1$", dockerfile, re.MULTILINE))
    packages = tomllib.loads(read("pyproject.toml"))["tool"]["setuptools"]["packages"]
    assert copied == {package.partition(".")[0] for package in packages} | {"alembic"}
    assert copied <= set(re.findall(r"^!(\S+)$", read(".dockerignore"), re.MULTILINE))
    assert re.findall(r"^USER (.*)$", dockerfile, re.MULTILINE)[-1] == "lore"


def test_every_dependency_is_pinned_to_a_release_that_it_allows() -> None:
    pins = {
        pin.name.lower().replace("_", "-"): str(pin.specifier).removeprefix("==")
        for pin in map(Requirement, re.findall(r"^[^#\s].*$", read("constraints.txt"), re.MULTILINE))
    }
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = [Requirement(line) for line in project["dependencies"] + project["optional-dependencies"]["test"]]
    assert [
        str(need) for need in wanted if pins.get(need.name.lower().replace("_", "-"), "") not in need.specifier
    ] == []


def test_the_readme_names_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)(?=`|$)", read("README.md"), re.MULTILINE))
    assert named
    assert named <= targets


def test_help_lists_the_targets() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in said.splitlines()} >= {"setup", "test", "demo", "serve", "lint", "format"}


def test_an_older_python_is_named_with_what_to_do(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    python.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run(
        ["make", "setup", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Lore needs Python 3.11 or newer" in done.stderr
    assert "is Python 3.9.2" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_manifest_asks_for_the_scopes_of_its_events() -> None:
    manifest = yaml.safe_load(read("manifest.yaml"))
    needs = {
        "app_mention": "app_mentions:read",
        "assistant_thread_context_changed": "assistant:write",
        "assistant_thread_started": "assistant:write",
        "member_joined_channel": "channels:read",
        "member_left_channel": "channels:read",
        "message.channels": "channels:history",
        "message.groups": "groups:history",
        "message.im": "im:history",
        "reaction_added": "reactions:read",
        "reaction_removed": "reactions:read",
    }
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    assert len(scopes) == len(set(scopes))
    events = set(manifest["settings"]["event_subscriptions"]["bot_events"]) - {"app_home_opened"}  # which needs none
    assert {needs[name] for name in events} <= set(scopes)
    assert manifest["settings"]["socket_mode_enabled"]


def test_an_installed_lore_brings_its_migrations_the_general_set_and_the_parts_of_its_pages(tmp_path: Path) -> None:
    """As the image has it: a copy in site-packages, not the checkout."""
    sources = tmp_path / "sources"
    for name in ("alembic", "bot", "ingestion", "learning", "playground", "storage"):
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    installed = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", installed, sources], check=True, capture_output=True)
    url = f"sqlite:///{tmp_path / 'lore.db'}"
    subprocess.run(
        [sys.executable, "-c", "import sys; from storage.database import Database; Database.open(sys.argv[1])", url],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed)},
        check=True,
    )
    Database.open(url).close()
    general = Path("learning", "general")
    assert sorted(file.name for file in (installed / general).iterdir()) == ["passages.jsonl", "questions.jsonl"]
    parts = {part.name for part in (ROOT / "learning" / "report" / "parts").iterdir()}
    assert parts == {part.name for part in (installed / "learning" / "report" / "parts").iterdir()}
    page = Path("playground", "page")
    assert {file.name for file in (ROOT / page).rglob("*")} == {file.name for file in (installed / page).rglob("*")}
