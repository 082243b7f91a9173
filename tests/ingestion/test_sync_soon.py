"""A source that is synced as soon as it is told that it changed."""

import threading

import pytest

import ingestion.sync_soon
from ingestion.sync import Source
from ingestion.sync_soon import SyncSoon
from storage.document import PUBLIC
from tests.ingestion.scripted_source import ScriptedConnector

SECONDS = 10.0


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion.sync_soon, "AGAIN_SECONDS", 0.05)


class Syncing:
    """Syncs when it is let to; says first that the source is busy, as often as `busy`."""

    def __init__(self, busy: int = 0) -> None:
        self.calls = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.busy = busy

    def __call__(self, source: Source) -> bool:
        assert source.name == "answers"
        self.calls.release()
        if self.busy:
            self.busy -= 1
            return False
        assert self.go_on.acquire(timeout=SECONDS)
        return True


def soon(sync_now: Syncing) -> SyncSoon:
    return SyncSoon(Source("answers", "answers", ScriptedConnector(), PUBLIC), sync_now)


def test_a_change_during_a_sync_is_synced_after_it_and_several_at_once() -> None:
    syncing = Syncing()
    answers = soon(syncing)
    answers.start()
    answers.soon()
    assert syncing.calls.acquire(timeout=SECONDS)
    for _ in range(3):
        answers.soon()
    syncing.go_on.release()
    assert syncing.calls.acquire(timeout=SECONDS)
    syncing.go_on.release()
    answers.stop()
    assert not syncing.calls.acquire(blocking=False)


def test_a_source_that_is_busy_is_tried_again() -> None:
    syncing = Syncing(busy=2)
    answers = soon(syncing)
    answers.start()
    answers.soon()
    for _ in range(3):
        assert syncing.calls.acquire(timeout=SECONDS)
    syncing.go_on.release()
    answers.stop()


def test_it_can_be_stopped_before_anything_changed_and_before_it_was_started() -> None:
    answers = soon(Syncing())
    answers.start()
    answers.stop()
    soon(Syncing()).stop()
