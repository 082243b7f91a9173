"""Folders that are watched: what is told, when, how often, and what happens to a folder that goes and comes."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ingestion.watch
from ingestion.connectors.files import FilesConnector
from ingestion.schedule import Schedule
from ingestion.sync import Source
from ingestion.watch import Watches
from storage.database import Database
from storage.document import PUBLIC
from tests.ingestion.conftest import Home


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """One engine is enough here."""
    opened = Database.open(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion.watch, "REST_MILLISECONDS", 200)
    for wait in ("LOOK_SECONDS", "PAUSE_SECONDS", "FAILED_SECONDS", "AGAIN_SECONDS"):
        monkeypatch.setattr(ingestion.watch, wait, 0.2)


def folder_source(folder: Path, watch: bool = True) -> Source:
    return Source("pages", "files", FilesConnector(folder, watch=watch), PUBLIC)


class Told:
    """What was told, and how often."""

    def __init__(self, *answers: bool) -> None:
        self.count = 0
        self._answers = list(answers)
        self._news = threading.Condition()

    def __call__(self, source: Source) -> bool:
        assert source.name == "pages"
        with self._news:
            self.count += 1
            self._news.notify_all()
        return self._answers.pop(0) if self._answers else True

    def wait(self, count: int) -> None:
        with self._news:
            assert self._news.wait_for(lambda: self.count >= count, 10), f"told {self.count} times"


@contextmanager
def watching(source: Source, on_change: Callable[[Source], bool]) -> Iterator[Watches]:
    watches = Watches([source], on_change)
    watches.start()
    time.sleep(0.4)  # until the system watches
    try:
        yield watches
    finally:
        watches.stop()


def test_a_file_that_is_written_changed_or_removed_is_told(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    told = Told()
    with watching(folder_source(tmp_path), told):
        for count, change in enumerate(
            [
                lambda: (tmp_path / "sub" / "a.md").write_text("One."),
                lambda: (tmp_path / "sub" / "a.md").write_text("Two."),
                lambda: (tmp_path / "sub" / "a.md").unlink(),
            ],
            start=1,
        ):
            change()
            told.wait(count)
            time.sleep(0.5)
        assert told.count == 3


def test_many_files_at_once_are_one_change(tmp_path: Path) -> None:
    told = Told()
    with watching(folder_source(tmp_path), told):
        for number in range(300):
            (tmp_path / f"{number}.md").write_text("Text.")
        told.wait(1)
        time.sleep(0.6)
    assert told.count <= 2


def test_nothing_is_told_of_hidden_files_nor_of_a_source_that_is_not_watched(tmp_path: Path) -> None:
    told = Told()
    with watching(folder_source(tmp_path), told), watching(folder_source(tmp_path, watch=False), told):
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "index.md").write_text("Text.")
        (tmp_path / "~$letter.docx").write_text("Text.")
        time.sleep(0.8)
    assert told.count == 0


def test_a_change_is_told_again_until_it_is_acted_on(tmp_path: Path) -> None:
    told = Told(False, False)
    with watching(folder_source(tmp_path), told):
        (tmp_path / "a.md").write_text("Text.")
        told.wait(3)
        time.sleep(0.6)
    assert told.count == 3


def test_a_folder_that_goes_and_comes_back_is_watched_on(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    told = Told()
    with watching(folder_source(folder), told):
        shutil.rmtree(folder)
        time.sleep(0.8)
        before = told.count
        folder.mkdir()
        told.wait(before + 1)
        time.sleep(0.5)
        before = told.count
        (folder / "a.md").write_text("Text.")
        told.wait(before + 1)


def test_a_folder_that_cannot_be_watched_is_told_from_time_to_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*paths: str, **options: object) -> Iterator[set[object]]:
        raise OSError("OS file watch limit reached")

    real = ingestion.watch.watch
    monkeypatch.setattr(ingestion.watch, "watch", refused)
    told = Told()
    with watching(folder_source(tmp_path), told):
        assert told.count == 0
        monkeypatch.setattr(ingestion.watch, "watch", real)
        told.wait(1)


def test_watches_that_never_started_can_be_stopped(tmp_path: Path) -> None:
    Watches([folder_source(tmp_path)], Told()).stop()


def test_a_page_is_found_soon_after_it_is_written(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    source = folder_source(folder)
    schedule = Schedule(home.database, home.syncs, [source])
    schedule.start()
    with watching(source, schedule.sync_now):
        (folder / "leave.md").write_text("# Leave\n\nYou get 27 days.")
        deadline = time.monotonic() + 10
        while home.found("leave") != ["leave.md"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    schedule.stop()
