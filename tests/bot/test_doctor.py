"""`lore doctor`: what is right is said to be, and what is wrong is named with what to do."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from bot.cli import app
from playground.server import Running, running
from storage.database import Database

MANIFEST = Path(__file__).parents[2] / "manifest.yaml"


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running(manifest=MANIFEST) as playground:
        for name, value in playground.environment().items():
            monkeypatch.setenv(name, value)
        yield playground


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def checks(status: int) -> dict[str, Any]:
    result = run("doctor", "--json")
    assert result.exit_code == status, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    return {check["check"]: (check["state"], check["said"]) for check in found}


def test_all_is_well_where_it_is(home: Path, slack: Running) -> None:
    run("sync")
    found = checks(0)
    assert {name: state for name, (state, _) in found.items()} == {
        "settings": "ok",
        "disk": "ok",
        "database": "ok",
        "embedding model": "ok",
        "index": "ok",
        "Slack": "ok",
        "Socket Mode": "ok",
        "language model": "skipped",
        "source handbook": "ok",
        "syncs of handbook": "ok",
    }
    shown = run("doctor")
    assert shown.exit_code == 0
    assert "its weights are the published ones" in shown.stdout


def test_a_fresh_home_is_not_ill(home: Path) -> None:
    found = checks(0)
    assert found["database"] == ("skipped", "it is not there yet; the first command makes it")
    assert found["Slack"][0] == "skipped"
    assert not (home / "lore.db").exists()


def test_wrong_settings_are_all_that_is_said(home: Path) -> None:
    (home / "lore.toml").write_text('learn_at = "at night"')
    found = checks(1)
    assert list(found) == ["settings"]
    assert "learn_at" in found["settings"][1]


def test_each_thing_that_is_wrong_is_named_and_the_others_are_looked_at(
    home: Path, slack: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("sync")
    database = Database.open(f"sqlite:///{home / 'lore.db'}")
    with database.session() as session:
        session.execute(text("DELETE FROM chunks WHERE id IN (SELECT id FROM chunks LIMIT 1)"))
    database.close()
    slack.client.set_scopes(["app_mentions:read", "chat:write"])
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-wrong")
    monkeypatch.setenv("LLM_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("LLM_MODEL", "nobody")
    monkeypatch.setenv("EMBEDDING_MODEL", str(home / "no-model"))
    (home / "lore.toml").write_text(
        '[[sources]]\nname = "wiki"\npath = "nowhere"\n[[sources]]\nname = "pages"\npath = "../pages"\nnumber = 3\n'
    )
    found = checks(1)
    wrong = {name for name, (state, _) in found.items() if state == "wrong"}
    assert wrong >= {
        *("embedding model", "Slack", "Socket Mode", "language model", "source wiki", "source pages"),
        *("syncs of wiki", "syncs of handbook"),
    }
    assert "EMBEDDING_MODEL" in found["embedding model"][1]
    assert "im:history" in found["Slack"][1]
    assert "SLACK_APP_TOKEN" in found["Socket Mode"][1]
    assert "nowhere" in found["source wiki"][1]
    assert "a key number that the connector files does not know" in found["source pages"][1]
    assert "`lore sync wiki`" in found["syncs of wiki"][1]
    assert "`lore sources remove handbook`" in found["syncs of handbook"][1]


def test_an_index_that_lacks_what_the_tables_have_is_named(home: Path) -> None:
    run("sync")
    database = Database.open(f"sqlite:///{home / 'lore.db'}")
    with database.session() as session:
        session.execute(text("DELETE FROM chunks WHERE id IN (SELECT id FROM chunks LIMIT 1)"))
    database.close()
    state, said = checks(1)["index"]
    assert state == "wrong"
    assert "`lore reindex`" in said


def test_an_older_database_is_named(home: Path) -> None:
    run("sync")
    database = Database.open(f"sqlite:///{home / 'lore.db'}")
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    database.close()
    found = checks(1)
    assert found["database"][0] == "wrong"
    assert "run `lore migrate`" in found["database"][1]
    assert found["index"][0] == "skipped"
