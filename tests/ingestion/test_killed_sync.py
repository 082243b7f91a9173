"""A sync that is killed, wherever it is, is made up for by the next: nothing is lost, doubled or left behind."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from storage.database import Database
from tests.ingestion.killed_sync import KINDS

ROOT = Path(__file__).parents[2]
POINTS = 108
POINTS_ON_POSTGRESQL = 9


def killed(url: str, home: Path, points: int) -> list[dict[str, Any]]:
    """What became of each of so many kills."""
    home.mkdir(exist_ok=True)
    Database.open(url).close()
    command = [sys.executable, "-m", "tests.ingestion.killed_sync", url, str(home), str(points)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_a_sync_that_is_killed_at_any_point_is_made_up_for_by_the_next(index_folder: Path) -> None:
    kills = killed(f"sqlite:///{index_folder}/lore.db", index_folder, POINTS)
    assert [kill for kill in kills if not kill["is_equal"]] == []
    assert len({kill["step"] for kill in kills if kill["deaths"]}) >= 100
    assert sum(kill["deaths"] == 2 for kill in kills) >= 30
    assert all(count >= 5 for count in Counter(kill["kind"] for kill in kills).values())
    assert {kill["kind"] for kill in kills} == set(KINDS)


def test_so_it_is_on_postgresql(postgres_url: str, index_folder: Path) -> None:
    kills = killed(postgres_url, index_folder, POINTS_ON_POSTGRESQL)
    assert [kill for kill in kills if not kill["is_equal"]] == []
    assert sum(kill["deaths"] > 0 for kill in kills) >= POINTS_ON_POSTGRESQL - 1
