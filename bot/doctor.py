"""`lore doctor`: everything that can be wrong is looked at, and for each it is said that it is right, or what to do."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from bot.answer_evaluation.questions import read_questions
from bot.answer_evaluation.runs import EvaluationRuns
from bot.answering.in_process_llm import InProcessLLM
from bot.app import language_model, load_embedder, open_database, open_knowledge
from bot.control import running_service
from bot.errors import PLAIN_ERRORS
from bot.settings import Settings, SettingsError, SourceSettings, load_settings, lore_toml
from bot.slack.clients import open_clients
from bot.slack.setup import check_app_token, check_bot_token
from bot.sources import configured_source, described_sources
from ingestion.connectors import Connector, ConnectorError, DocumentRef
from ingestion.source_status import SourceStatus, source_statuses
from storage.embedder import DEFAULT_MODEL, QuestionsFirst
from storage.index import IndexInUseError
from storage.tables import utc_now

State = Literal["ok", "wrong", "skipped"]
"""`skipped` is what is not set up, and need not be, or what cannot be looked at now."""

LEAST_FREE = 500_000_000
"""Bytes on the disk of LORE_HOME: a sync stops before it is full, and this leaves some time to notice."""

LISTING_SECONDS = 20.0
OVERDUE = timedelta(minutes=15)


@dataclass(frozen=True)
class Check:
    """What was looked at, what came of it, and what to do where it is wrong."""

    name: str
    state: State
    said: str


Looked = tuple[State, str]


def examine() -> Iterator[Check]:
    """The checks, each as it is done; without settings there is nothing further to look at."""
    try:
        settings = load_settings()
    except SettingsError as error:
        yield Check("settings", "wrong", str(error))
        return
    yield Check("settings", "ok", f"{lore_toml(settings.home)} and the environment are right")
    yield _tried("disk", partial(_disk, settings.home))
    database = _tried("database", partial(_database, settings))
    yield database
    yield _tried("embedding model", partial(_model, settings))
    yield _tried("index", partial(_index, settings) if database.state == "ok" else _not_without_tables)
    yield _tried("Slack", partial(_slack, settings))
    yield _tried("Socket Mode", partial(_socket_mode, settings))
    yield _tried("language model", partial(_llm, settings))
    for source in settings.sources:
        yield _tried(f"source {source.name}", partial(_source, settings, source))
    if database.state == "ok":
        yield from _syncs(settings)
        if settings.eval_questions is not None:
            yield _tried("answers to known questions", partial(_answers, settings))


def _tried(name: str, look: Callable[[], Looked]) -> Check:
    from bot.answering.write import LanguageModelError

    try:
        state, said = look()
    except (*PLAIN_ERRORS, ConnectorError, LanguageModelError) as error:
        return Check(name, "wrong", str(error))
    except Exception as error:  # noqa: BLE001  # whatever it is, the other checks go on
        return Check(name, "wrong", f"{type(error).__name__}: {error}")
    return Check(name, state, said)


def _disk(home: Path) -> Looked:
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE:
        return (
            "wrong",
            f"{free / 1e6:.0f} MB are free on the disk of {home}. Free some space, {LEAST_FREE / 1e6:.0f} MB.",
        )
    return "ok", f"{free / 1e9:.1f} GB are free on the disk of {home}"


def _database(settings: Settings) -> Looked:
    if settings.database_url is None and not (settings.home / "lore.db").exists():
        return "skipped", "it is not there yet; the first command makes it"
    with open_database(settings) as database:
        if database.is_empty():
            return "skipped", f"{database.place} is empty; the first command makes its tables"
        database.check()
        return "ok", f"{database.place} can be written to, and its tables are of this version"


def _model(settings: Settings) -> Looked:
    model = settings.embedding_model
    dimension = load_embedder(settings, QuestionsFirst()).dimension
    checked = ", and its weights are the published ones" if model == DEFAULT_MODEL else ""
    return "ok", f"{model} makes vectors of {dimension} numbers{checked}"


def _not_without_tables() -> Looked:
    return "skipped", "there is nothing to compare it with before the database is right"


def _index(settings: Settings) -> Looked:
    serving = running_service(settings.home)
    if serving is not None:
        counts = serving.counts()
    else:
        try:
            with open_knowledge(settings, "lore doctor") as (_, knowledge):
                counts = {"chunks": knowledge.count_chunks(), "points": knowledge.serving.index.count()}
        except IndexInUseError as error:
            return "skipped", str(error)
    chunks, points = counts["chunks"], counts["points"]
    if chunks != points:
        return "wrong", (
            f"it holds {points} points for the {chunks} chunks of the tables. Where no sync runs now, the next "
            "`lore sync` mends it; `lore reindex` makes it anew."
        )
    return "ok", f"it holds {points} points, as many as the tables have chunks"


def _slack(settings: Settings) -> Looked:
    if settings.slack_bot_token is None and settings.slack_app_token is None:
        return "skipped", "SLACK_BOT_TOKEN is not set; only `lore serve` needs it"
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    identity = check_bot_token(open_clients(token, settings.slack_api_url).brief)
    return "ok", f"the bot is in {identity.team or identity.team_id}, with all scopes that Lore needs"


def _socket_mode(settings: Settings) -> Looked:
    if settings.slack_app_token is None:
        how = "`lore serve --http` does without" if settings.slack_signing_secret else "only `lore serve` needs it"
        return "skipped", f"SLACK_APP_TOKEN is not set; {how}"
    token = settings.slack_app_token.get_secret_value()
    check_app_token(open_clients("", settings.slack_api_url).brief, token)
    return "ok", "Slack accepts SLACK_APP_TOKEN"


def _llm(settings: Settings) -> Looked:
    llm = language_model(settings)
    if llm is None:
        return "skipped", "LLM_MODEL is not set; answers are quoted"
    from bot.answering.write import Message

    asked = [Message(role="user", content="Answer with the one word: ready")]
    if not isinstance(llm, InProcessLLM):
        return "ok", f"{llm.name} answered {len(''.join(llm.stream(asked)))} characters"
    if running_service(settings.home) is not None:
        return "skipped", f"`lore serve` has {llm.name} loaded, and a second one may not fit beside it"
    with closing(llm):
        loaded = llm.load_soon().result()
        text = "".join(llm.stream(asked))
        return "ok", (
            f"{llm.name} answered {len(text)} characters; it computes on {loaded.device} and takes {llm.window} tokens "
            f"at a time, of the {loaded.window} that it could"
        )


def _source(settings: Settings, source: SourceSettings) -> Looked:
    with open_database(settings) as database:
        return _listed(source, configured_source(settings, source, database).connector)


def _listed(source: SourceSettings, connector: Connector) -> Looked:
    found: list[DocumentRef | None] = []
    errors: list[Exception] = []

    def look() -> None:
        try:
            found.append(next(iter(connector.list()), None))
        except Exception as error:  # noqa: BLE001  # it is raised where it is waited for
            errors.append(error)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(LISTING_SECONDS)
    if errors:
        raise errors[0]
    if not found:
        return "wrong", (
            f"it listed nothing within {LISTING_SECONDS:.0f} seconds. Check that {source.connector} can be reached "
            "from this machine, and how busy it is."
        )
    return "ok", "it can be listed, and is empty" if found[0] is None else f"it can be listed, from {found[0].url} on"


def _answers(settings: Settings) -> Looked:
    questions = read_questions(settings.known_questions or settings.home)
    with open_database(settings) as database:
        run = EvaluationRuns(database).latest()
    if run is None:
        return "ok", f"{len(questions)} are kept, and were not asked yet. `lore eval answers` asks them."
    if run.fallen:
        fell = "; ".join(map(str, run.fallen))
        return "wrong", f"they got worse at {run.finished_at:%Y-%m-%d %H:%M} UTC: {fell}. Read {run.page}."
    return "ok", f"none got worse at {run.finished_at:%Y-%m-%d %H:%M} UTC; {run.page} has them"


def _syncs(settings: Settings) -> Iterator[Check]:
    with open_database(settings) as database:
        statuses = source_statuses(database, described_sources(settings, database))
    for status in statuses:
        yield Check(f"syncs of {status.name}", *_sync(status))


def _sync(status: SourceStatus) -> Looked:
    name = status.name
    if not status.configured:
        return "wrong", (
            f"it is not in lore.toml, and its {status.documents} documents still answer. "
            f"`lore sources remove {name}` deletes them."
        )
    if status.last_error is not None:
        return "wrong", f"the last one went wrong: {status.last_error}"
    if status.last_good_sync is None:
        return "wrong", f"it was never synced. `lore sync {name}` does it."
    if status.next_run is not None and status.running is None and utc_now() - status.next_run > OVERDUE:
        return "wrong", f"it was due at {status.next_run:%Y-%m-%d %H:%M} UTC. Start `lore serve` or `lore worker`."
    failed = f"; {status.failed_documents} documents could not be read" if status.failed_documents else ""
    paused = "; its schedule is paused" if status.paused else ""
    return "ok", f"the last one ended well at {status.last_good_sync:%Y-%m-%d %H:%M} UTC{failed}{paused}"
