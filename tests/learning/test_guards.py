"""What a candidate must not lose, by the production path."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from learning.gate import TOLERATED, Comparison
from learning.guards import ANSWERED, ANSWERED_TOLERATED, GENERAL, GENERAL_TOLERATED, HEADINGS, Guards
from learning.judging import Judged
from storage.database import Database
from storage.embedder import Vectors
from storage.versions import Version
from tests.learning.rules import ANSWERS, GENERAL_ANSWERS, Knowing, Rules, everywhere, opened, question


@pytest.fixture
def rules(sqlite_url: str, tmp_path: Path) -> Iterator[Rules]:
    """With two answered questions, which cite rules 1 and 2."""
    database = Database.open(sqlite_url)
    with opened(database, tmp_path) as made:
        answered = tuple(Judged(question(n), frozenset({("handbook", f"{n}.md")})) for n in (1, 2))
        yield replace(made, material=replace(made.material, answered=answered))
    database.close()


def guards(
    rules: Rules, current: Version, probes: Vectors, scale: float = 1.0, weight: float = 0.5
) -> list[Comparison]:
    documents = current.document_embedder
    asked = everywhere(probes)
    return Guards(rules.material, current, rules.rank, rules.rank, documents, asked, scale, weight).all()


def test_each_guard_asks_its_own_questions_and_tolerates_its_own_loss(rules: Rules) -> None:
    probes = Knowing({}).questions(rules.material.probes)
    headings, answered, general = guards(rules, rules.current({}), probes)
    assert (headings.name, headings.tolerated, headings.proxy) == (HEADINGS, TOLERATED, False)
    assert (answered.name, answered.tolerated, answered.proxy) == (ANSWERED, ANSWERED_TOLERATED, True)
    assert (general.name, general.tolerated, general.proxy) == (GENERAL, GENERAL_TOLERATED, False)
    assert [len(guard.before) for guard in (headings, answered, general)] == [6, 2, 24]
    assert {guard.kind for guard in (headings, answered, general)} == {"guard"}
    assert list(answered.clusters) == [("handbook", "1.md"), ("handbook", "2.md")]


def test_a_candidate_that_is_the_current_version_changes_nothing(rules: Rules) -> None:
    for guard in guards(rules, rules.current(ANSWERS), Knowing(ANSWERS).questions(rules.material.probes)):
        assert guard.after.tolist() == guard.before.tolist()


def test_answered_questions_that_find_something_else_now_are_a_loss(rules: Rules) -> None:
    _, answered, _ = guards(rules, rules.current(ANSWERS), Knowing({}).questions(rules.material.probes))
    assert answered.before.tolist() == [1.0, 1.0]
    assert (answered.after < 1).all()


def test_general_questions_are_compared_with_the_untrained_model(rules: Rules) -> None:
    """Or many trainings could each lose a little."""
    forgetful = rules.current(GENERAL_ANSWERS, learnt={})
    _, _, general = guards(rules, forgetful, Knowing({}).questions(rules.material.probes))
    assert general.before.tolist() == [1.0] * 24
    assert float(general.after.mean()) < 0.7


def test_without_answered_questions_there_is_nothing_to_lose(rules: Rules) -> None:
    nobody = replace(rules, material=replace(rules.material, answered=()))
    _, answered, _ = guards(nobody, nobody.current({}), Knowing({}).questions(nobody.material.probes))
    assert answered.before.shape == answered.after.shape == (0,)
    assert np.isfinite(answered.weights).all()
