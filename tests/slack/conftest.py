"""A Slack look-alike on localhost, and the real bot on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from playground.delivery import Pace
from playground.server import Running, running
from storage.database import Database
from storage.questions import QuestionLog
from tests.slack.stage import Script, Stage, on_stage


@pytest.fixture(autouse=True)
def plain_log() -> None:
    """Without the coloured tracebacks for terminals, which take seconds and show documents' texts."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )


@pytest.fixture
def pace() -> Pace:
    """More patient than Slack, so that a machine that stands still for some seconds fails no test of something else:
    tests of how long the bot takes say so themselves."""
    return Pace(ack_timeout=20.0, trigger_lifetime=20.0)


@pytest.fixture
def server(pace: Pace) -> Iterator[Running]:
    with running(pace=pace) as server:
        yield server


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'lore.db'}")
    yield database
    database.close()


@pytest.fixture
def log(database: Database) -> QuestionLog:
    return QuestionLog(database)


@pytest.fixture
def stage(server: Running, script: Script, log: QuestionLog) -> Iterator[Stage]:
    with on_stage(server, script, log) as stage:
        yield stage
