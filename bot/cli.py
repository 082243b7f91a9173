"""`lore …`: thin commands, each of which calls one function. Heavy imports wait until a command needs them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.service import Service
    from bot.settings import Settings
    from storage.database import Database
    from storage.document import Audience

app = typer.Typer(
    help="Lore answers questions from your documents, with citations, and says when it does not know.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
evaluations = typer.Typer(help="Measure how good Lore is, on questions whose answers are known.", no_args_is_help=True)
app.add_typer(evaluations, name="eval")
evidence = typer.Typer(help="The triplets that Lore learns from, as JSON Lines.", no_args_is_help=True)
app.add_typer(evidence, name="triplets")
versions = typer.Typer(help="The versions of the embedding model, and what came of each.")
app.add_typer(versions, name="models")


class WriterOption(StrEnum):
    """Who writes an answer: nobody (it is quoted), or the LLM of the settings."""

    none = "none"
    settings = "settings"


class SidesOption(StrEnum):
    """What is trained: how questions are read (documents keep their vectors), or questions and documents both."""

    question = "question"
    both = "both"


SidesChoiceOption = Annotated[
    SidesOption, typer.Option("--sides", help="Train how questions are read, or both sides and embed documents anew.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Of everything that is drawn at random.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, and nothing else.")]
FileOption = Annotated[
    Path | None, typer.Option("--file", "-f", help="Take each line of this file as a question.", metavar="FILE")
]
QuestionArgument = Annotated[str | None, typer.Argument(metavar="QUESTION", help="The question, in quotes.")]
AudienceOption = Annotated[
    list[str] | None,
    typer.Option("--audience", help='See what this channel or user group may see too, such as "#people".'),
]
WriterChoiceOption = Annotated[WriterOption, typer.Option("--llm", help="Who writes: the settings' LLM, or nobody.")]


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
    with _service() as service:
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

    with _service() as service:
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

    with _service() as service:
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
    with _service() as service, terminal.SyncView(as_json) as show:
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

    settings = _settings()
    with _said_plainly():
        if http:
            serve_http(settings, host, port)
        else:
            serve_socket_mode(settings)


@app.command()
def reindex() -> None:
    """Make the vector index anew from the database: after damage, or for another embedding model."""
    from bot import terminal
    from bot.app import open_lore

    with (
        _said_plainly(),
        open_lore(_settings(), "lore reindex", whole_index=False) as lore,
        terminal.ChunkBar("Embedding") as bar,
    ):
        chunks = lore.knowledge.rebuild(bar.total, bar.advance)
    terminal.say(f"The index holds {chunks} chunks.")


@app.command()
def migrate() -> None:
    """Bring the database's tables up to this version of Lore."""
    from bot import app, terminal

    with _said_plainly():
        app.migrate(_settings())
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

    with _service() as service, terminal.LearningView(as_json) as show:
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

    with _service() as service:
        terminal.show_models(service.models(), as_json)


@versions.command()
def rollback() -> None:
    """Serve the version that served before, at once."""
    from bot import terminal

    with _service() as service:
        version = service.rollback()
    terminal.say(f"{version['name']} serves now.")


@evidence.command("export")
def export_triplets(
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Write to this file; without it, print.", metavar="FILE")
    ] = None,
) -> None:
    """Write the triplets that the votes make, and the imported ones, one a line."""
    from bot import terminal
    from learning.evidence import gather
    from learning.triplet_lines import to_line

    with _database() as database:
        lines = [to_line(triplet) + "\n" for triplet in gather(database)]
    if file is None:
        typer.echo("".join(lines).encode(), nl=False)
    else:
        try:
            file.write_text("".join(lines), encoding="utf-8", newline="\n")
        except OSError as error:
            _stop(f"{file} cannot be written: {error.strerror}.")
    terminal.say(f"Triplets exported: {len(lines)}.")


