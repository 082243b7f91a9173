"""`lore audience`: what the names in audiences mean, and how one is let mean another channel."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from bot.cli import app
from storage.audience_pins import AudiencePins
from storage.database import Database


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audience", *arguments])


def test_names_are_listed_with_what_they_mean_until_they_are_forgotten(home: Path) -> None:
    database = Database.open(f"sqlite:///{home / 'lore.db'}")
    assert "No name was looked for" in run().output
    pins = AudiencePins(database, "T0PLAYGRND")
    assert pins.holds("#people", "C0PEOPLE01")
    assert not pins.holds("#people", "C0TAKEN001")
    assert "C0PEOPLE01" in run().stdout
    [listed] = [json.loads(line) for line in run("--json").stdout.splitlines()]
    assert (listed["name"], listed["id"]) == ("#people", "C0PEOPLE01")

    assert run("forget", "#people").exit_code == 0
    assert pins.holds("#people", "C0TAKEN001")
    refused = run("forget", "#nobody")
    assert refused.exit_code == 1
    assert "#nobody was found to mean nothing yet" in refused.output
    database.close()
