"""Sources of thousands of documents: an unchanged one costs next to nothing, and memory does not grow with them."""

import json
import subprocess
import sys
import time
from pathlib import Path

from ingestion.connectors.files import FilesConnector
from ingestion.sync import Source
from storage.database import Database
from storage.document import PUBLIC
from storage.knowledge import WriteCounts
from tests.ingestion.conftest import home_in

ROOT = Path(__file__).parents[2]


def test_ten_thousand_unchanged_documents_are_synced_in_20_seconds_and_embed_nothing(
    sqlite_url: str, index_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "handbook"
    for number in range(10_000):
        page = folder / f"part{number // 500}" / f"page{number}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"# Page {number}\n\nAll about number {number}.\n")
    database = Database.open(sqlite_url)
    home = home_in(database, index_folder)
    source = Source("handbook", "files", FilesConnector(folder), PUBLIC)
    assert home.syncs.sync(source).added == 10_000
    home.embedder.taken()
    begun = time.monotonic()
    report = home.syncs.sync(source)
    assert time.monotonic() - begun < 20
    assert (report.listed, report.added, report.changed, report.failed, report.error) == (10_000, 0, 0, 0, None)
    assert (report.chunks, home.embedder.taken()) == (WriteCounts(), [])
    (folder / "part7").rename(folder / "moved")
    report = home.syncs.sync(source)
    assert (report.added, report.removed, report.chunks) == (500, 500, WriteCounts(0, 500, 500))
    home.index.close()
    database.close()


def test_the_peak_of_memory_does_not_grow_with_the_source() -> None:
    """Four times the documents may take 40 MB more, most of it the index's files, which are mapped into memory."""
    few, many = (peaks(files) for files in (200, 800))
    assert many["chunks"] == 4 * few["chunks"]
    assert many["peak_own_mb"] - few["peak_own_mb"] <= 15
    assert many["peak_mb"] - few["peak_mb"] <= 40


def peaks(files: int) -> dict[str, int]:
    """What docs/decisions/sync_memory.py measures with so many files."""
    command = [sys.executable, "docs/decisions/sync_memory.py", "--files", str(files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)})
    figures: dict[str, int] = json.loads(done.stdout)
    return figures
