"""Trains both sides of a model, as the field does: questions and documents move towards each other.

MultipleNegativesRankingLoss with hard negatives (Henderson et al. 2017, arXiv:1705.00652), its gradients cached so that
a large batch fits in little memory (Gao et al. 2021, arXiv:2101.06983). Every document is embedded anew before such a
model serves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learning.recipe import BothSidesRecipe

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class MissingTrainerError(Exception):
    """What training both sides needs is not installed; the message says how to install it."""


@dataclass(frozen=True)
class TextTriplet:
    """A question's text, the text of a passage that answers it, and that of one that does not."""

    anchor: str
    positive: str
    negative: str


def train_both_sides(
    model: "SentenceTransformer",
    triplets: Sequence[TextTriplet],
    recipe: BothSidesRecipe,
    seed: int,
    folder: Path,
    on_step: Callable[[int, int, float], None],
) -> None:
    """Change the model. A training that was stopped goes on from the last checkpoint in `folder`.

    `on_step` gets the step, of how many, and its loss. No batch holds a text twice: a positive of one question is never
    its own negative. Raises MissingTrainerError.
    """
    try:
        import accelerate  # noqa: F401  # the trainer would say so in other words
        from datasets import Dataset
    except ImportError as error:
        raise MissingTrainerError(
            f"Training both sides needs {error.name}, which is not installed: pip install 'lore[both]'. "
            "The question side alone is trained without it."
        ) from error
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import CachedMultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers

    data = Dataset.from_dict(
        {
            "anchor": [triplet.anchor for triplet in triplets],
            "positive": [triplet.positive for triplet in triplets],
            "negative": [triplet.negative for triplet in triplets],
        }
    )
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch,
        learning_rate=recipe.learning_rate,
        warmup_steps=recipe.warm_up,
        seed=seed,
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        save_strategy="steps",
        save_steps=recipe.steps_a_checkpoint,
        save_total_limit=1,
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        use_cpu=model.device.type == "cpu",
    )
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=data,
        loss=CachedMultipleNegativesRankingLoss(model, mini_batch_size=recipe.at_once),
        callbacks=[_told(on_step)],
    )
    trainer.train(resume_from_checkpoint=whole_checkpoint(folder))


def whole_checkpoint(folder: Path) -> str | None:
    """The latest checkpoint that was written to its end: the trainer's state is written after the weights."""
    whole = [file.parent for file in folder.glob("checkpoint-*/trainer_state.json")]
    return str(max(whole, key=lambda path: int(path.name.partition("-")[2]))) if whole else None


def _told(on_step: Callable[[int, int, float], None]) -> Any:
    from transformers import TrainerCallback

    class Told(TrainerCallback):
        """Hands each step's loss on."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:
            if logs and "loss" in logs:
                on_step(state.global_step, state.max_steps, float(logs["loss"]))

    return Told()
