"""The share of a training that is kept, and the weight that goes with it, chosen without peeping."""

from collections.abc import Sequence

import numpy as np

from learning.candidate import USUAL, Fit, fit
from learning.judging import Judged, Ranked, Rankings, Values

RIGHT, WRONG = ("handbook", "right.md"), ("handbook", "wrong.md")
BY_COSINE = (Ranked(RIGHT, 1.0, 0.0), Ranked(WRONG, 0.0, 1.0))
"""What is found first at a weight of 0.5 and above."""
BY_WORDS = (Ranked(RIGHT, 0.0, 1.0), Ranked(WRONG, 1.0, 0.0))
ALWAYS, NEVER = (Ranked(RIGHT, 1.0, 1.0), Ranked(WRONG, 0.0, 0.0)), (Ranked(WRONG, 1.0, 1.0),)


def rankings(*found: Sequence[Ranked]) -> Rankings:
    return Rankings([Judged(f"question {at}", frozenset({RIGHT})) for at in range(len(found))], list(found))


def chosen(
    tried: dict[float, Rankings], before: Sequence[float], unvoted: Sequence[int] = (), weights: Values | None = None
) -> Fit:
    """With the questions in three folds in turn."""
    count = len(before)
    marked = np.isin(np.arange(count), unvoted)
    return fit(tried, np.array(before), marked, np.ones(count) if weights is None else weights, np.arange(count) % 3)


def test_the_share_and_the_weight_are_those_that_find_most() -> None:
    found = chosen({1.0: rankings(*[BY_COSINE] * 6), 0.5: rankings(*[NEVER] * 6)}, [0.5] * 6)
    assert found.setting.share == 1.0
    assert found.setting.dense_weight >= 0.5
    assert found.held_out.tolist() == [1.0] * 6
    found = chosen({1.0: rankings(*[NEVER] * 6), 0.5: rankings(*[BY_WORDS] * 6)}, [0.5] * 6)
    assert (found.setting.share, found.setting.dense_weight < 0.5) == (0.5, True)


def test_where_all_are_as_good_the_usual_setting_is_kept() -> None:
    found = chosen({1.0: rankings(*[ALWAYS] * 6), 0.5: rankings(*[ALWAYS] * 6)}, [1.0] * 6)
    assert (found.setting.share, found.setting.dense_weight) == (1.0, USUAL.dense_weight)


def test_harm_to_what_nobody_voted_on_weighs_more_than_the_same_gain() -> None:
    """All of the training gains on eight of nine questions, half of it on six and harms none."""
    whole = rankings(*[ALWAYS] * 60, *[NEVER] * 10, *[ALWAYS] * 20)
    half = rankings(*[ALWAYS] * 60, *[BY_COSINE] * 10, *[NEVER] * 20)
    before = [0.0] * 60 + [1.0] * 10 + [0.0] * 20
    assert chosen({1.0: whole, 0.5: half}, before).setting.share == 1.0
    assert chosen({1.0: whole, 0.5: half}, before, unvoted=range(60, 70)).setting.share == 0.5


def test_a_gain_on_what_nobody_voted_on_counts_as_any_other() -> None:
    gains_there = rankings(*[ALWAYS] * 3, *[NEVER] * 27)
    gains_elsewhere = rankings(*[NEVER] * 3, *[ALWAYS] * 15, *[NEVER] * 12)
    assert chosen({1.0: gains_there, 0.5: gains_elsewhere}, [0.0] * 30, unvoted=[0, 1, 2]).setting.share == 0.5


def test_what_is_better_by_chance_is_not_chosen() -> None:
    usual, luckier = rankings(*[ALWAYS] * 6, NEVER, NEVER, NEVER), rankings(*[NEVER] * 2, *[ALWAYS] * 7)
    assert chosen({USUAL.share: usual, 0.5: luckier}, [0.0] * 9).setting == USUAL


def test_questions_count_by_their_weights() -> None:
    tried = {1.0: rankings(*[ALWAYS] * 20, *[NEVER] * 10), 0.5: rankings(*[NEVER] * 20, *[ALWAYS] * 10)}
    assert chosen(tried, [0.0] * 30).setting.share == 1.0
    assert chosen(tried, [0.0] * 30, weights=np.repeat([0.1, 1.0], [20, 10])).setting.share == 0.5


def test_what_a_question_is_judged_by_was_never_chosen_by_its_own_values() -> None:
    """Whatever is found for one question, its fold's setting is the one that is best for the other folds."""
    random = np.random.default_rng(0)
    kinds = (BY_COSINE, BY_WORDS, ALWAYS, NEVER)
    for _ in range(50):
        tried = {share: [kinds[at] for at in random.integers(4, size=9)] for share in (1.0, 0.75, 0.5)}
        before = random.random(9)
        plain = chosen({share: rankings(*found) for share, found in tried.items()}, before.tolist(), unvoted=[1, 2, 5])
        at = int(random.integers(9))
        # Of three questions that are held out together, the others keep their values whatever this one's become.
        changed = {share: [*found[:at], kinds[random.integers(4)], *found[at + 1 :]] for share, found in tried.items()}
        other = chosen(
            {share: rankings(*found) for share, found in changed.items()}, before.tolist(), unvoted=[1, 2, 5]
        )
        together = [row for row in range(9) if row % 3 == at % 3 and row != at]
        assert plain.held_out[together].tolist() == other.held_out[together].tolist()


def test_where_each_setting_helps_only_one_fold_the_held_out_values_tell() -> None:
    """The best setting of all is flattered: each question is right only where it chose the setting itself."""
    tried = {
        1.0: rankings(*[ALWAYS, NEVER, NEVER] * 10),
        0.75: rankings(*[NEVER, ALWAYS, NEVER] * 10),
        0.5: rankings(*[NEVER, NEVER, ALWAYS] * 10),
    }
    assert chosen(tried, [0.0] * 30).held_out.tolist() == [0.0] * 30


def test_with_one_fold_there_is_nothing_else_to_choose_by() -> None:
    none = np.zeros(2, dtype=bool)
    found = fit({1.0: rankings(ALWAYS, NEVER)}, np.zeros(2), none, np.ones(2), np.zeros(2, dtype=np.intp))
    assert found.held_out.tolist() == [1.0, 0.0]
