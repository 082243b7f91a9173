"""Trains in a process of its own, so that the one that answers neither waits nor grows."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from learning.training_job import JOB_FILE


class TrainingError(Exception):
    """A training did not come to its end; the message says why and what to do."""


class StoppedError(Exception):
    """A run was asked to stop, which is no failure: the next one goes on from there."""


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is: `done` of `total` steps of `phase`."""

    phase: str
    done: int
    total: int


Outcome = TypeVar("Outcome", covariant=True)

FREE_MEMORY_AT_ONCE = {"MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "16777216"}
"""For glibc: a training's tensors are each of another size, and the memory between them would be kept for nothing."""

OnProgress = Callable[[TrainingProgress], None]


class Job(Protocol[Outcome]):
    """A training that can be written down, and read what it came to (TrainingJob, BothSidesJob)."""

    def digest(self) -> str: ...
    def write(self, folder: Path) -> None: ...
    def outcome(self, folder: Path) -> Outcome: ...


def run_training(job: Job[Outcome], folder: Path, on_progress: OnProgress) -> Outcome:
    """Train, or go on where the same job was stopped; its files stay in `job_folder` until they are removed.

    What other jobs left in `folder` is removed: it is of votes that are others now, and some hundred megabytes large.
    `on_progress` may raise: then the training is stopped, and the exception goes on. Raises TrainingError.
    """
    own = job_folder(job, folder)
    try:
        _forget_others(own)
        own.mkdir(parents=True, exist_ok=True)
        job.write(own)
        errors = (own / "errors.log").open("w+", encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"The training in {own} cannot be written: {error.strerror}. Check the disk.") from error
    # -P: what is in the working directory is not for it to import.
    command = [sys.executable, "-P", "-m", "learning.training_process", str(own)]
    environment = {**os.environ, **FREE_MEMORY_AT_ONCE}
    with (
        errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process,
    ):
        try:
            for line in process.stdout or ():
                said = json.loads(line)
                on_progress(TrainingProgress(said["phase"], said["done"], said["total"]))
        except BaseException:
            process.terminate()
            raise
        code = process.wait()
        if code:
            errors.seek(0)
            raise TrainingError(_failure(code, errors.read()))
    return job.outcome(own)


def job_folder(job: Job[Outcome], folder: Path) -> Path:
    """The folder of this job below `folder`: another for each other job."""
    return folder / job.digest()


def _forget_others(own: Path) -> None:
    for file in own.parent.glob(f"*/{JOB_FILE}"):
        if file.parent != own:
            shutil.rmtree(file.parent, ignore_errors=True)


def _failure(code: int, errors: str) -> str:
    last = next((line.strip() for line in reversed(errors.splitlines()) if line.strip()), "it said nothing")
    if code == -signal.SIGKILL:
        return (
            "The training was killed, most likely because the machine has too little memory. Nothing is lost: "
            "`lore learn` goes on from where it stood."
        )
    return f"The training failed: {last.rstrip('.')}. Nothing is lost: `lore learn` goes on from where it stood."
