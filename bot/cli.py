"""`lore …`: thin commands, each of which calls one function. Heavy imports wait until a command needs them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_audience import meanings
from bot.cli_bulk import bulk
from bot.cli_eval import (
    SeedOption,
    SidesChoiceOption,
    SidesOption,
    WriterChoiceOption,
    WriterOption,
    evaluations,
)
from bot.cli_sources import configured
from bot.cli_triplets import evidence
from bot.command_context import JsonOption, open_database, open_service, read_settings, said_plainly, stop

if TYPE_CHECKING:
    from storage.document import Audience

app = typer.Typer(
    help="Lore answers questions from your documents, with citations, and says when it does not know.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(bulk)
app.add_typer(meanings, name="audience")
app.add_typer(configured, name="sources")
app.add_typer(evaluations, name="eval")
app.add_typer(evidence, name="triplets")
versions = typer.Typer(help="The versions of the embedding model, and what came of each.")
app.add_typer(versions, name="models")


FileOption = Annotated[
    Path | None, typer.Option("--file", "-f", help="Take each line of this file as a question.", metavar="FILE")
]
QuestionArgument = Annotated[str | None, typer.Argument(metavar="QUESTION", help="The question, in quotes.")]
AudienceOption = Annotated[
    list[str] | None,
    typer.Option("--audience", help='See what this channel or user group may see too, such as "#people".'),
]


@app.command()
def ask(
    question: QuestionArgument = None,
    file: FileOption = None,
    writer: WriterChoiceOption = WriterOption.settings,
    audience: AudienceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the documents, with citations."""
    from bot import terminal

    failed = False
    with open_service() as service:
        for text in _questions(question, file):
            show = terminal.AnswerView(as_json)
            answer = service.ask(text, _audience(audience), writer.value, show.text)
            show.end(answer)
            failed |= answer["kind"] == "failed"
    if failed:
        raise typer.Exit(1)


@app.command()
def search(
    question: QuestionArgument = None,
    file: FileOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="Passages to show.")] = 10,
    audience: AudienceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the passages found for a question, with their dense, BM25 and fused scores."""
    from bot import terminal

    with open_service() as service:
        for text in _questions(question, file):
            terminal.show_passages(service.search(text, _audience(audience), limit), as_json)


@app.command()
def explain(
    question: QuestionArgument = None,
    file: FileOption = None,
    writer: WriterChoiceOption = WriterOption.settings,
    audience: AudienceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show why a question was answered or not: word pieces, passages, scores, timings, the decision."""
    from bot import terminal

    with open_service() as service:
        for text in _questions(question, file):
            terminal.show_explanation(service.explain(text, _audience(audience), writer.value), as_json)


