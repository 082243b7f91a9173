"""What the training of both sides is given and what it gives back, in plain files, like that of the question side."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from learning.both_sides import TextTriplet
from learning.recipe import BothSidesRecipe
from learning.training_job import JOB_FILE, digest, read_start, write_start


@dataclass(frozen=True)
class BothSidesTrained:
    """A safetensors file of what the training changed, and its losses, a step each."""

    tensors: bytes
    curve: tuple[float, ...]


@dataclass(frozen=True)
class BothSidesJob:
    """One training on triplets of texts, `start` being what the model to begin with changed of the base."""

    base: str
    start: bytes | None = field(repr=False)
    device: str | None
    seed: int
    recipe: BothSidesRecipe
    triplets: tuple[TextTriplet, ...]

    def described(self) -> str:
        """All of the job but its weights, as JSON."""
        told = {name: value for name, value in asdict(self).items() if name != "start"}
        return json.dumps({"sides": "both", **told}, sort_keys=True)

    def digest(self) -> str:
        """16 hexadecimal digits, others for each other job."""
        return digest(self.described(), self.start)

    def write(self, folder: Path) -> None:
        """Make the folder hold this job, beside what it came to before."""
        write_start(self.start, folder)
        (folder / JOB_FILE).write_text(self.described(), encoding="utf-8")

    def outcome(self, folder: Path) -> BothSidesTrained:
        """What the training process left in the folder."""
        curve = json.loads((folder / "curve.json").read_text())
        return BothSidesTrained((folder / "final.safetensors").read_bytes(), tuple(curve))

    @classmethod
    def read(cls, folder: Path) -> "BothSidesJob":
        """The job that `write` wrote."""
        described = json.loads((folder / JOB_FILE).read_text(encoding="utf-8"))
        return cls(
            base=described["base"],
            start=read_start(folder),
            device=described["device"],
            seed=described["seed"],
            recipe=BothSidesRecipe(**described["recipe"]),
            triplets=tuple(TextTriplet(**triplet) for triplet in described["triplets"]),
        )
