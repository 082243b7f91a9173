"""What the training of a question side is given and what it gives back: plain files in a folder, so that it can be
stopped and started again, and repeated from what it was made of."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from learning.judging import ReadQuestions
from learning.recipe import Recipe
from storage.embedder import Vectors

SHARES = (1.0, 0.75, 0.5)
"""How much of what training changed a candidate has: all of it, or a mean of old and new weights (WiSE-FT, Wortsman
et al. 2022, arXiv:2109.01903)."""

FINAL = "final"
"""The training on all lessons; the others are named by the fold that they did not see."""


JOB_FILE = "job.json"

FORM = 2
"""Of what a training leaves in its folder: one that an earlier Lore began is not gone on with in another form."""


def digest(*parts: str | bytes | None) -> str:
    """16 hexadecimal digits of all parts of a job."""
    encoded = [part.encode() if isinstance(part, str) else part or b"" for part in parts]
    return hashlib.sha256(b"\0".join(encoded)).hexdigest()[:16]


def write_start(start: bytes | None, folder: Path) -> None:
    """Keep the weights that a training begins with, where it does not begin with the base."""
    if start is not None:
        (folder / "start.safetensors").write_bytes(start)


def read_start(folder: Path) -> bytes | None:
    """The weights that a training begins with; None for the base's own."""
    file = folder / "start.safetensors"
    return file.read_bytes() if file.exists() else None


@dataclass(frozen=True)
class JobLesson:
    """A question and the rows of the vectors that are right, hard negatives, or neither. `fold` holds it out."""

    question: str
    right: tuple[int, ...]
    hard: tuple[int, ...]
    ignored: tuple[int, ...]
    weight: float
    fold: int


@dataclass(frozen=True)
class JobHeading:
    """A heading of the corpus and the rows of the chunks below it."""

    text: str
    right: tuple[int, ...]


@dataclass(frozen=True)
class TrainingJob:
    """A training for each fold, without its lessons, and one with all; `probes` are texts whose vectors are wanted."""

    base: str
    start: bytes | None = field(repr=False)
    """What the model to begin with changed of the base: a safetensors file; None where it is the base."""
    device: str | None
    seed: int
    folds: int
    recipe: Recipe
    lessons: tuple[JobLesson, ...]
    headings: tuple[JobHeading, ...]
    probes: tuple[str, ...]
    vectors: Vectors = field(repr=False)

    @property
    def trainings(self) -> tuple[str, ...]:
        """Their names, in the order in which they run."""
        return (*(f"fold-{fold}" for fold in range(self.folds)), FINAL)

    def described(self, *left_out: str) -> str:
        """All of the job but its vectors and weights, and what else is left out, as JSON."""
        told = {name: value for name, value in asdict(self).items() if name not in {"vectors", "start", *left_out}}
        return json.dumps({"sides": "question", "form": FORM, **told}, sort_keys=True)

    def digest(self) -> str:
        """16 hexadecimal digits, others for each other training.

        The probes are no part of it: they train nothing, and each question that is asked while a training stands
        still is one more of them. It must go on all the same.
        """
        return digest(self.described("probes"), self.start, self.vectors.tobytes())

    def write(self, folder: Path) -> None:
        """Make the folder hold this job, beside what its trainings came to before."""
        file, described = folder / JOB_FILE, self.described()
        if file.exists() and file.read_text(encoding="utf-8") != described:
            (folder / f"{FINAL}.npz").unlink(missing_ok=True)  # it holds the vectors of other probes
        np.save(folder / "vectors.npy", self.vectors)
        write_start(self.start, folder)
        file.write_text(described, encoding="utf-8")

    def outcome(self, folder: Path) -> "Trained":
        """What the training process left in the folder."""
        return Trained.read(self, folder)

    @classmethod
    def read(cls, folder: Path) -> "TrainingJob":
        """The job that `write` wrote."""
        described = json.loads((folder / JOB_FILE).read_text(encoding="utf-8"))
        return cls(
            base=described["base"],
            start=read_start(folder),
            device=described["device"],
            seed=described["seed"],
            folds=described["folds"],
            recipe=Recipe(**described["recipe"]),
            lessons=tuple(
                JobLesson(
                    lesson["question"],
                    tuple(lesson["right"]),
                    tuple(lesson["hard"]),
                    tuple(lesson["ignored"]),
                    lesson["weight"],
                    lesson["fold"],
                )
                for lesson in described["lessons"]
            ),
            headings=tuple(JobHeading(one["text"], tuple(one["right"])) for one in described["headings"]),
            probes=tuple(described["probes"]),
            vectors=np.load(folder / "vectors.npy"),
        )


@dataclass(frozen=True)
class Trained:
    """What the trainings came to, for each share of SHARES, within the scope of the questions that each was taught.

    `held_out`: each lesson by the training that did not see it. `probes`: by the training on all. `tensors` is a
    safetensors file of what that training changed. `curves` are the losses, a step each, of each training by its name.
    """

    held_out: dict[float, ReadQuestions]
    probes: dict[float, ReadQuestions]
    tensors: dict[float, bytes]
    curves: dict[str, Sequence[float]]

    @classmethod
    def read(cls, job: TrainingJob, folder: Path) -> "Trained":
        """What the training process left in the folder."""
        outcomes = {name: np.load(folder / f"{name}.npz") for name in job.trainings}
        fold = np.array([lesson.fold for lesson in job.lessons])
        holds = np.zeros(len(job.lessons), dtype=np.float32)
        vectors = {share: np.zeros((len(job.lessons), job.vectors.shape[1]), dtype=np.float32) for share in SHARES}
        for number in range(job.folds):
            outcome = outcomes[f"fold-{number}"]
            holds[fold == number] = outcome["holds"]
            for share in SHARES:
                vectors[share][fold == number] = outcome[f"vectors-{share}"]
        final = outcomes[FINAL]
        return cls(
            held_out={share: ReadQuestions(vectors[share], holds) for share in SHARES},
            probes={share: ReadQuestions(final[f"vectors-{share}"], final["holds"]) for share in SHARES},
            tensors={share: (folder / f"{FINAL}-{share}.safetensors").read_bytes() for share in SHARES},
            curves={name: outcome["curve"].tolist() for name, outcome in outcomes.items()},
        )