@app.command()
def sync(
    sources: Annotated[list[str] | None, typer.Argument(help="Names of sources; all where none is given.")] = None,
    allow_removals: Annotated[
        bool, typer.Option("--allow-removals", help="Delete even more than half of a source's documents.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make the knowledge base equal to what its sources hold now."""
    from bot import terminal

    _require_sources()
    with open_service() as service, terminal.SyncView(as_json) as show:
        service.sync(sources or [], allow_removals, show.progress, show.report)
    if show.failed:
        raise typer.Exit(1)


@app.command()
def serve(
    http: Annotated[bool, typer.Option("--http", help="Take Slack's events over HTTP, not Socket Mode.")] = False,
    host: Annotated[str, typer.Option(help="The address to listen on, with --http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on, with --http.")] = 3000,
) -> None:
    """Run the bot: answer in Slack, and sync each source on its schedule."""
    from bot.serve import serve_http, serve_socket_mode

    settings = read_settings()
    with said_plainly():
        if http:
            serve_http(settings, host, port)
        else:
            serve_socket_mode(settings)


@app.command()
def worker() -> None:
    """Sync each source on its schedule, and nothing else: beside a `lore serve` with `sync_in_serve = false`."""
    from bot.worker import run_worker

    with said_plainly():
        run_worker(read_settings())


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Check all that can be wrong, and say for each: ok, or what to do."""
    from bot.doctor import examine
    from bot.doctor_view import show_check

    wrong = False
    for check in examine():
        show_check(check, as_json)
        wrong |= check.state == "wrong"
    if wrong:
        raise typer.Exit(1)


@app.command()
def reindex() -> None:
    """Make the vector index anew from the database: after damage, or for another embedding model."""
    from bot import terminal
    from bot.app import open_lore

    with (
        said_plainly(),
        open_lore(read_settings(), "lore reindex", whole_index=False) as lore,
        terminal.ChunkBar("Embedding") as bar,
    ):
        chunks = lore.knowledge.rebuild(bar.total, bar.advance)
    terminal.say(f"The index holds {chunks} chunks.")


@app.command()
def migrate() -> None:
    """Bring the database's tables up to this version of Lore."""
    from bot import app, terminal

    with said_plainly():
        app.migrate(read_settings())
    terminal.say("The database is up to date.")


@app.command()
def learn(
    sides: SidesChoiceOption = SidesOption.question,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Train and judge, but change nothing.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Open the report in a browser when it is done.")] = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Learn from the votes, and serve what is learnt if held-out questions show that it helps."""
    from bot import terminal

    with open_service() as service, terminal.LearningView(as_json) as show:
        outcome = service.learn(sides.value, seed, dry_run, show.progress)
    terminal.show_outcome(outcome, as_json)
    if report and outcome["report"]:
        typer.launch(outcome["report"])


@versions.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the versions of the embedding model: which one serves, and what the gate said of the others."""
    if context.invoked_subcommand is not None:
        return
    from bot import terminal

    with open_service() as service:
        terminal.show_models(service.models(), as_json)


@versions.command()
def rollback() -> None:
    """Serve the version that served before, at once."""
    from bot import terminal

    with open_service() as service:
        version = service.rollback()
    terminal.say(f"{version['name']} serves now.")


@app.command()
def calibrate(as_json: JsonOption = False) -> None:
    """Fit how sure answers may be to the documents and the model, with questions made from the documents."""
    from bot import terminal

    with open_service() as service, terminal.AskingBar(as_json) as bar:
        calibrated = service.calibrate(bar.asked)
    terminal.show_figures(calibrated, as_json)


@app.command()
def forget(
    user: Annotated[str, typer.Argument(metavar="USER", help="A person's id in Slack, such as U024BE7LH.")],
) -> None:
    """Delete a person's votes, questions, saved answers, and what Lore would learn from them."""
    from bot import terminal
    from learning.evidence import forget as forget_person

    if not user.strip():
        stop("Give the id of a person.", 2)
    with open_database() as database:
        gone = forget_person(database, user.strip())
    counts = f"votes: {gone.votes}, questions: {gone.questions}, imported triplets: {gone.imported}"
    terminal.say(f"Deleted {counts}, saved answers: {gone.saved}.")


@app.command()
def bench(
    documents: Annotated[
        Path | None, typer.Option("--documents", metavar="DIR", help="Ingest this folder; without it, made-up text.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure speed on this machine, each figure as a ratio to its floor in the same run."""
    from bot import terminal
    from bot.bench import run_bench

    with said_plainly():
        figures = run_bench(read_settings(), documents, terminal.say)
    terminal.show_figures(figures, as_json)


def main() -> None:
    """The entry point of the `lore` command."""
    app()


def _questions(question: str | None, file: Path | None) -> Iterator[str]:
    if (question is None) == (file is None):
        stop("Give either a question or --file.", 2)
    from storage.questions import storable

    if question is not None:
        yield storable(question)
    if file is not None:
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                yield from (storable(line.rstrip("\r\n")) for line in lines)
        except OSError as error:
            stop(f"{file} cannot be read: {error.strerror}.", 2)


def _audience(names: list[str] | None) -> "Audience":
    from storage.document import PUBLIC

    return PUBLIC | set(names or [])


def _require_sources() -> None:
    settings = read_settings()
    if not settings.sources:
        from bot.settings import lore_toml

        stop(
            f"There is nothing to sync: {lore_toml(settings.home)} names no source. Add one there, for example:\n\n"
            '[[sources]]\nname = "handbook"\nconnector = "files"\npath = "/path/to/a/folder"\nevery = "1h"\n'
        )


if __name__ == "__main__":
    main()
