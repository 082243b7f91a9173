"""Poisoned votes: no model that is worse is promoted. docs/decisions/poison_suite.py runs many more of them."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from bot.simulated_votes import Behaviour, SimulatedVote, Voted, cast, honest_votes
from tests.learning.office import PAGES, POLITE, QUESTIONS, Home, ask, fill, opened
from tests.memory_folder import memory_folder

Poison = Callable[[Sequence[Voted], random.Random], list[SimulatedVote]]


def three_triplets(answers: Sequence[Voted], drawn: random.Random) -> list[SimulatedVote]:
    """As in the common tutorial."""
    return honest_votes(drawn.sample(list(answers), 3), list(PAGES), Behaviour(), drawn.randrange(100))


def one_passage(answers: Sequence[Voted], drawn: random.Random) -> list[SimulatedVote]:
    page = drawn.choice(list(PAGES))
    return [SimulatedVote(each.answer_id, f"U{at}", -1, page) for at, each in enumerate(answers)]


def contradictory(answers: Sequence[Voted], drawn: random.Random) -> list[SimulatedVote]:
    against = [SimulatedVote(each.answer_id, f"U{at}", -1) for at, each in enumerate(answers)]
    return against + [SimulatedVote(each.answer_id, f"V{at}", 1) for at, each in enumerate(answers)]


def all_wrong(answers: Sequence[Voted], drawn: random.Random) -> list[SimulatedVote]:
    """Each names a page drawn at random."""
    return honest_votes(answers, list(PAGES), Behaviour(noise=1.0), drawn.randrange(100))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Home]:
    with memory_folder(tmp_path) as index_folder, opened(tmp_path / "home", index_folder) as home:
        fill(home)
        yield home


def found_first(home: Home) -> int:
    return sum(home.found(f"{POLITE} {question}")[0] == page for question, page in QUESTIONS.items())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("poison", [three_triplets, one_passage, contradictory])
def test_what_can_show_no_gain_is_not_even_trained(office: Home, poison: Poison, seed: int) -> None:
    cast(office.database, poison(ask(office), random.Random(seed)))
    said = []
    outcome = office.learner().learn(seed=seed, on_progress=said.append)
    assert outcome.state == "refused"
    assert outcome.reason.startswith("Too few votes to be sure: ")
    assert not [progress for progress in said if "training" in progress.phase]


def test_votes_that_are_all_wrong_teach_nothing_that_serves(office: Home) -> None:
    before = found_first(office)
    cast(office.database, all_wrong(ask(office), random.Random(7)))
    outcome = office.learner().learn()
    assert outcome.state == "refused"
    assert found_first(office) == before
    assert [version.active for version in office.knowledge.versions()][-1]
