"""Documents that cannot be read: how often they are tried, at what they are tried at once, and how they are listed."""

from datetime import timedelta

import pytest

from ingestion.failures import Failure, failures, try_again, wait_after
from tests.ingestion.conftest import Home
from tests.ingestion.scripted_source import Page


@pytest.fixture
def broken(home: Home) -> Home:
    """A home with one document that is read and one that was tried in vain."""
    home.connector.write("leave", "# Leave\n\nAll about leave.")
    home.connector.pages["salary"] = Page(b"", error="salary is locked: unlock it.", title="Salary")
    assert (home.sync().failed, home.connector.taken()) == (1, ["leave", "salary"])
    return home


def repair(home: Home) -> None:
    home.connector.pages["salary"] = Page(b"# Salary\n\nPaid monthly.")


def test_a_document_is_tried_again_after_15_minutes_then_30_then_60_and_once_a_day_in_the_end(broken: Home) -> None:
    for attempts, wait in enumerate([15, 30, 60, 120, 240, 480, 960, 1440, 1440], start=1):
        (failure,) = failures(broken.database)
        assert (failure.attempts, failure.next_try) == (attempts, broken.clock.now + timedelta(minutes=wait))
        broken.clock.pass_by(wait - 1)
        assert (broken.sync().failed, broken.connector.taken()) == (1, [])
        broken.clock.pass_by(1)
        assert (broken.sync().failed, broken.connector.taken()) == (1, ["salary"])


def test_one_that_waits_counts_as_failed_and_recovers_when_its_time_comes(broken: Home) -> None:
    repair(broken)
    report = broken.sync()
    assert (report.failed, broken.connector.taken(), broken.found("salary")) == (1, [], ["leave"])
    broken.clock.pass_by(15)
    report = broken.sync()
    assert (report.failed, broken.connector.taken(), broken.errors()) == (0, ["salary"], {})
    assert "salary" in broken.found("salary")
    assert failures(broken.database) == []


def test_one_that_changed_is_tried_at_once_and_its_waits_begin_anew(broken: Home) -> None:
    broken.clock.pass_by(15)
    broken.sync()
    assert [(one.attempts, one.next_try) for one in failures(broken.database)] == [
        (2, broken.clock.now + timedelta(minutes=30))
    ]
    broken.connector.taken()
    broken.connector.pages["salary"].revision = "2"
    broken.sync()
    assert broken.connector.taken() == ["salary"]
    (failure,) = failures(broken.database)
    assert (failure.attempts, failure.next_try) == (1, broken.clock.now + timedelta(minutes=15))
    assert failure.since == broken.clock.now - timedelta(minutes=15)


def test_one_that_is_asked_for_is_tried_at_the_next_sync(broken: Home) -> None:
    broken.clock.pass_by(1)
    assert try_again(broken.database, "another") == 0
    broken.sync()
    assert broken.connector.taken() == []
    assert try_again(broken.database, "wiki") == 1
    repair(broken)
    assert (broken.sync().failed, broken.connector.taken()) == (0, ["salary"])


def test_the_list_names_each_with_its_error_and_its_next_try(broken: Home) -> None:
    now = broken.clock.now
    expected = Failure(
        source="wiki",
        document="salary",
        title="Salary",
        url="https://wiki.example/salary",
        error="salary is locked: unlock it.",
        since=now,
        attempts=1,
        next_try=now + timedelta(minutes=15),
    )
    assert failures(broken.database) == failures(broken.database, ["wiki"]) == [expected]
    assert failures(broken.database, ["blog"]) == []


def test_one_that_is_no_longer_listed_is_forgotten(broken: Home) -> None:
    del broken.connector.pages["salary"]
    assert (broken.sync().removed, failures(broken.database)) == (1, [])


def test_who_may_see_one_that_waits_follows_the_source(broken: Home) -> None:
    broken.connector.write("leave", "", "2")
    broken.sync()
    broken.connector.pages["leave"].audience = frozenset({"#hr"})
    broken.sync()
    assert (broken.found("leave"), broken.found("leave", frozenset({"#hr"}))) == ([], ["leave"])


def test_no_wait_is_longer_than_a_day() -> None:
    assert wait_after(1) == timedelta(minutes=15)
    assert wait_after(10_000) == timedelta(days=1)
