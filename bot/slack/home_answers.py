"""The part of the home tab that tells admins where answers to the questions that the company keeps got worse."""

from typing import Any

from bot.answer_evaluation.runs import EvaluationRun
from bot.slack.words import sections

Json = dict[str, Any]

FIGURES = 6


def answers_blocks(run: EvaluationRun | None) -> list[Json]:
    """The blocks; none where no figure fell when the questions were asked last, or they never were."""
    if run is None or not run.fallen:
        return []
    header = {"type": "header", "text": {"type": "plain_text", "text": "Answers got worse", "emoji": False}}
    lines = [
        f"⚠️ When the questions that you keep were asked last, at {run.finished_at:%Y-%m-%d %H:%M} UTC:",
        *(f"• {one}" for one in run.fallen[:FIGURES]),
        "Each question is beside its answer on a page whose path `lore doctor` tells on the server. "
        "`lore models rollback` undoes what was learnt last.",
    ]
    return [header, *sections(lines)]
