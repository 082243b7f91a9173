"""Poisoned votes, over and over: is a model that is worse by the true judgements ever promoted?

    LORE_HOME=/some/folder python docs/decisions/poison_suite.py DIR --seeds 0 1 2 3 4 5 6 > poison.jsonl

DIR is a folder in BEIR's format with a training split (SciFact, say), of which a part is used. Each line of the output
is a run: what was poisoned, the seed, the gate's verdict, and what the test questions say before and after, in all and
of those whose documents no vote named. A run is harmful where its model was promoted and is worse by more than half a
point of nDCG@10 in either. Runs that are in the output file given with --done are not run again. A run takes
three minutes of one processor: part the seeds among processes, each with a folder of its own.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bot.app import Lore, migrate, open_lore
from bot.evaluation import evaluation_settings, sync_corpus
from bot.learning_evaluation import Plan, ask_all, copied_home, learn_and_compare, named_documents, voted_answers
from bot.settings import load_settings
from bot.simulated_votes import Behaviour, SimulatedVote, Voted, honest_votes
from learning.evaluate import Judgements, read_judgements
from storage.document import PUBLIC

DOCUMENTS = 1_000
VOTES = 150
ATTACKER = "UATTACKER"
NEAR = 20
"""Passages among which a near miss is drawn."""

HARM = 0.005


@dataclass(frozen=True)
class World:
    """What a poisoner works with: the answers, in the order of the questions, their texts, and all documents; the
    model, and the documents of what a question finds."""

    answers: Sequence[Voted]
    texts: Sequence[str]
    documents: Sequence[str]
    embed: Callable[[str], np.ndarray]
    near: Callable[[str], Sequence[str]]


Poison = Callable[[World, int], list[SimulatedVote]]


def noise(share: float) -> Poison:
    """Random wrong votes among honest ones."""

    def votes(world: World, seed: int) -> list[SimulatedVote]:
        some = random.Random(seed).sample(list(world.answers), VOTES)
        return honest_votes(some, world.documents, Behaviour(noise=share), seed)

    return votes


def near_misses(share: float) -> Poison:
    """Wrong votes among honest ones, each for a document that its question finds: nobody could tell them by that."""

    def votes(world: World, seed: int) -> list[SimulatedVote]:
        drawn = random.Random(seed)
        some = drawn.sample(range(len(world.answers)), VOTES)
        cast_votes = honest_votes([world.answers[at] for at in some], world.documents, Behaviour(), seed)
        for place, at in enumerate(some):
            wrong = [document for document in world.near(world.texts[at]) if document not in world.answers[at].right]
            if wrong and drawn.random() < share:
                cast_votes[place] = replace(cast_votes[place], vote=-1, correction=drawn.choice(wrong))
        return cast_votes

    return votes


def one_person(world: World, seed: int) -> list[SimulatedVote]:
    """One person votes 500 times, always wrongly, beside a hundred honest votes of others."""
    drawn = random.Random(seed)
    answers = list({each.answer_id: each for each in world.answers}.values())  # a person votes once on an answer
    mixed = drawn.sample(answers, min(600, len(answers)))
    honest = honest_votes(mixed[:100], world.documents, Behaviour(), seed)
    return honest + [SimulatedVote(each.answer_id, ATTACKER, -1, drawn.choice(world.documents)) for each in mixed[100:]]


def one_passage(world: World, seed: int) -> list[SimulatedVote]:
    """Every vote names the same document."""
    drawn = random.Random(seed)
    document = drawn.choice(world.documents)
    some = drawn.sample(list(world.answers), VOTES)
    return [SimulatedVote(each.answer_id, f"U{at % 25}", -1, document) for at, each in enumerate(some)]


def one_topic(world: World, seed: int) -> list[SimulatedVote]:
    """Every vote on one topic names one wrong page; the votes on all else are honest."""
    drawn = random.Random(seed)
    vectors = np.stack([world.embed(text) for text in world.texts])
    nearest = np.argsort(-(vectors @ vectors[drawn.randrange(len(vectors))]))
    topic, others = nearest[:25].tolist(), drawn.sample(nearest[25:].tolist(), VOTES - 25)
    right = {document for at in topic for document in world.answers[at].right}
    page = drawn.choice([document for document in world.documents if document not in right])
    poisoned = [SimulatedVote(world.answers[at].answer_id, f"U{at % 25}", -1, page) for at in topic]
    return poisoned + honest_votes([world.answers[at] for at in others], world.documents, Behaviour(), seed)


def three_triplets(world: World, seed: int) -> list[SimulatedVote]:
    """Three votes, as in the common tutorial."""
    some = random.Random(seed).sample(list(world.answers), 3)
    return honest_votes(some, world.documents, Behaviour(), seed)


def contradictory(world: World, seed: int) -> list[SimulatedVote]:
    """For each vote, another person's that says the opposite; every tenth has the last word."""
    some = random.Random(seed).sample(list(world.answers), VOTES)
    against = [SimulatedVote(each.answer_id, f"U{at % 25}", -1) for at, each in enumerate(some)]
    return against + [
        SimulatedVote(each.answer_id, f"V{at % 25}", 1) for at, each in enumerate(some) if at % 10 or not at
    ]


