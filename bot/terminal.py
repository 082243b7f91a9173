"""What the commands show: for people with colours and progress bars, for scripts as JSON and nothing else."""

import json
import sys
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.answering.age import changed
from bot.contract import Json
from ingestion.sync import Progress as SyncProgress
from learning.training import TrainingProgress

console = Console(highlight=False, soft_wrap=True)
to_person = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """A sentence to the person, on standard error: standard output is for what was asked for."""
    to_person.print(escape(text))


def print_json(value: Any) -> None:
    """One JSON object on a line of standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class AnswerView:
    """Shows an answer while it is written, and its sources below; or its JSON at the end."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def text(self, piece: str) -> None:
        """The next piece of the answer."""
        if not self._as_json:
            console.print(escape(piece), end="")

    def end(self, answer: Json) -> None:
        """The whole answer."""
        if self._as_json:
            print_json(answer)
            return
        console.print()
        if answer["citations"]:
            console.print()
        for citation in answer["citations"]:
            console.print(f"[dim]{_cited(citation)}[/dim]")


def show_passages(found: Json, as_json: bool) -> None:
    """The passages of a search, with their scores."""
    if as_json:
        print_json(found)
        return
    console.print(_passages_table(found["passages"]))
    console.print(_timings(found["timings_ms"]))


def show_explanation(explained: Json, as_json: bool) -> None:
    """All that is known about how a question was answered."""
    if as_json:
        print_json(explained)
        return
    pieces = explained["word_pieces"]
    cut = f" of {explained['tokens']}; the rest is not seen" if explained["tokens"] > len(pieces) else ""
    console.print(f"[bold]What the model sees[/bold] ({len(pieces)} word pieces{cut})")
    console.print(escape(" ".join(pieces)))
    weight = explained["dense_weight"]
    console.print(f"\n[bold]Passages[/bold] (fused = {weight:.2f} x dense + {1 - weight:.2f} x bm25 + votes)")
    console.print(_passages_table(explained["passages"]))
    for felt in explained["felt_votes"]:
        console.print(f"[dim]{_felt(felt)}[/dim]")
    confidence, fitted_on = explained["confidence"], explained["confidence_fitted_on"]
    by = "as shipped" if fitted_on is None else f"fitted on {fitted_on} questions made from these documents"
    shown = "" if confidence is None else f", confidence {confidence:.2f} ({by})"
    console.print(f"\n[bold]{explained['kind'].capitalize()}[/bold]{shown}: {escape(explained['reason'])}")
    console.print(escape(explained["text"]))
    for citation in explained["citations"]:
        console.print(f"[dim]{_cited(citation)}[/dim]")
    model = explained["model"]
    prompts = f", prompts {', '.join(model['prompts'])}" if model["prompts"] else ""
    llm = escape(f"{model['llm'] or 'quoting, no LLM'}{prompts}")
    console.print(f"\n[bold]Models[/bold] {escape(model['embedding'])}, {llm}")
    console.print(_timings(explained["timings_ms"]))


def show_figures(figures: Json, as_json: bool) -> None:
    """Measured figures, one a line."""
    if as_json:
        print_json(figures)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in figures.items():
        table.add_row(escape(name), f"{value:,.4g}" if isinstance(value, float) else escape(str(value)))
    console.print(table)


def show_answer_figures(figures: Json, as_json: bool) -> None:
    """The figures of answers, a group a paragraph, and where the page is."""
    if as_json:
        print_json(figures)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in figures.items():
        if isinstance(value, dict):
            table.add_section()
            for inner, figure in value.items():
                if not isinstance(figure, list):
                    table.add_row(escape(f"{name}: {inner}"), _figure(figure))
        elif name != "page":
            table.add_row(escape(name), _figure(value))
    console.print(table)
    console.print(f"Page: {escape(str(figures['page']))}")


def _figure(value: Any) -> str:
    return "-" if value is None else f"{value:,.4g}" if isinstance(value, float) else escape(str(value))


class _Bars:
    """Progress bars, drawn for as long as a block runs."""

    def __init__(self, disable: bool) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=to_person,
            disable=disable,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bars.stop()


class SyncView(_Bars):
    """A progress bar a source while it is synced, and a line when it is done."""

    def __init__(self, as_json: bool) -> None:
        self.failed = False
        super().__init__(disable=as_json)
        self._as_json = as_json
        self._tasks: dict[str, TaskID] = {}

    def progress(self, progress: SyncProgress) -> None:
        """How far the sync of a source is."""
        if progress.source not in self._tasks:
            self._tasks[progress.source] = self._bars.add_task(escape(progress.source), unit="documents")
        self._bars.update(
            self._tasks[progress.source],
            total=progress.total,
            completed=progress.done,
            description=f"{escape(progress.source)}, {progress.chunks} chunks",
        )

    def report(self, report: Json) -> None:
        """What the sync of a source did."""
        self.failed |= report["error"] is not None
        if self._as_json:
            print_json(report)
            return
        documents, chunks = report["documents"], report["chunks"]
        failed = f", [red]{documents['failed']} failed[/red]" if documents["failed"] else ""
        self._bars.console.print(
            f"[bold]{escape(report['source'])}[/bold]: {documents['listed']} documents, {documents['added']} added, "
            f"{documents['changed']} changed, {documents['removed']} removed{failed}; "
            f"{chunks['embedded']} chunks embedded, {chunks['reused']} reused, in {report['seconds']:.1f} s"
        )
        if report["error"]:
            self._bars.console.print(f"[red]{escape(report['error'])}[/red]")


