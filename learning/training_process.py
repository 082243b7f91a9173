"""The process that trains, beside the one that answers: `python -m learning.training_process FOLDER`.

It gives way to everything else on the machine, says how far it is in one JSON object a line, and goes on from where an
earlier process with the same folder was stopped.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load, save
from sentence_transformers import SentenceTransformer
from torch import Tensor

from learning.both_sides import train_both_sides
from learning.both_sides_job import BothSidesJob
from learning.checkpoint import Checkpoint
from learning.frozen_layers import ReadText, UpperLayers, freeze
from learning.question_side import Example, embed, train
from learning.training_job import FINAL, JOB_FILE, SHARES, TrainingJob
from storage.embedder import Vectors, load_model
from storage.scope import Scope, blend
from storage.tensors import put_tensors

NICENESS = 10
"""A tenth of the processor where a question wants it, all of it where nobody does."""

SAY_EVERY = 5
"""Steps between two words about how far it is."""


def main(folder: Path) -> None:
    """Run what is left of the job in the folder."""
    sys.stdout = sys.stderr  # what libraries print is not for the process that waits
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if json.loads((folder / JOB_FILE).read_text(encoding="utf-8"))["sides"] == "both":
        train_both(BothSidesJob.read(folder), folder)
    else:
        train_question_side(TrainingJob.read(folder), folder)


def train_both(job: BothSidesJob, folder: Path) -> None:
    """One training on all triplets."""
    final = folder / "final.safetensors"
    if final.exists():
        return
    model = _start(job)
    before = {name: weights.detach().clone() for name, weights in model.state_dict().items()}
    freeze(model, job.recipe.frozen_share)
    curve = []

    def tell(step: int, steps: int, loss: float) -> None:
        curve.append(loss)
        say(phase="training both sides", done=step, total=steps)

    train_both_sides(model, job.triplets, job.recipe, job.seed, folder, tell)
    changed = {
        name: weights.detach().cpu().contiguous()
        for name, weights in model.state_dict().items()
        if not torch.equal(weights.cpu(), before[name].cpu())
    }
    (folder / "curve.json").write_text(json.dumps(curve))
    beside = folder / "final.new"
    beside.write_bytes(save({**_begun_with(job), **changed}))
    beside.replace(final)


def train_question_side(job: TrainingJob, folder: Path) -> None:
    """A training for each fold, and one on all lessons."""
    upper = UpperLayers(_start(job), job.recipe.frozen_share)
    texts = [*(lesson.question for lesson in job.lessons), *(one.text for one in job.headings), *job.probes]
    say(phase="reading the questions", done=0, total=1)
    read = upper.read(texts)
    lessons, headings = read[: len(job.lessons)], read[len(job.lessons) : len(texts) - len(job.probes)]
    probes = read[len(texts) - len(job.probes) :]
    before = {name: weights.detach().clone() for name, weights in upper.trained().items()}
    untrained, untrained_probes = embed(upper, lessons), embed(upper, probes)
    for number, name in enumerate(job.trainings):
        if (folder / f"{name}.npz").exists():
            continue
        _restore(upper, before)
        seen = [at for at, lesson in enumerate(job.lessons) if name == FINAL or name != f"fold-{lesson.fold}"]
        examples = [
            Example(lessons[at], one.right, one.hard, one.ignored, one.weight)
            for at in seen
            for one in [job.lessons[at]]
        ]
        replay = [Example(text, one.right) for text, one in zip(headings, job.headings, strict=True)]
        checkpoint = Checkpoint(folder / f"{name}.checkpoint")
        curve = []
        steps = train(upper, examples, replay, job.vectors, job.recipe, job.seed + number, checkpoint)
        for step in steps:
            curve.append(step.loss)
            if step.step % SAY_EVERY == 0 or step.step == step.steps:
                phase = f"training {number + 1} of {len(job.trainings)}"
                say(phase=phase, done=number * step.steps + step.step, total=len(job.trainings) * step.steps)
        unseen = sorted(set(range(len(lessons))) - set(seen))
        wanted = _Wanted(
            texts=probes if name == FINAL else [lessons[at] for at in unseen],
            untrained=untrained_probes if name == FINAL else untrained[unseen],
            scope=Scope(untrained[seen]),
        )
        _keep(folder, name, upper, before, wanted, curve, _begun_with(job))
        checkpoint.path.unlink(missing_ok=True)


def say(**values: object) -> None:
    """Tell the process that waits."""
    print(json.dumps(values), file=sys.__stdout__, flush=True)


def _start(job: TrainingJob | BothSidesJob) -> SentenceTransformer:
    model = load_model(job.base, job.device)
    if job.start is not None:
        put_tensors(job.start, model)
    return model


def _begun_with(job: TrainingJob | BothSidesJob) -> dict[str, Tensor]:
    """What the model to begin with changed of the base: a version's tensors hold all that it changed."""
    return {} if job.start is None else load(job.start)


@dataclass(frozen=True)
class _Wanted:
    """The texts whose vectors by a training are wanted, (n, d) of them by the untrained model, and its scope."""

    texts: Sequence[ReadText]
    untrained: Vectors
    scope: Scope


def _keep(
    folder: Path,
    name: str,
    upper: UpperLayers,
    before: dict[str, Tensor],
    wanted: _Wanted,
    curve: Sequence[float],
    begun_with: dict[str, Tensor],
) -> None:
    """The vectors that are wanted, and the final training's weights, with each share of what training changed."""
    after = {name: weights.detach().clone() for name, weights in upper.trained().items()}
    holds = wanted.scope.holds(wanted.untrained)
    kept: dict[str, Vectors] = {"holds": holds}
    for share in SHARES:
        mixed = {name: before[name] + share * (weights - before[name]) for name, weights in after.items()}
        _restore(upper, mixed)
        kept[f"vectors-{share}"] = blend(wanted.untrained, embed(upper, wanted.texts), holds)
        if name == FINAL:
            data = save({**begun_with, **{name: weights.cpu().contiguous() for name, weights in mixed.items()}})
            (folder / f"{name}-{share}.safetensors").write_bytes(data)
    beside = folder / f"{name}.new.npz"
    np.savez(beside, curve=np.array(curve, dtype=np.float32), **kept)  # type: ignore[arg-type]
    beside.replace(folder / f"{name}.npz")


def _restore(upper: UpperLayers, weights: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in upper.trained().items():
            parameter.copy_(weights[name])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
