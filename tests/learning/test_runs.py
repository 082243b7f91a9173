"""The record of learning, on both databases: it says how each run ended, whatever ended it."""

import time

import pytest
from sqlalchemy import select

from learning.runs import LearningRun, close_stopped_runs, drop_refused_weights
from learning.training import TrainingProgress
from storage.database import Database
from storage.tables import EmbeddingModelRow, LearningRunRow, ModelTensorsRow
from storage.version_rows import VersionRows


def begin(database: Database) -> LearningRun:
    return LearningRun(database, "question", seed=7, triplets=120, questions=40, on_progress=lambda progress: None)


def the_run(database: Database) -> LearningRunRow:
    with database.session() as session:
        return session.scalars(select(LearningRunRow)).one()


def test_a_run_is_there_from_its_beginning(database: Database) -> None:
    begin(database)
    row = the_run(database)
    assert (row.state, row.sides, row.seed, row.triplets, row.questions) == ("running", "question", 7, 120, 40)
    assert row.finished_at is None


def test_what_came_of_it_is_kept(database: Database) -> None:
    with begin(database) as run:
        run.finish("refused", "No sure gain.", {"after": {"ndcg@10": 0.5}})
    row = the_run(database)
    assert (row.state, row.reason, row.figures, row.model_id) == (
        "refused",
        "No sure gain.",
        {"after": {"ndcg@10": 0.5}},
        None,
    )
    assert row.finished_at is not None
    assert row.finished_at >= row.started_at


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (ValueError("the disk is full"), "failed", "the disk is full"),
        (ValueError(), "failed", "ValueError"),
        (KeyboardInterrupt(), "stopped", "KeyboardInterrupt"),
    ],
)
def test_whatever_ends_it_is_said(database: Database, error: BaseException, state: str, reason: str) -> None:
    with pytest.raises(type(error)), begin(database):
        raise error
    row = the_run(database)
    assert (row.state, row.reason) == (state, reason)
    assert row.finished_at is not None


def test_how_far_it_is_is_noted_once_a_second_and_said_each_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    said = []
    run = LearningRun(database, "question", 0, 1, 1, said.append)
    noted = []
    for done, now in ((1, 100.0), (2, 100.5), (3, 101.0), (4, 101.9)):
        clock[0] = now
        run.progress(TrainingProgress("training 1 of 4", done, 9))
        row = the_run(database)
        noted.append((row.phase, row.done, row.total))
    assert [progress.done for progress in said] == [1, 2, 3, 4]
    assert noted == [("training 1 of 4", done, 9) for done in (1, 1, 3, 3)]


def test_a_run_whose_process_was_killed_is_marked_by_the_next_one(database: Database) -> None:
    begin(database)
    close_stopped_runs(database)
    row = the_run(database)
    assert (row.state, row.reason) == ("stopped", "The process ended before the run did.")
    assert row.finished_at is not None


def test_runs_that_ended_are_left_as_they_are(database: Database) -> None:
    with begin(database) as run:
        run.finish("promoted", "It gains.")
    close_stopped_runs(database)
    assert the_run(database).state == "promoted"


def test_of_refused_versions_the_latest_keep_their_weights_and_all_their_reason(database: Database) -> None:
    states = ["refused", "ready", "refused", "candidate", "refused"]
    for number, state in enumerate(states):
        row = EmbeddingModelRow(
            name=f"model+{number}",
            base="model",
            documents="model",
            dimension=8,
            max_tokens=64,
            fusion_weight=0.5,
            state=state,
            reason="No sure gain.",
        )
        VersionRows(database).add(row, b"weights")
    drop_refused_weights(database, kept=1)
    with database.session() as session:
        kept = session.scalars(
            select(EmbeddingModelRow.name)
            .join(ModelTensorsRow, ModelTensorsRow.model_id == EmbeddingModelRow.id)
            .order_by(EmbeddingModelRow.id)
        ).all()
    assert kept == ["model+1", "model+3", "model+4"]
    assert [version.reason for version in VersionRows(database).all()] == ["No sure gain."] * 5
