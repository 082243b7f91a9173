from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from learning.checkpoint import Checkpoint
from learning.frozen_layers import UpperLayers
from learning.question_side import Example, embed, train
from learning.recipe import Recipe
from storage.embedder import DEFAULT_MODEL, Vectors, load_model
from tests.embedders import real_embedder

QUESTIONS = [
    "When do I get paid?",
    "How long is my holiday?",
    "Who mends the coffee machine?",
    "May I bring my dog to the office?",
    "Where do I send an invoice?",
    "What do I do when my laptop is stolen?",
]
DOCUMENTS = [
    "Animals: well-behaved pets are welcome on Fridays.",
    "Salaries arrive on the 25th.",
    "Facilities looks after kitchen appliances.",
    "Everyone has 27 days of leave a year.",
    "Report lost devices to security at once.",
    "Accounts payable takes bills at its own address.",
]
RIGHT = [1, 3, 2, 0, 5, 4]
QUICK = Recipe(epochs=3, batch=2, learning_rate=3e-4)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return real_embedder().embed(DOCUMENTS)


@pytest.fixture
def model() -> SentenceTransformer:
    return load_model(DEFAULT_MODEL, "cpu")


def examples(upper: UpperLayers) -> list[Example]:
    return [Example(text, (row,)) for text, row in zip(upper.read(QUESTIONS), RIGHT, strict=True)]


def replay(upper: UpperLayers) -> list[Example]:
    texts = ["Pets", "Payday", "Kitchen", "Leave", "Lost laptop", "Invoices"]
    return [Example(text, (row,)) for row, text in enumerate(upper.read(texts))]


def trained(recipe: Recipe, vectors: Vectors, seed: int = 0, checkpoint: Checkpoint | None = None) -> Vectors:
    upper = UpperLayers(load_model(DEFAULT_MODEL, "cpu"), recipe.frozen_share)
    for _ in train(upper, examples(upper), replay(upper), vectors, recipe, seed, checkpoint):
        pass
    return embed(upper, upper.read(QUESTIONS))


def test_what_was_read_below_and_embedded_above_is_what_the_whole_model_makes(model: SentenceTransformer) -> None:
    expected = model.encode(QUESTIONS, normalize_embeddings=True)
    for frozen_share in (0.0, 0.5, 0.99):
        upper = UpperLayers(load_model(DEFAULT_MODEL, "cpu"), frozen_share)
        assert np.abs(embed(upper, upper.read(QUESTIONS)) - expected).max() < 2e-3  # read in half precision


def test_questions_learn_to_find_what_votes_named(vectors: Vectors) -> None:
    before = real_embedder().embed(QUESTIONS) @ vectors.T
    after = trained(QUICK, vectors) @ vectors.T
    rows = np.arange(len(QUESTIONS))

    def margin(cosines: Vectors) -> float:
        others = cosines.copy()
        others[rows, RIGHT] = -1
        return float((cosines[rows, RIGHT] - others.max(axis=1)).mean())

    assert margin(after) > margin(before) + 0.1


def test_only_the_upper_half_is_changed(model: SentenceTransformer, vectors: Vectors) -> None:
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    upper = UpperLayers(model, 0.5)
    names = set(upper.trained())
    for _ in train(upper, examples(upper), replay(upper), vectors, QUICK, 0):
        pass
    changed = {name for name, weights in upper.trained().items() if not torch.equal(weights, before[name])}
    assert changed == names
    assert {name.split("layer.")[1].split(".")[0] for name in names if "layer." in name} == {"3", "4", "5"}
    assert all("embeddings" not in name for name in names)


def test_the_same_seed_makes_the_same_model_and_another_does_not(vectors: Vectors) -> None:
    one, same, other = (trained(QUICK, vectors, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path, vectors: Vectors) -> None:
    whole = trained(QUICK, vectors)

    checkpoint = Checkpoint(tmp_path / "training.checkpoint")
    upper = UpperLayers(load_model(DEFAULT_MODEL, "cpu"), QUICK.frozen_share)
    for step in train(upper, examples(upper), replay(upper), vectors, QUICK, 0, checkpoint):
        if step.step == 5:  # in the second epoch of three
            break
    resumed = trained(QUICK, vectors, checkpoint=checkpoint)
    assert np.abs(resumed - whole).max() < 1e-6


def test_a_vote_that_cites_several_passages_asks_for_one_of_them(vectors: Vectors) -> None:
    upper = UpperLayers(load_model(DEFAULT_MODEL, "cpu"), 0.5)
    [text] = upper.read(["When do I get paid?"])
    losses = {
        rows: next(train(upper, [Example(text, rows)], [], vectors, Recipe(learning_rate=0.0), 0)).loss
        for rows in ((1,), (2,), (1, 2))
    }
    assert losses[(1, 2)] < losses[(1,)] < losses[(2,)]


def test_ignored_passages_are_not_held_against_a_question_and_hard_ones_are_more_so(vectors: Vectors) -> None:
    upper = UpperLayers(load_model(DEFAULT_MODEL, "cpu"), 0.5)
    [text] = upper.read(["When do I get paid?"])

    def loss(example: Example) -> float:
        return next(train(upper, [example], [], vectors, Recipe(learning_rate=0.0), 0)).loss

    plain = loss(Example(text, (1,)))
    assert loss(Example(text, (1,), ignored=(5,))) < plain < loss(Example(text, (1,), hard=(5,)))
