"""What Prometheus is told: what happened, and no text of anybody's."""

import socket
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from bot.app import open_lore
from bot.cli import app
from bot.metrics import MeasuredAnswers, Metrics
from bot.settings import SettingsError, load_settings
from storage.database import Database
from storage.document import PUBLIC
from storage.questions import Asked
from storage.tables import LearningRunRow, utc_now


def told(text: str) -> dict[tuple[str, ...], float]:
    """Each sample's name and label values, in the order of the labels' names -> its value."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def test_answers_syncs_votes_and_learning_are_counted(home: Path) -> None:
    (home.parent / "pages" / "broken.pdf").write_bytes(b"%PDF-1.7 this is no PDF")
    CliRunner().invoke(app, ["sync"])
    (home.parent / "pages").rename(home.parent / "elsewhere")
    CliRunner().invoke(app, ["sync"])
    settings = load_settings()
    port = free_port()
    with open_lore(settings, "the tests") as lore:
        metrics = Metrics(lore.database, settings)
        answers = MeasuredAnswers(lore.answerer, metrics)
        answer = answers.answer("how many days of leave do I get?", PUBLIC)
        answers.answer("what is the boiling point of tungsten in kelvin?", PUBLIC)
        id = lore.questions.accept(Asked("mention", "T1", "C1", "1.1", "U1", answer.question))
        assert id is not None
        answer_id = lore.questions.record(id, answer)
        lore.questions.vote(answer_id, "U1", -1)
        lore.questions.explain_vote(answer_id, "U1", "wrong_source", None)
        lore.questions.vote(answer_id, "U2", 1)
        with lore.database.session() as session:
            row = LearningRunRow(state="refused", sides="question", seed=0, triplets=1, questions=1)
            row.finished_at = utc_now()
            session.add(row)
        with metrics.served("127.0.0.1", port):
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    found = told(text)
    assert found["lore_answer_seconds_count", "answered"] == 1
    assert found["lore_answer_seconds_count", "abstained"] == 1
    assert found["lore_answer_seconds_count", "failed"] == 0
    assert 0 < found["lore_answer_seconds_sum", "answered"] < 60
    assert found["lore_source_documents", "handbook"] == 4
    assert found["lore_source_failed_documents", "handbook"] == 1
    assert found["lore_source_chunks", "handbook"] >= 3
    assert 0 <= found["lore_source_last_good_sync_age_seconds", "handbook"] < 120
    assert found["lore_sync_runs_total", "good", "handbook"] == 1
    assert found["lore_sync_runs_total", "failed", "handbook"] == 1
    assert found["lore_feedback", "wrong_source", "down"] == 1
    assert found["lore_feedback", "", "up"] == 1
    assert found["lore_learning_runs_total", "refused"] == 1
    assert not any(word in text for word in ("leave", "tungsten", "U1"))


def test_a_port_that_is_taken_is_named(home: Path) -> None:
    database = Database.open(f"sqlite:///{home / 'lore.db'}")
    metrics = Metrics(database, load_settings())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(SettingsError, match=f"Metrics cannot be served at 127.0.0.1:{port}"),
            metrics.served("127.0.0.1", port),
        ):
            pass
    with metrics.served("127.0.0.1", None):
        pass
    database.close()
