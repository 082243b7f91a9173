"""`lore sources`: what a person sees of the sources, and what they can do to one."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from bot.cli import app


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, input=answer)


def listed() -> list[dict[str, Any]]:
    result = run("sources", "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_sources_say_what_they_hold_and_how_fresh_it_is(home: Path) -> None:
    [before] = listed()
    assert (before["documents"], before["last_good_sync"], before["age_seconds"]) == (0, None, None)
    (home.parent / "pages" / "broken.pdf").write_bytes(b"%PDF-1.7 this is no PDF")
    run("sync")
    [after] = listed()
    assert (after["name"], after["connector"], after["audience"]) == ("handbook", "files", ["everyone"])
    assert (after["documents"], after["failed_documents"], after["configured"]) == (4, 1, True)
    assert after["chunks"] >= 3
    assert 0 <= after["age_seconds"] < 120
    assert (after["schedule"], after["next_run"], after["running"], after["last_error"]) == (None,) * 4
    shown = run("sources").stdout
    assert "handbook" in shown
    assert "by hand" in shown


def test_a_source_is_paused_and_resumed_by_name(home: Path) -> None:
    with (home / "lore.toml").open("a") as toml:
        toml.write('every = "1h"\n')
    assert run("sources", "pause", "handbook").exit_code == 0
    assert listed()[0]["paused"]
    assert "paused" in run("sources").stdout
    assert run("sources", "resume", "handbook").exit_code == 0
    assert (listed()[0]["paused"], listed()[0]["schedule"]) == (False, "every 1h")
    refused = run("sources", "pause", "wiki")
    assert refused.exit_code == 1
    assert "no source named wiki; there is: handbook" in refused.stderr


def test_a_source_that_left_lore_toml_answers_until_it_is_removed(home: Path) -> None:
    run("sync")
    refused = run("sources", "remove", "handbook", "--yes")
    assert refused.exit_code == 1
    assert "handbook is in lore.toml" in refused.stderr
    (home / "lore.toml").write_text("")
    assert [(one["name"], one["configured"]) for one in listed()] == [("handbook", False)]
    assert "not in lore.toml" in run("sources").stdout
    assert json.loads(run("ask", "how many days of leave do I get?", "--json").stdout)["kind"] == "answered"
    assert run("sources", "remove", "handbook", answer="n\n").exit_code == 1
    assert len(listed()) == 1
    removed = run("sources", "remove", "handbook", answer="y\n")
    assert removed.exit_code == 0, removed.output
    assert "handbook is removed: 3 documents" in removed.stderr
    assert listed() == []
    assert json.loads(run("ask", "how many days of leave do I get?", "--json").stdout)["kind"] == "abstained"
    unknown = run("sources", "remove", "handbook", "--yes")
    assert unknown.exit_code == 1
    assert "no source named handbook" in unknown.stderr
