"""What a person can ask of Lore at a terminal, in JSON's terms: here, or over there in the process that serves."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from bot.answering.answer import Answerer
from bot.answering.fitted_confidence import FittedConfidence
from bot.contract import (
    Json,
    answer_json,
    calibrated_json,
    felt_votes_json,
    found_json,
    outcome_json,
    removed_json,
    run_json,
    sync_json,
    version_json,
)
from bot.settings import SettingsError
from bot.sources import named_sources
from ingestion.reading import Reading
from ingestion.sync import Progress, Source, SyncError, SyncReport, Syncs
from learning.learn import Learner
from learning.training import OnProgress
from storage.document import Audience
from storage.knowledge import KnowledgeBase
from storage.versions import Sides

WriterChoice = Literal["none", "settings"]


class Service(Protocol):
    """The commands that need the index. Each returns the JSON of bot.contract."""

    def ask(self, question: str, audience: Audience, writer: WriterChoice, on_text: Callable[[str], None]) -> Json:
        """Answer a question; `on_text` gets the pieces of the answer's text as they are final."""
        ...

    def search(self, question: str, audience: Audience, limit: int) -> Json:
        """The passages found for a question."""
        ...

    def explain(self, question: str, audience: Audience, writer: WriterChoice) -> Json:
        """An answer, with what the model saw of the question and how the scores were weighed."""
        ...

    def sync(
        self,
        names: Sequence[str],
        allow_removals: bool,
        on_progress: Callable[[Progress], None],
        on_report: Callable[[Json], None],
    ) -> None:
        """Sync the named sources, or all; `on_report` gets each one's report as it is done.

        A source that another process is syncing is reported as an error, and the others are synced.
        """
        ...

    def remove_source(self, name: str) -> Json:
        """Forget a source that is not in lore.toml any more, with its documents."""
        ...

    def counts(self) -> Json:
        """How many chunks the tables hold, and how many points the index."""
        ...

    def learn(self, sides: Sides, seed: int, dry_run: bool, on_progress: OnProgress) -> Json:
        """Learn from the votes, and promote what the gate lets through; a dry run promotes nothing."""
        ...

    def models(self) -> Json:
        """The versions of the embedding model and the latest runs of learning, the newest first."""
        ...

    def rollback(self) -> Json:
        """Serve the version that served before; returns it."""
        ...

    def calibrate(self, on_read: Callable[[int, int], None]) -> Json:
        """Fit how sure answers may be to the corpus and the model; `on_read` is told how far it is."""
        ...


class LocalService:
    """The commands, done in this process."""

    def __init__(
        self,
        knowledge: KnowledgeBase,
        quoting: Answerer,
        writing: Answerer,
        syncs: Syncs,
        sources: Sequence[Source],
        learner: Learner,
        confidence: FittedConfidence,
        on_promotion: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_promotion` is called when a learnt version serves."""
        self._knowledge = knowledge
        self._learner = learner
        self._confidence = confidence
        self._on_promotion = on_promotion
        self._answerers: dict[WriterChoice, Answerer] = {"none": quoting, "settings": writing}
        self._syncs = syncs
        self._sources = sources

    def ask(self, question: str, audience: Audience, writer: WriterChoice, on_text: Callable[[str], None]) -> Json:
        return answer_json(self._answerers[writer].answer(question, audience, on_text))

    def search(self, question: str, audience: Audience, limit: int) -> Json:
        return found_json(question, self._knowledge.search(question, audience, limit))

    def explain(self, question: str, audience: Audience, writer: WriterChoice) -> Json:
        answer = self._answerers[writer].answer(question, audience)
        embedder = self._knowledge.embedder
        pieces = embedder.word_pieces(question)
        return {
            **answer_json(answer),
            "word_pieces": pieces,
            "max_tokens": embedder.max_tokens,
            "tokens": embedder.count_tokens([question])[0],
            "dense_weight": self._knowledge.dense_weight,
            "felt_votes": felt_votes_json(answer.passages),
            "confidence_fitted_on": self._confidence.fitted_on(answer.embedding_model),
        }

    def sync(
        self,
        names: Sequence[str],
        allow_removals: bool,
        on_progress: Callable[[Progress], None],
        on_report: Callable[[Json], None],
        reading: Reading | None = None,
    ) -> None:
        for source in named_sources(self._sources, names):
            try:
                report = self._syncs.sync(source, on_progress, allow_removals, reading)
            except SyncError as error:
                report = SyncReport(source.name, error=str(error))
            on_report(sync_json(report))

    def remove_source(self, name: str) -> Json:
        if any(source.name == name for source in self._sources):
            raise SettingsError(
                f"The source {name!r} was in lore.toml when `lore serve` was started, and its schedule would bring it "
                "back. Restart `lore serve`, then run this again."
            )
        return removed_json(name, self._syncs.remove(name))

    def counts(self) -> Json:
        return {"chunks": self._knowledge.count_chunks(), "points": self._knowledge.serving.index.count()}

    def learn(self, sides: Sides, seed: int, dry_run: bool, on_progress: OnProgress) -> Json:
        outcome = self._learner.learn(sides, seed, dry_run, on_progress)
        if outcome.state == "promoted":
            self._on_promotion()
        return outcome_json(outcome)

    def models(self) -> Json:
        return {
            "models": [version_json(version) for version in self._knowledge.versions()],
            "runs": [run_json(run) for run in self._learner.runs()],
        }

    def rollback(self) -> Json:
        return version_json(self._knowledge.rollback())

    def calibrate(self, on_read: Callable[[int, int], None]) -> Json:
        calibrated = self._confidence.calibrate(self._knowledge, on_read)
        return calibrated_json(self._knowledge.serving.name, calibrated)


def progress_json(progress: Progress) -> Json:
    """A sync's progress on the wire between two processes."""
    return {
        "source": progress.source,
        "done": progress.done,
        "total": progress.total,
        "chunks": progress.chunks,
    }


def progress_of(value: Any) -> Progress:
    """The progress that `progress_json` wrote."""
    return Progress(value["source"], value["done"], value["total"], value["chunks"])
