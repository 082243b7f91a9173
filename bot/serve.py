"""`lore serve`: the bot in Slack, syncs and learning on their schedules, and the way in for the other commands."""

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial

import structlog
import uvicorn

from bot.answer_details import AnswerDetails, details_served
from bot.answer_evaluation.schedule import EvaluationSchedule
from bot.answering.in_process_llm import InProcessLLM
from bot.answering.llm_weights import LoadedLLM
from bot.app import Lore, open_lore
from bot.calibration_schedule import CalibrationSchedule
from bot.control import reachable
from bot.learning_schedule import LearningSchedule
from bot.metrics import MeasuredAnswers, Metrics
from bot.settings import NEVER, Settings
from bot.signals import set_by_signals
from bot.slack.app import SlackBot, make_bot
from bot.slack.clients import open_clients
from bot.slack.http import http_app
from bot.slack.limits import Limits
from bot.slack.setup import check_app_token, check_bot_token, check_signing_secret
from bot.slack.socket_mode import run_socket_mode
from bot.slack.upkeep import Upkeep
from bot.sources import answers_source
from bot.version_watch import VersionWatch
from ingestion.due import make_due, plan
from ingestion.schedule import Schedule
from ingestion.source_rows import ensure_source
from ingestion.sync_soon import SyncSoon
from ingestion.watch import Watches
from learning.receipts import due
from learning.votes import DocumentKey
from storage.document import PUBLIC, Audience
from storage.knowledge import KnowledgeBase
from storage.saved_answers import SavedAnswers

log = structlog.get_logger()


def serve_socket_mode(settings: Settings) -> None:
    """Serve over Socket Mode until SIGTERM or Ctrl-C. Raises SlackSetupError before any work starts."""
    app_token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else None
    client = open_clients(_bot_token(settings) or "", settings.slack_api_url).posting
    check_bot_token(client)
    check_app_token(client, app_token)
    stop = threading.Event()
    with _bot(settings, None) as (bot, _), set_by_signals(stop):
        run_socket_mode(bot, app_token, stop)


def serve_http(settings: Settings, host: str, port: int) -> None:
    """Serve Slack's Events API over HTTP until SIGTERM or Ctrl-C. Raises SlackSetupError before any work starts."""
    secret = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else None
    check_signing_secret(secret)
    check_bot_token(open_clients(_bot_token(settings) or "", settings.slack_api_url).posting)
    # uvicorn stops at a signal and raises it again once it has stopped: to this handler, so that the rest is closed.
    with _bot(settings, secret) as (bot, metrics), set_by_signals(threading.Event()):
        told = metrics.exposition if settings.metrics_port is None else None
        uvicorn.run(http_app(bot, told), host=host, port=port, log_config=None)


@contextmanager
def _bot(settings: Settings, signing_secret: str | None) -> Iterator[tuple[SlackBot, Metrics]]:
    with ExitStack() as stack:
        lore = stack.enter_context(open_lore(settings, "lore serve"))
        metrics = Metrics(lore.database, settings)
        schedule = Schedule(lore.database, lore.syncs, lore.sources)
        answers = SyncSoon(answers_source(settings, lore.database), schedule.sync_now)
        bot = make_bot(
            bot_token=_bot_token(settings),
            log=lore.questions,
            answers=MeasuredAnswers(lore.answers, metrics),
            workers=settings.answer_workers,
            api_url=settings.slack_api_url,
            signing_secret=signing_secret,
            upkeep=Upkeep(lore.sources, lore.syncs, lore.llm.name if lore.llm else None),
            answers_changed=answers.soon if settings.sync_in_serve else partial(_make_answers_due, lore),
            guests=settings.guests,
            limits=Limits(settings.questions_a_minute, settings.questions_a_day),
        )
        lore.knowledge.search("Is everything warm?", PUBLIC)  # the first question would wait for what is loaded lazily
        if isinstance(lore.llm, InProcessLLM):
            lore.llm.load_soon().add_done_callback(partial(_llm_loaded, lore.llm.name))
        gc.freeze()  # what was made until here stays: no question waits while it is looked through for garbage

        calibration = CalibrationSchedule(lore.knowledge, lore.confidence)
        evaluation = EvaluationSchedule(lore.service, lore.database, settings, calibration.bring_up_to_date)

        def tell() -> None:
            calibration.look_now()
            if settings.eval_questions is not None:
                evaluation.after_promotion()
            bot.receipts.tell(due(lore.database, _found_first(lore.knowledge), bot.receipts.audience))

        stack.enter_context(reachable(lore.service_telling(tell), settings.home))
        if settings.sync_in_serve:
            schedule.start()
            answers.start()
            stack.callback(answers.stop)
            if SavedAnswers(lore.database).any_ever():
                answers.soon()  # what was saved, or taken back, just before an earlier process ended
            watches = Watches(lore.sources, schedule.sync_now)
            watches.start()
            stack.callback(watches.stop)
            stack.callback(schedule.stop)  # first: it ends the sync that a watch waits for
        calibration.start()
        stack.callback(calibration.stop)
        if settings.eval_questions is not None:
            evaluation.start()
            stack.callback(evaluation.stop)
        watch = VersionWatch(lore.knowledge)
        watch.start()
        stack.callback(watch.stop)
        if settings.learn_at != NEVER:
            learning = LearningSchedule(lore.database, lore.learner, settings.learn_at, settings.learn_after, tell)
            learning.start()
            stack.callback(learning.stop)
        log.info("serving", home=str(settings.home), sources=len(lore.sources), chunks=lore.knowledge.count_chunks())
        stack.enter_context(metrics.served(settings.metrics_host, settings.metrics_port))
        details = AnswerDetails(lore.database, lore.questions, lore.knowledge, lore.sources)
        stack.enter_context(details_served(details, settings.details_port))
        yield bot, metrics


def _llm_loaded(name: str, loading: "Future[LoadedLLM]") -> None:
    """Questions that come before are quoted where they waited too long; so are all where it cannot be loaded."""
    if loading.cancelled():
        return
    error = loading.exception()
    if error is not None:
        log.error("llm_not_loaded", llm=name, error=str(error), then="answers are quoted")
    else:
        log.info("llm_loaded", llm=name, device=loading.result().device, window=loading.result().window)


def _make_answers_due(lore: Lore) -> None:
    """Have `lore worker` sync what was saved, which looks every few seconds for what is due."""
    source = answers_source(lore.settings, lore.database)
    source_id = ensure_source(lore.database, source.name, source.connector_name, source.audience)
    plan(lore.database, source_id, source)
    make_due(lore.database, source.name)


def _found_first(knowledge: KnowledgeBase) -> Callable[[str, Audience], list[DocumentKey]]:
    def found(question: str, audience: Audience) -> list[DocumentKey]:
        passages = knowledge.search(question, audience).passages
        return [(passage.document.source, passage.document.id) for passage in passages]

    return found


def _bot_token(settings: Settings) -> str | None:
    return settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else None
