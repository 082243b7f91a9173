"""How a model is trained: one recipe for everybody, chosen on the training questions of one set."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How the question side is trained (docs/decisions/learning.md)."""

    epochs: int = 4
    learning_rate: float = 2e-4
    temperature: float = 0.05
    batch: int = 16
    """Lessons a step."""
    replay: float = 1.0
    """Headings that go with each lesson, at least; at most `most_replay`, so that a training on few lessons sees
    `fewest_headings` all the same."""
    most_replay: float = 4.0
    fewest_headings: int = 2_400
    frozen_share: float = 0.5
    hard_negative: float = 2.0
    """How many times as much as another passage a hard negative counts."""
    warm_up: float = 0.1
    weight_decay: float = 0.01
    most_steps: int = 2_000
    """Of one training: with more lessons than these steps see, each epoch is a sample."""

    def headings_a_lesson(self, lessons: int) -> float:
        """How many headings go with each of so many lessons."""
        seen = max(1, lessons * self.epochs)
        return max(self.replay, min(self.most_replay, self.fewest_headings / seen))


@dataclass(frozen=True)
class BothSidesRecipe:
    """How both sides are trained (docs/decisions/learning.md)."""

    epochs: int = 1
    learning_rate: float = 2e-5
    batch: int = 32
    at_once: int = 8
    """Texts of a batch whose gradients are held in memory at the same time."""
    warm_up: float = 0.1
    frozen_share: float = 0.5
    steps_a_checkpoint: int = 10
