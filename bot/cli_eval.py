"""`lore eval …`: how good Lore is, on questions whose answers are known."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.command_context import JsonOption, open_database, open_service, read_settings, said_plainly

evaluations = typer.Typer(help="Measure how good Lore is, on questions whose answers are known.", no_args_is_help=True)


class SidesOption(StrEnum):
    """What is trained: how questions are read (documents keep their vectors), or questions and documents both."""

    question = "question"
    both = "both"


SidesChoiceOption = Annotated[
    SidesOption, typer.Option("--sides", help="Train how questions are read, or both sides and embed documents anew.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Of everything that is drawn at random.")]


class WriterOption(StrEnum):
    """Who writes an answer: nobody (it is quoted), or the LLM of the settings."""

    none = "none"
    settings = "settings"


WriterChoiceOption = Annotated[WriterOption, typer.Option("--llm", help="Who writes: the settings' LLM, or nobody.")]


@evaluations.command("retrieval")
def eval_retrieval(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder in BEIR's format.")],
    limit: Annotated[
        int | None, typer.Option(min=1, help="Index at most so many documents, those that answer first.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """nDCG@10, recall@10 and MRR@10 of the production chunking and search on a folder in BEIR's format."""
    from bot import terminal
    from bot.evaluation import evaluate_folder

    with said_plainly(), terminal.SyncView(as_json) as show:
        figures = evaluate_folder(read_settings(), folder, limit, show.progress)
    terminal.show_figures(figures, as_json)


@evaluations.command("learning")
def eval_learning(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder in BEIR's format, with a training split.")],
    votes: Annotated[int | None, typer.Option(min=1, help="Questions that are voted on; all without it.")] = None,
    noise: Annotated[float, typer.Option(min=0, max=1, help="The share of votes that are wrong.")] = 0.0,
    corrections: Annotated[float, typer.Option(min=0, max=1, help="The share of 👎 that name the right source.")] = 1.0,
    sides: SidesChoiceOption = SidesOption.question,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Simulate people who ask, vote and are learnt from, and measure what the test questions gain by it."""
    from bot import terminal
    from bot.learning_evaluation import Plan, evaluate_learning
    from bot.simulated_votes import Behaviour

    plan = Plan(votes, Behaviour(corrections, noise), sides.value, seed)
    with said_plainly(), terminal.SyncView(as_json) as syncing, terminal.LearningView(as_json) as learning:
        figures = evaluate_learning(read_settings(), folder, plan, syncing.progress, learning.progress)
    terminal.show_figures(figures, as_json)


@evaluations.command("answers")
def eval_answers(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="JSON Lines: question, pages, answers; without it, eval_questions."),
    ] = None,
    writer: WriterChoiceOption = WriterOption.settings,
    audience: Annotated[
        list[str] | None, typer.Option("--audience", help='Ask as this channel or user group, such as "#people".')
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", metavar="HTML", help="Where the page goes; else below LORE_HOME/eval.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask known questions, and measure the answers; a page has each question beside its answer."""
    from bot import terminal
    from bot.answer_evaluation.command import evaluate_file
    from bot.answer_evaluation.kept import evaluate_kept
    from storage.document import PUBLIC

    with open_service() as service, terminal.AskingBar(as_json) as bar:
        if file is None:
            with open_database() as database:
                figures = evaluate_kept(service, database, read_settings(), "command", bar.asked)
        else:
            asker = PUBLIC | set(audience or [])
            figures = evaluate_file(service, read_settings(), file, asker, writer.value, page, bar.asked)
    terminal.show_answer_figures(figures, as_json)