class LearningView(_Bars):
    """A progress bar for each phase of learning."""

    def __init__(self, as_json: bool) -> None:
        super().__init__(disable=as_json)
        self._tasks: dict[str, TaskID] = {}

    def progress(self, progress: TrainingProgress) -> None:
        """How far the phase is."""
        if progress.phase not in self._tasks:
            self._tasks[progress.phase] = self._bars.add_task(escape(progress.phase))
        self._bars.update(self._tasks[progress.phase], total=progress.total, completed=progress.done)


def show_outcome(outcome: Json, as_json: bool) -> None:
    """What came of learning: the verdict, and each measure with its change."""
    if as_json:
        print_json(outcome)
        return
    console.print(f"[bold]{outcome['state'].capitalize()}[/bold]: {escape(outcome['reason'])}")
    if outcome["version"]:
        console.print(f"Version {escape(outcome['version'])}, from {outcome['triplets']} triplets.")
    if outcome["waiting"]:
        console.print(
            f"{outcome['waiting']} of {outcome['questions']} questions wait for a second voice: one person alone named "
            "a document that the search does not find for them."
        )
    table = Table(box=None, pad_edge=False)
    for name in ("nDCG@10 of", "questions", "before", "after", "change", "95 %", ""):
        table.add_column(name, justify="left" if name in ("nDCG@10 of", "") else "right")
    for measure in outcome.get("measures", []):
        interval = measure["ci95"]
        table.add_row(
            escape(measure["name"]),
            str(measure["questions"]),
            f"{measure['before']:.3f}",
            f"{measure['after']:.3f}",
            f"{measure['change']:+.3f}",
            f"{interval[0]:+.3f} to {interval[1]:+.3f}" if interval else "",
            {True: "passed", False: "[red]failed[/red]", None: "too few to tell"}[measure["passed"]],
        )
    if table.row_count:
        console.print(table)
    if outcome["report"]:
        console.print(f"Report: {escape(outcome['report'])}")


def show_models(models: Json, as_json: bool) -> None:
    """The versions of the embedding model and the latest runs of learning, the newest first."""
    if as_json:
        print_json(models)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("", "version", "state", "made", "weight of dense", "why"):
        table.add_column(name)
    for version in models["models"]:
        table.add_row(
            "serves" if version["active"] else "",
            escape(version["name"]),
            version["state"],
            version["created_at"][:16].replace("T", " "),
            f"{version['fusion_weight']:.2f}",
            escape(version["reason"]),
        )
    console.print(table)
    if not models["runs"]:
        return
    runs = Table(box=None, pad_edge=False)
    for name in ("learning begun", "state", "triplets", "why"):
        runs.add_column(name)
    for run in models["runs"]:
        why = f"{run['phase']}, {run['done']} of {run['total']}" if run["state"] == "running" else run["reason"]
        runs.add_row(run["started_at"][:16].replace("T", " "), run["state"], str(run["triplets"]), escape(why))
    console.print()
    console.print(runs)


class AskingBar(_Bars):
    """A progress bar over questions."""

    def __init__(self, as_json: bool) -> None:
        super().__init__(disable=as_json)
        self._task = self._bars.add_task("questions", total=None)

    def asked(self, done: int, total: int) -> None:
        """How many were asked so far."""
        self._bars.update(self._task, completed=done, total=total)


class ChunkBar(_Bars):
    """A progress bar over chunks."""

    def __init__(self, label: str) -> None:
        super().__init__(disable=False)
        self._task = self._bars.add_task(label, total=None)

    def total(self, chunks: int) -> None:
        """How many there are."""
        self._bars.update(self._task, total=chunks)

    def advance(self, chunks: int) -> None:
        """So many more are done."""
        self._bars.advance(self._task, chunks)


def _passages_table(passages: list[Json]) -> Table:
    columns = ["fused", "dense", "bm25"]
    if any(passage["scores"]["votes"] for passage in passages):
        columns.append("votes")
    if any("reranked" in passage["scores"] for passage in passages):
        columns.append("reranked")
    table = Table(box=None, pad_edge=False, expand=True)
    for name in ("rank", *columns):
        table.add_column(name, justify="right", no_wrap=True, width=max(6, len(name)))
    table.add_column("passage")
    for passage in passages:
        scores = passage["scores"]
        place = passage["document"]["title"] + (f" > {passage['heading']}" if passage["heading"] else "")
        beginning = " ".join(passage["text"].split())
        beginning = beginning if len(beginning) <= 240 else beginning[:240] + "…"
        table.add_row(
            str(passage["rank"]),
            *(f"{scores[name]:.3f}" if name in scores else "" for name in columns),
            "\n".join(
                [f"[bold]{escape(place)}[/bold]", escape(beginning)]
                + ([f"[dim]{escape(passage['url'])}[/dim]"] if passage["url"] else [])
            ),
        )
    return table


def _timings(timings: Json) -> str:
    return "[dim]" + ", ".join(f"{name} {value:.1f} ms" for name, value in timings.items()) + "[/dim]"


def _felt(felt: Json) -> str:
    direction = "higher" if felt["votes"] > 0 else "lower"
    return escape(f"{felt['rank']} is {direction} by {abs(felt['votes']):.3f}: votes on “{felt['question']}”")


def _cited(citation: Json) -> str:
    document = citation["document"]
    when = f", {changed(datetime.fromisoformat(document['changed_at']))}" if document["changed_at"] else ""
    return escape(f"[{citation['n']}] {document['title']}{when}  {citation['url']}")
