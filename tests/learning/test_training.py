import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
from safetensors.numpy import load

from learning.both_sides import TextTriplet, whole_checkpoint
from learning.both_sides_job import BothSidesJob
from learning.recipe import BothSidesRecipe, Recipe
from learning.training import TrainingError, TrainingProgress, job_folder, run_training
from learning.training_job import SHARES, JobHeading, JobLesson, TrainingJob
from storage.embedder import DEFAULT_MODEL
from tests.embedders import real_embedder
from tests.learning.test_question_side import DOCUMENTS, QUESTIONS, RIGHT

QUICK = Recipe(epochs=4, batch=2, learning_rate=3e-4)


def question_side_job(base: str = DEFAULT_MODEL) -> TrainingJob:
    return TrainingJob(
        base=base,
        start=None,
        device="cpu",
        seed=0,
        folds=2,
        recipe=QUICK,
        lessons=tuple(
            JobLesson(text, (row,), (), (), 1.0, number % 2)
            for number, (text, row) in enumerate(zip(QUESTIONS, RIGHT, strict=True))
        ),
        headings=tuple(JobHeading(text.split()[0], (row,)) for row, text in enumerate(DOCUMENTS)),
        probes=("Payday", "Pets"),
        vectors=real_embedder().embed(DOCUMENTS),
    )


def both_sides_job() -> BothSidesJob:
    triplets = [
        TextTriplet(text, DOCUMENTS[row], DOCUMENTS[(row + 1) % len(DOCUMENTS)])
        for text, row in zip(QUESTIONS, RIGHT, strict=True)
    ]
    recipe = BothSidesRecipe(epochs=2, batch=2, at_once=2, steps_a_checkpoint=2, learning_rate=2e-4)
    return BothSidesJob(DEFAULT_MODEL, None, "cpu", 0, recipe, tuple(triplets))


def training_processes() -> list[psutil.Process]:
    """Those that this process started; the tests' database is its child too."""
    alive = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "learning.training_process" in child.cmdline()]


def test_a_question_side_is_trained_in_a_process_that_gives_way(tmp_path: Path) -> None:
    job = question_side_job()
    niceness = []

    def progress(progress: TrainingProgress) -> None:
        niceness.append(training_processes()[0].nice())

    trained = run_training(job, tmp_path, progress)
    assert niceness[-1] >= 10
    assert trained.curves.keys() == {"fold-0", "fold-1", "final"}
    assert np.mean(trained.curves["final"][-3:]) < np.mean(trained.curves["final"][:3])
    before = real_embedder().embed(list(job.probes))
    for share in SHARES:
        assert trained.held_out[share].vectors.shape == (6, 384)
        assert np.allclose(np.linalg.norm(trained.held_out[share].vectors, axis=1), 1, atol=1e-5)
        assert trained.probes[share].vectors.shape == (2, 384)
    # What was kept of the change is ever less: the vectors come back to where they were.
    far = [1 - (trained.probes[share].vectors * before).sum(axis=1) for share in SHARES]
    assert far[0][0] > far[1][0] > far[2][0] > 1e-3
    # Nothing of it holds for what is like no lesson.
    assert trained.probes[1.0].holds[0] > 0
    assert trained.probes[1.0].holds[1] == 0
    assert np.max(np.abs([each[1] for each in far])) < 1e-4
    changed = load(trained.tensors[1.0])
    assert all("embeddings" not in name for name in changed)


@pytest.mark.parametrize("kind", ["question", "both"])
def test_a_training_that_was_killed_goes_on_and_ends_the_same(tmp_path: Path, kind: str) -> None:
    job = question_side_job() if kind == "question" else both_sides_job()
    whole = run_training(job, tmp_path / "whole", lambda progress: None)

    def kill(progress: TrainingProgress) -> None:
        if progress.done >= 4:
            [child] = training_processes()
            os.kill(child.pid, signal.SIGKILL)

    with pytest.raises(TrainingError, match="goes on from where it stood"):
        run_training(job, tmp_path / "killed", kill)
    resumed = run_training(job, tmp_path / "killed", lambda progress: None)
    if kind == "question":
        one, other = load(whole.tensors[1.0]), load(resumed.tensors[1.0])
    else:
        one, other = load(whole.tensors), load(resumed.tensors)
    assert one.keys() == other.keys()
    assert max(float(np.abs(one[name] - other[name]).max()) for name in one) < 1e-5


def test_stopping_it_ends_the_process(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(progress: TrainingProgress) -> None:
        raise StopError

    with pytest.raises(StopError):
        run_training(question_side_job(), tmp_path, stop)
    deadline = time.monotonic() + 10
    while training_processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not training_processes()


def test_a_model_that_is_gone_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no-such-model.*could not be loaded.*`lore learn` goes on"):
        run_training(question_side_job("/no-such-model"), tmp_path, lambda progress: None)


def test_another_job_has_another_folder(tmp_path: Path) -> None:
    assert job_folder(question_side_job(), tmp_path) == job_folder(question_side_job(), tmp_path)
    assert job_folder(question_side_job(), tmp_path) != job_folder(question_side_job("other"), tmp_path)


def test_a_question_that_was_asked_meanwhile_does_not_begin_a_training_anew(tmp_path: Path) -> None:
    job = question_side_job()

    class StopError(Exception):
        pass

    def stop_in_the_second(progress: TrainingProgress) -> None:
        if progress.phase.startswith("training 2"):
            raise StopError

    with pytest.raises(StopError):
        run_training(job, tmp_path, stop_in_the_second)
    phases = []
    asked = replace(job, probes=(*job.probes, "Where is the key?"))
    trained = run_training(asked, tmp_path, lambda progress: phases.append(progress.phase))
    assert not [phase for phase in phases if phase.startswith("training 1")]
    assert trained.probes[1.0].vectors.shape == (3, 384)
    # Where all trainings had ended, the one that the probes are read by is made again for other ones.
    folder = job_folder(job, tmp_path)
    asked.write(folder)
    assert (folder / "final.npz").exists()
    job.write(folder)
    assert not (folder / "final.npz").exists()


def test_what_another_job_left_is_removed(tmp_path: Path) -> None:
    other = question_side_job("/no-such-model")
    with pytest.raises(TrainingError):
        run_training(other, tmp_path, lambda progress: None)
    (tmp_path / "reports").mkdir()
    with pytest.raises(TrainingError):
        run_training(replace(other, seed=1), tmp_path, lambda progress: None)
    assert not job_folder(other, tmp_path).exists()
    assert (tmp_path / "reports").is_dir()


def test_a_checkpoint_that_was_not_written_to_its_end_is_passed_over(tmp_path: Path) -> None:
    assert whole_checkpoint(tmp_path) is None
    for step in (8, 10, 20):
        (tmp_path / f"checkpoint-{step}").mkdir()
    for step in (8, 10):
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    assert whole_checkpoint(tmp_path) == str(tmp_path / "checkpoint-10")
