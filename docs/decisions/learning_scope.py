"""How near to a question that was taught another must be for what was learnt to hold: ramps of the cosine, compared.

    LORE_HOME=/some/folder python docs/decisions/learning_scope.py DIR VOTES SEED

The first run reads the folder and asks its questions. VOTES of the training claims of DIR (a folder in BEIR's format)
are voted on and learnt from, and the others, 350 at most, judge. A line for each share of the change and each ramp: how
much of it holds for the claims about documents that votes named, and for the others; and the change in points of
nDCG@10 and SoftNDCG@10: all / voted on / not voted on.
"""

import random
import sys
from pathlib import Path

import numpy as np
import torch

from bot.app import Lore, migrate, open_lore
from bot.evaluation import SOURCE, evaluation_settings, sync_corpus
from bot.learning_evaluation import (
    Plan,
    ask_all,
    cast,
    copied_home,
    document_ids,
    honest_votes,
    named_documents,
    voted_answers,
)
from bot.settings import load_settings
from learning.evaluate import Judgements, read_judgements
from learning.evidence import gather
from learning.frozen_layers import UpperLayers
from learning.general_set import General
from learning.judging import Judged, rank_all
from learning.lessons import lessons
from learning.material import embed_questions, gather_material
from learning.question_side import Example, embed, train
from learning.recipe import Recipe
from learning.triplets import MOST_SHARE
from learning.ways import Workshop
from storage.embedder import load_model
from storage.scope import blend, lengths

RAMPS = ((-1.0, -0.9), (0.3, 0.5), (0.4, 0.6), (0.5, 0.7), (0.6, 0.8))
MOST_JUDGES = 350


def main(folder: Path, votes: int, seed: int) -> None:
    folder = folder.resolve()
    training = read_judgements(folder, "train")
    own = evaluation_settings(load_settings(), folder, None)
    migrate(own)
    with open_lore(own, "the scope of learning") as lore:
        sync_corpus(lore, folder, None, lambda progress: None)
        ask_all(lore, training, lambda progress: None)
    with copied_home(own) as copy, open_lore(copy, "the scope of learning") as lore:
        compare(lore, training, votes, seed)


def compare(lore: Lore, training: Judgements, votes: int, seed: int) -> None:
    """Print the lines."""
    answers = voted_answers(lore, training)
    taught = random.Random(seed).sample(sorted(answers), votes)
    judges = sorted(set(answers) - set(taught))
    judges = random.Random(99).sample(judges, min(MOST_JUDGES, len(judges)))
    chosen = [answers[id] for id in taught]
    behaviour = Plan().behaviour
    cast_votes = honest_votes(chosen, document_ids(lore), behaviour, seed)
    named = {id for answer, vote in zip(chosen, cast_votes, strict=True) for id in named_documents(answer, vote)}
    cast(lore.database, cast_votes)

    serving, recipe = lore.knowledge.serving, Recipe()
    to_learn = lessons(gather(lore.database), MOST_SHARE)
    material = gather_material(lore.database, lore.knowledge, to_learn, General((), (), ()), 3, seed)
    job = material.job(serving.base, None, "cpu", seed, recipe)
    rank = Workshop(lore.database, lore.knowledge, Path(), "cpu").rank(serving)
    judged = [
        Judged(training.questions[id], frozenset((SOURCE, document) for document in training.relevant[id]))
        for id in judges
    ]
    unvoted = np.array([not named.intersection(training.relevant[id]) for id in judges])

    untrained = embed_questions(serving.document_embedder, [one.question for one in judged])
    nearest = (untrained @ material.untrained.T).max(axis=1)
    before = rank_all(rank, judged, untrained, 0.5)
    values, soft = before.values(0.5), before.soft_values(0.5)

    upper = UpperLayers(load_model(job.base, "cpu"), recipe.frozen_share)
    asked = upper.read([one.question for one in judged])
    read = upper.read([*(one.question for one in job.lessons), *(one.text for one in job.headings)])
    examples = [
        Example(text, one.right, one.hard, one.ignored, one.weight)
        for text, one in zip(read, job.lessons, strict=False)
    ]
    replay = [Example(text, one.right) for text, one in zip(read[len(job.lessons) :], job.headings, strict=True)]
    start = {name: weights.detach().clone() for name, weights in upper.trained().items()}
    for _ in train(upper, examples, replay, job.vectors, recipe, seed):
        pass
    end = {name: weights.detach().clone() for name, weights in upper.trained().items()}

    def points(change: np.ndarray) -> str:
        return " / ".join(f"{100 * part.mean():+.2f}" for part in (change, change[~unvoted], change[unvoted]))

    for share in (1.0, 0.75):
        with torch.no_grad():
            for name, weights in upper.trained().items():
                weights.copy_(start[name] + share * (end[name] - start[name]))
        trained = embed(upper, asked)
        for low, high in RAMPS:
            holds = np.clip((nearest - low) / (high - low), 0, 1).astype(np.float32)
            after = rank_all(rank, judged, blend(untrained, trained, holds), 0.5)
            best = after.best_cosines()
            scale = 1 + float((before.best_cosines() - best).sum() / max(1e-9, (holds * best).sum()))
            after = after.scaled(lengths(holds, scale))
            print(
                f"{share:.2f} of the change, {low:+.1f} to {high:+.1f}, holds {holds[~unvoted].mean():.2f} / "
                f"{holds[unvoted].mean():.2f}: nDCG@10 {points(after.values(0.5) - values)}, "
                f"SoftNDCG@10 {points(after.soft_values(0.5) - soft)}",
                flush=True,
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
