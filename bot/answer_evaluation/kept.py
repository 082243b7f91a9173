"""The questions that a company keeps, asked: by hand, on a schedule, and after each promotion."""

from collections.abc import Callable

import structlog

from bot.answer_evaluation.command import evaluate_questions
from bot.answer_evaluation.questions import digest, read_questions
from bot.answer_evaluation.runs import EvaluationRuns
from bot.contract import Json
from bot.service import Service
from bot.settings import Settings
from learning.evaluate import EvaluationError
from storage.database import Database
from storage.document import PUBLIC

log = structlog.get_logger()


def evaluate_kept(
    service: Service,
    database: Database,
    settings: Settings,
    because: str,
    on_asked: Callable[[int, int], None] = lambda done, total: None,
) -> Json:
    """Ask the questions of `eval_questions` as everyone, write the figures down, and warn of those that fell.

    Returns the figures, with `fallen` in words. Raises EvaluationError.
    """
    file = settings.known_questions
    if file is None:
        raise EvaluationError(
            "No file of questions is given. Name one, or set eval_questions in lore.toml to the file that you keep."
        )
    questions = read_questions(file)
    page = settings.home / "eval" / f"answers-{file.stem}.html"
    figures = evaluate_questions(service, questions, file.name, PUBLIC, "settings", page, on_asked)
    fallen = EvaluationRuns(database).record(figures, digest(questions), figures["model"]["embedding"], because)
    for one in fallen:
        log.warning(
            "answers got worse", figure=one.name, before=round(one.before, 4), now=round(one.now, 4), page=str(page)
        )
    return {**figures, "fallen": [str(one) for one in fallen]}
