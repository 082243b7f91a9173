"""`lore sources`: what a person sees of the sources, and what they can do to one."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from bot.cli import app
from ingestion.holder import Holder
from ingestion.lease import Leases
from ingestion.run_record import RunRecord
from ingestion.source_rows import ensure_source
from storage.database import Database
from storage.document import PUBLIC


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


def test_a_source_that_another_process_syncs_is_left_to_it_and_the_others_are_synced(home: Path) -> None:
    with (home / "lore.toml").open("a") as toml:
        toml.write('[[sources]]\nname = "copy"\npath = "../pages"\n')
    database = Database.open(f"sqlite:///{home / 'lore.db'}")
    source_id = ensure_source(database, "handbook", "files", PUBLIC)
    worker = Holder("lore worker", process=7, host="machine-2", machine="machine-2")
    with Leases(database, worker).hold(source_id):
        RunRecord(database, source_id)
        done = run("sync", "--json")
        assert done.exit_code == 1
        [busy, synced] = [json.loads(line) for line in done.stdout.splitlines()]
        who = "lore worker (process 7 on machine-2)"
        assert f"'handbook' is being synced right now by {who}" in busy["error"]
        assert (synced["source"], synced["documents"]["added"], synced["error"]) == ("copy", 3, None)
        assert listed()[0]["running"]["holder"] == who
        assert f"handbook: syncing, listing; by {who}" in " ".join(run("sources").stdout.split())
    assert listed()[0]["running"] is None
    database.close()


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
