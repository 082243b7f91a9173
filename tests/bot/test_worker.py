"""`lore worker`: syncs on their schedules, in a process that does nothing else and ends in order."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import SettingsError, load_settings
from bot.worker import run_worker

LORE = [sys.executable, "-m", "bot.cli"]


def sources() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CliRunner().invoke(app, ["sources", "--json"]).stdout.splitlines()]


def test_a_worker_syncs_and_ends_at_sigterm(home: Path, tmp_path: Path) -> None:
    with (home / "lore.toml").open("a") as toml:
        toml.write('every = "1h"\n')
    log = tmp_path / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen([*LORE, "worker"], stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 60
        while not any(source["last_good_sync"] for source in sources()):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        [source] = sources()
        assert source["documents"] == 3
        assert source["next_run"] is not None
        refused = CliRunner().invoke(app, ["sync"])
        assert refused.exit_code == 1
        assert f"lore worker (process {process.pid})" in refused.stderr
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0, log.read_text()


def test_a_worker_without_a_schedule_to_keep_says_so(home: Path) -> None:
    with pytest.raises(SettingsError, match=r"No source in .*lore\.toml has a schedule"):
        run_worker(load_settings())