@evidence.command("import")
def import_triplets(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `lore triplets export` wrote.")],
) -> None:
    """Add the triplets of a file to what Lore learns from: all of them, or, where a line is wrong, none."""
    from bot import terminal
    from learning.evidence import import_lines

    with _database() as database:
        try:
            with file.open(encoding="utf-8", newline="\n") as lines:
                imported = import_lines(database, lines)
        except OSError as error:
            _stop(f"{file} cannot be read: {error.strerror}.", 2)
        except UnicodeDecodeError as error:
            _stop(f"{file} is not UTF-8: {error}.", 2)
    terminal.say(f"Triplets imported: {imported.added}, there already: {imported.known}.")


@app.command()
def forget(
    user: Annotated[str, typer.Argument(metavar="USER", help="A person's id in Slack, such as U024BE7LH.")],
) -> None:
    """Delete a person's votes, questions, saved answers, and what Lore would learn from them."""
    from bot import terminal
    from learning.evidence import forget as forget_person

    if not user.strip():
        _stop("Give the id of a person.", 2)
    with _database() as database:
        gone = forget_person(database, user.strip())
    counts = f"votes: {gone.votes}, questions: {gone.questions}, imported triplets: {gone.imported}"
    terminal.say(f"Deleted {counts}, saved answers: {gone.saved}.")


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

    with _said_plainly(), terminal.SyncView(as_json) as show:
        figures = evaluate_folder(_settings(), folder, limit, show.progress)
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
    with _said_plainly(), terminal.SyncView(as_json) as syncing, terminal.LearningView(as_json) as learning:
        figures = evaluate_learning(_settings(), folder, plan, syncing.progress, learning.progress)
    terminal.show_figures(figures, as_json)


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

    with _said_plainly():
        figures = run_bench(_settings(), documents, terminal.say)
    terminal.show_figures(figures, as_json)


def main() -> None:
    """The entry point of the `lore` command."""
    app()


def _settings() -> "Settings":
    from bot.app import set_up_logging
    from bot.settings import load_settings

    with _said_plainly():
        settings = load_settings()
        set_up_logging(settings.log_level)
        return settings


@contextmanager
def _service() -> "Iterator[Service]":
    """The running `lore serve` of this home where there is one, else the parts opened here."""
    from bot.control import running_service
    from bot.settings import home_folder

    with _said_plainly():
        remote = running_service(home_folder())
        if remote is not None:
            yield remote
            return
        from bot.app import open_lore

        with open_lore(_settings(), "lore " + " ".join(sys.argv[1:2])) as lore:
            yield lore.service


@contextmanager
def _database() -> "Iterator[Database]":
    """The database alone: a running `lore serve` is not in the way."""
    from bot.app import make_home
    from storage.database import Database

    with _said_plainly():
        settings = _settings()
        make_home(settings.home)
        database = Database.open(settings.sql_url)
        try:
            yield database
        finally:
            database.close()


@contextmanager
def _said_plainly() -> Iterator[None]:
    """An error that says what to do is printed as it is, without a traceback."""
    from bot.errors import PLAIN_ERRORS

    try:
        yield
    except PLAIN_ERRORS as error:
        _stop(str(error))
    except KeyboardInterrupt:
        _stop("Stopped. What was done until now is kept.", 130)


def _stop(message: str, code: int = 1) -> NoReturn:
    typer.echo(f"lore: {message}", err=True)
    raise typer.Exit(code)


def _questions(question: str | None, file: Path | None) -> Iterator[str]:
    if (question is None) == (file is None):
        _stop("Give either a question or --file.", 2)
    from storage.questions import storable

    if question is not None:
        yield storable(question)
    if file is not None:
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                yield from (storable(line.rstrip("\r\n")) for line in lines)
        except OSError as error:
            _stop(f"{file} cannot be read: {error.strerror}.", 2)


def _audience(names: list[str] | None) -> "Audience":
    from storage.document import PUBLIC

    return PUBLIC | set(names or [])


def _require_sources() -> None:
    settings = _settings()
    if not settings.sources:
        from bot.settings import lore_toml

        _stop(
            f"There is nothing to sync: {lore_toml(settings.home)} names no source. Add one there, for example:\n\n"
            '[[sources]]\nname = "handbook"\nconnector = "files"\npath = "/path/to/a/folder"\nevery = "1h"\n'
        )


if __name__ == "__main__":
    main()
