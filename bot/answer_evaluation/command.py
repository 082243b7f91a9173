"""`lore eval answers`: a file of questions into figures and a page."""

from collections.abc import Callable
from pathlib import Path

from bot.answer_evaluation.evaluate import ask_all
from bot.answer_evaluation.figures import figures, rounded
from bot.answer_evaluation.page import render, write_page
from bot.answer_evaluation.questions import KnownQuestion, read_questions
from bot.contract import Json
from bot.service import Service, WriterChoice
from bot.settings import Settings
from storage.document import Audience
from storage.tables import utc_now


def evaluate_file(
    service: Service,
    settings: Settings,
    file: Path,
    audience: Audience,
    writer: WriterChoice,
    page: Path | None,
    on_asked: Callable[[int, int], None],
) -> Json:
    """The figures of the file's questions, and the path of the page that is written; see docs/json.md.

    Raises EvaluationError where the file is not as it should be, or the page cannot be written.
    """
    questions = read_questions(file)
    path = page or settings.home / "eval" / f"answers-{file.stem}.html"
    return evaluate_questions(service, questions, file.name, audience, writer, path, on_asked)


def evaluate_questions(
    service: Service,
    questions: list[KnownQuestion],
    name: str,
    audience: Audience,
    writer: WriterChoice,
    page: Path,
    on_asked: Callable[[int, int], None] = lambda done, total: None,
) -> Json:
    """The figures of these questions, whose page is written to `page`; `name` names them there."""
    outcomes = ask_all(service, questions, audience, writer, lambda done: on_asked(done, len(questions)))
    measured = figures(outcomes)
    write_page(render(outcomes, measured, name, utc_now()), page)
    found: Json = rounded({**measured, "page": str(page.absolute())})  # type: ignore[assignment]
    return found