POISONS: dict[str, Poison] = {
    "three triplets": three_triplets,
    "one passage": one_passage,
    "contradictory": contradictory,
    "one topic": one_topic,
    "60 % noise": noise(0.6),
    "30 % noise": noise(0.3),
    "10 % noise": noise(0.1),
    "60 % near misses": near_misses(0.6),
    "30 % near misses": near_misses(0.3),
    "one person": one_person,
}


def main() -> None:
    """Run each poison with each seed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--seeds", type=int, nargs="+", default=range(7))
    arguments.add_argument("--done", type=Path)
    chosen = arguments.parse_args()
    done = chosen.done.read_text().splitlines() if chosen.done and chosen.done.exists() else []
    over = {(run["poison"], run["seed"]) for run in map(json.loads, done)}
    folder = chosen.folder.resolve()
    train, test = read_judgements(folder, "train"), read_judgements(folder, "test")
    own = evaluation_settings(load_settings(), folder, DOCUMENTS)
    migrate(own)
    with open_lore(own, "poison suite") as lore:
        sync_corpus(lore, folder, some_documents(folder, train, test), lambda progress: None)
        ask_all(lore, train, lambda progress: None)
    for seed in chosen.seeds:
        for name, poison in POISONS.items():
            if (name, seed) in over:
                continue
            with copied_home(own) as copy, open_lore(copy, "poison suite") as lore:
                print(json.dumps({"poison": name, "seed": seed, **run(lore, train, test, poison, seed)}), flush=True)


def run(lore: Lore, train: Judgements, test: Judgements, poison: Poison, seed: int) -> dict[str, object]:
    """Vote, learn and judge once."""
    answers = voted_answers(lore, train)
    world = World(
        list(answers.values()),
        [train.questions[id] for id in answers],
        sorted({document for relevant in (*train.relevant.values(), *test.relevant.values()) for document in relevant}),
        lore.knowledge.embedder.embed_question,
        lambda text: found_documents(lore, text),
    )
    votes = poison(world, seed)
    of_answer = {voted.answer_id: voted for voted in world.answers}
    named = {document for vote in votes for document in named_documents(of_answer[vote.answer_id], vote)}
    figures = learn_and_compare(lore, votes, named, test, replace(Plan(), seed=seed), lambda progress: None)
    changes = {name: figures[name] for name in ("gain", "gain_unvoted")}
    return {
        "promoted": figures["promoted"],
        "harmful": figures["promoted"] and min(changes.values()) < -HARM,
        **changes,
        "gain_ci95": figures["gain_ci95"],
        "gain_unvoted_ci95": figures["gain_unvoted_ci95"],
        "unvoted_questions": figures["before_unvoted"]["queries"],
        "triplets": figures["triplets"],
        "seconds": figures["learn_seconds"],
        "gate": [
            {name: measure[name] for name in ("name", "questions", "change", "ci95")}
            for measure in figures["gate"].get("measures", ())
        ],
        "reason": figures["reason"],
    }


def found_documents(lore: Lore, text: str) -> list[str]:
    """The documents of the passages that a question finds, best first."""
    passages = lore.knowledge.search(text, PUBLIC, NEAR).passages
    return list(dict.fromkeys(passage.document.id for passage in passages))


def some_documents(folder: Path, train: Judgements, test: Judgements) -> set[str]:
    """The documents that answer a question, and others in their order, DOCUMENTS in all."""
    kept = {document for judged in (train, test) for relevant in judged.relevant.values() for document in relevant}
    with (folder / "corpus.jsonl").open(encoding="utf-8") as corpus:
        for line in corpus:
            if len(kept) >= DOCUMENTS:
                break
            kept.add(str(json.loads(line)["_id"]))
    return kept


if __name__ == "__main__":
    sys.exit(main())
