"""Trains a model's question side: questions learn to point at the documents' vectors, which stay as they are.

The loss is a softmax over all of the corpus's vectors, or a sample of a large one's: minus the log of the share that
the question's right passages have together. So a vote that cites three passages says that one of them at least is
right, not that each is. The corpus's own headings are replayed beside the votes, so that what nobody voted on is not
forgotten. docs/decisions/learning.md has what each choice was worth.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from learning.checkpoint import Checkpoint
from learning.frozen_layers import ReadText, UpperLayers
from learning.recipe import Recipe
from storage.embedder import Vectors


@dataclass(frozen=True)
class Example:
    """A text and the rows of the vectors that it should find. `ignored` rows are neither right nor wrong."""

    text: ReadText
    right: tuple[int, ...]
    hard: tuple[int, ...] = ()
    ignored: tuple[int, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class Step:
    """One step of a training, of `steps`, and its loss."""

    step: int
    steps: int
    loss: float


def train(
    upper: UpperLayers,
    examples: Sequence[Example],
    replay: Sequence[Example],
    vectors: Vectors,
    recipe: Recipe,
    seed: int,
    checkpoint: Checkpoint | None = None,
) -> Iterator[Step]:
    """Change the upper layers, one step each time the next item is asked for. `vectors` is (n, dimension).

    The same arguments give the same weights on the same machine. With a checkpoint, a training that was stopped goes
    on from the last epoch that it ended.
    """
    steps_an_epoch = math.ceil(len(examples) / recipe.batch)
    epochs = max(1, min(recipe.epochs, recipe.most_steps // steps_an_epoch)) if steps_an_epoch else 0
    steps_an_epoch = min(steps_an_epoch, recipe.most_steps)
    steps = epochs * steps_an_epoch
    trained = list(upper.trained().values())
    optimizer = torch.optim.AdamW(trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share_of_rate(step, steps, recipe.warm_up))
    headings = recipe.headings_a_lesson(len(examples))
    targets = torch.from_numpy(np.ascontiguousarray(vectors)).to(trained[0].device)
    begun = checkpoint.load(upper.trained(), optimizer, schedule) if checkpoint else 0
    for epoch in range(begun, epochs):
        order = np.random.default_rng([seed, epoch])
        lessons = _batches(order.permutation(len(examples)), recipe.batch)[:steps_an_epoch]
        replayed = order.permutation(len(replay))
        for number, batch in enumerate(lessons):
            others = _next(replayed, number, round(len(batch) * headings))
            loss = _loss(upper, [examples[at] for at in batch] + [replay[at] for at in others], targets, recipe)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            yield Step(epoch * steps_an_epoch + number + 1, steps, float(loss.detach()))
        if checkpoint:
            checkpoint.save(upper.trained(), optimizer, schedule, epoch + 1)


@torch.inference_mode()
def embed(upper: UpperLayers, texts: Sequence[ReadText], at_once: int = 32) -> Vectors:
    """(n, dimension) float32, of unit length."""
    vectors = np.empty((len(texts), upper.dimension), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda at: -len(texts[at].tokens))
    for start in range(0, len(order), at_once):
        places = order[start : start + at_once]
        vectors[places] = upper.embed([texts[at] for at in places]).float().cpu().numpy()
    return vectors


def _loss(upper: UpperLayers, batch: Sequence[Example], targets: Tensor, recipe: Recipe) -> Tensor:
    logits = upper.embed([example.text for example in batch]) @ targets.T / recipe.temperature
    change = torch.zeros_like(logits)
    for row, example in enumerate(batch):
        change[row, list(example.hard)] = math.log(recipe.hard_negative)
        change[row, list(example.ignored)] = -torch.inf
        change[row, list(example.right)] = 0.0
    logits = logits + change
    right = torch.stack([torch.logsumexp(logits[row, list(example.right)], dim=0) for row, example in enumerate(batch)])
    weights = torch.tensor([example.weight for example in batch], device=logits.device)
    return ((torch.logsumexp(logits, dim=1) - right) * weights).sum() / weights.sum()


def _share_of_rate(step: int, steps: int, warm_up: float) -> float:
    """Rising to 1 within the first share of the steps, then falling to 0: both in straight lines."""
    rising = (step + 1) / max(1.0, warm_up * steps)
    return min(rising, 1.0) * max(0.0, 1 - step / steps)


def _batches(order: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [order[start : start + size] for start in range(0, len(order), size)]


def _next(order: NDArray[np.int64], number: int, size: int) -> NDArray[np.int64]:
    """The `number`th few of an order that begins anew at its end."""
    if not len(order):
        return order
    return np.take(order, range(number * size, (number + 1) * size), mode="wrap")
