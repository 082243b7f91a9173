"""What a report's values come to when they are counted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from learning.report.contents import KnowledgeMap, Report, ReportedQuestion, Training
from learning.report.wording import RANKS

RANK_GROUPS = ("first", "2nd or 3rd", f"4th to {RANKS}th", f"not in {RANKS}")


def rank_groups(questions: Sequence[ReportedQuestion]) -> tuple[list[int], list[int]]:
    """How many questions' right document stood in each of RANK_GROUPS, before and after."""
    before, after = [0] * len(RANK_GROUPS), [0] * len(RANK_GROUPS)
    for question in questions:
        before[_group(question.rank_before)] += 1
        after[_group(question.rank_after)] += 1
    return before, after


def better(questions: Sequence[ReportedQuestion]) -> list[ReportedQuestion]:
    """Those whose right document ranks higher than before, the greatest gain first."""
    return sorted((one for one in questions if _gain(one) > 0), key=_gain, reverse=True)


def worse(questions: Sequence[ReportedQuestion]) -> list[ReportedQuestion]:
    """Those whose right document ranks lower than before, the greatest loss first."""
    return sorted((one for one in questions if _gain(one) < 0), key=_gain)


def guards_passed(report: Report) -> tuple[int, int]:
    """How many guards passed, and how many there are."""
    guards = [measure for measure in report.measures if measure.passed is not None]
    return sum(guard.passed is True for guard in guards), len(guards)


@dataclass(frozen=True)
class Curve:
    """A training's curve in four figures; the losses are None where nothing was logged."""

    name: str
    steps: int
    first: float | None
    lowest: float | None
    last: float | None


def curve(training: Training) -> Curve:
    """What the curve's table says of a training."""
    losses = [point.loss for point in training.points]
    if not losses:
        return Curve(training.name, 0, None, None, None)
    lowest = min((loss for loss in losses if not math.isnan(loss)), default=None)
    return Curve(training.name, training.points[-1].step, losses[0], lowest, losses[-1])


def nearer(drawn: KnowledgeMap) -> tuple[int, int]:
    """How many of the drawn questions came nearer to their right document, and of how many that can be said."""
    ways = [
        question.cosine_after - question.cosine_before
        for question in drawn.questions
        if question.cosine_before is not None and question.cosine_after is not None
    ]
    return sum(way > 0 for way in ways), len(ways)


def _group(rank: int | None) -> int:
    if rank is None or rank > RANKS:
        return 3
    return 0 if rank == 1 else 1 if rank <= 3 else 2


def _gain(question: ReportedQuestion) -> float:
    """By reciprocal rank, as MRR counts it: from second to first matters more than from tenth to ninth."""
    before, after = question.rank_before, question.rank_after
    return (1 / after if after else 0.0) - (1 / before if before else 0.0)
