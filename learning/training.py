"""Trains in a process of its own, so that the one that answers neither waits nor grows."""

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from learning.training_job import Trained, TrainingJob


class TrainingError(Exception):
    """A training did not come to its end; the message says why and what to do."""


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is: `done` of `total` steps of `phase`."""

    phase: str
    done: int
    total: int


OnProgress = Callable[[TrainingProgress], None]


def run_training(job: TrainingJob, folder: Path, on_progress: OnProgress) -> Trained:
    """Train, or go on where the same job was stopped; its files stay below `folder` until `clear_training`.

    `on_progress` may raise: then the training is stopped, and the exception goes on. Raises TrainingError.
    """
    own = job_folder(job, folder)
    try:
        job.write(own)
        errors = (own / "errors.log").open("w+", encoding="utf-8")
    except OSError as error:
        raise TrainingError(f"The training in {own} cannot be written: {error.strerror}. Check the disk.") from error
    # -P: what is in the working directory is not for it to import.
    command = [sys.executable, "-P", "-m", "learning.training_process", str(own)]
    with errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
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
    return Trained.read(job, own)


def job_folder(job: TrainingJob, folder: Path) -> Path:
    """The folder of this job below `folder`: another for each other job."""
    return (
        folder / hashlib.sha256(job.described().encode() + (job.start or b"") + job.vectors.tobytes()).hexdigest()[:16]
    )


def _failure(code: int, errors: str) -> str:
    last = next((line.strip() for line in reversed(errors.splitlines()) if line.strip()), "it said nothing")
    if code == -signal.SIGKILL:
        return (
            "The training was killed, most likely because the machine has too little memory. Nothing is lost: "
            "`lore learn` goes on from where it stood."
        )
    return f"The training failed: {last.rstrip('.')}. Nothing is lost: `lore learn` goes on from where it stood."
