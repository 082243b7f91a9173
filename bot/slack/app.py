"""The Bolt app: its listeners, and what they share."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.slack import (
    channel_messages,
    channel_settings,
    comings,
    direct_messages,
    feedback,
    mentions,
    private_surfaces,
    reactions,
    right_source,
    why_reasons,
)
from bot.slack.alone import say_alone
from bot.slack.answered_by_people import AnsweredByPeople
from bot.slack.assistant_pane import AssistantPane
from bot.slack.audience import Audiences, Guests
from bot.slack.channel_messages import Unasked
from bot.slack.channel_settings import SettingsForms
from bot.slack.check_mark import CheckMarks
from bot.slack.clients import SLACK_API_URL, Clients, open_clients
from bot.slack.errands import Errands
from bot.slack.intake import Intake
from bot.slack.limits import Limits
from bot.slack.line import TOLD_FROM, Line
from bot.slack.receipts import Receipts
from bot.slack.reply import Answers, Replies
from bot.slack.setup import Identity, check_bot_token
from bot.slack.source_syncs import SourceSyncs
from bot.slack.stopping import Stopping
from bot.slack.stray import StrayReplies
from bot.slack.surroundings import Surroundings
from bot.slack.thread_reader import ThreadReader
from bot.slack.thread_reply import PACE_SECONDS, Posting
from bot.slack.upkeep import Upkeep
from bot.slack.votes import Votes
from bot.slack.why import Why
from bot.slack.workers import Workers
from learning.corrections import Corrections
from storage.channel_settings import ChannelSettingsLog
from storage.questions import Asked, QuestionLog
from storage.threads import ThreadLog

_log = structlog.get_logger(__name__)

STOP_SECONDS = 10.0


@dataclass(frozen=True)
class SlackBot:
    """Lore in one workspace. `app` takes Slack's requests from `bot.slack.socket_mode` or `bot.slack.http`."""

    app: App
    clients: Clients
    identity: Identity
    workers: Workers
    log: QuestionLog
    receipts: Receipts
    errands: Errands
    syncs: SourceSyncs
    people: AnsweredByPeople
    audiences: Audiences
    line: Line

    def start(self) -> None:
        """Start answering; first what an earlier process left unfinished. To be called before Slack is listened to."""
        self.audiences.warm()
        unfinished = [pending for pending in self.log.pending() if pending.asked.surface != "terminal"]
        for pending in unfinished:
            self.workers.submit(pending, resumed=True)
        self.workers.start()
        self.people.ask.finish_unposted()
        self.line.start()
        _log.info("slack.started", team=self.identity.team, bot=self.identity.user_id, unfinished=len(unfinished))

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Finish the answers in hand, for at most `seconds`; the rest is answered after the next start."""
        ended = self.workers.stop(seconds)
        self.line.stop()
        self.errands.stop()
        self.syncs.stop()
        self.audiences.stop()
        _log.info("slack.stopped", waiting=self.workers.waiting(), all_in_hand_finished=ended)


def make_bot(
    *,
    bot_token: str | None,
    log: QuestionLog,
    answers: Answers,
    workers: int = 4,
    api_url: str = SLACK_API_URL,
    signing_secret: str | None = None,
    pace_seconds: float = PACE_SECONDS,
    upkeep: Upkeep | None = None,
    answers_changed: Callable[[], None] = lambda: None,
    guests: Guests = "public",
    limits: Limits | None = None,
    told_from: int = TOLD_FROM,
) -> SlackBot:
    """The bot, its token and scopes checked against Slack. Raises SlackSetupError, which says what to change where.

    `workers` questions are answered at a time; a reply that grows changes once in `pace_seconds`. `upkeep` is what can
    be seen and started of the sources. `answers_changed` is called when a saved answer is to be found from now on, or
    no more; it returns at once. Whose question comes after `told_from` others is told so. Without `limits` everyone may
    ask as much as they like.
    """
    clients = open_clients(bot_token or "", api_url)
    identity = check_bot_token(clients.posting)
    posting = Posting(clients, StrayReplies(clients, identity, log).find, pace_seconds)
    audiences = Audiences(clients.looking, identity, log.database, guests)
    settings, threads = ChannelSettingsLog(log.database), ThreadLog(log.database)
    surroundings = Surroundings(settings, threads, ThreadReader(clients.repeating, identity))
    app = _bolt_app(identity, clients, signing_secret)
    errands = Errands()
    people = AnsweredByPeople.of(app, log, clients, identity, errands, answers_changed)
    may_ask = people.experts.may_be_asked
    replies = Replies(log, answers, posting, audiences, surroundings, may_ask)
    pool = Workers(lambda pending, resumed: replies.settle(pending, resumed=resumed), workers)
    line = Line(pool, posting, errands, told_from)

    def say(asked: Asked, text: str) -> None:
        errands.run(lambda: say_alone(clients.posting, asked, text))

    intake = Intake(log, pool, limits or Limits(0, 0), line, say)
    why = Why(log, Corrections(log.database), audiences, clients.brief, clients.posting, errands, may_ask)
    stopping = Stopping(threads, clients.brief, errands)
    channel_messages.register(app, intake, Unasked(settings, threads), stopping, identity.user_id)
    forms = SettingsForms(settings, log.database, clients.brief, errands)
    channel_settings.register(app, forms)
    comings.register(app, audiences)
    private = private_surfaces.register(
        app, intake, log, identity, clients, audiences, errands, upkeep or Upkeep(), forms
    )
    _register(app, intake, Votes(log), log, why, people.marks, stopping, identity, clients, private.pane)
    receipts = Receipts(log.database, clients.posting, audiences)
    return SlackBot(app, clients, identity, pool, log, receipts, errands, private.syncs, people, audiences, line)


def _bolt_app(identity: Identity, clients: Clients, signing_secret: str | None) -> App:
    # Bolt reads tokens and OAuth settings from the environment as well, and warns of what it finds there and does not
    # use. Who the bot is was asked already, and is answered here whatever else stands in the environment.
    quiet = logging.getLogger("bot.slack.bolt")
    quiet.setLevel(logging.ERROR)
    return App(
        name="lore",
        logger=quiet,
        client=WebClient(base_url=clients.repeating.base_url),
        authorize=lambda: AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team_id,
            bot_id=identity.bot_id,
            bot_user_id=identity.user_id,
            bot_token=clients.repeating.token,
        ),
        signing_secret=signing_secret or "",
        # Events are acknowledged when their listener has returned, and not if it raised: a question is written down
        # first. Listeners do no more than that, so the three seconds that Slack waits are enough.
        process_before_response=True,
    )


def _register(
    app: App,
    intake: Intake,
    votes: Votes,
    log: QuestionLog,
    why: Why,
    marks: CheckMarks,
    stopping: Stopping,
    identity: Identity,
    clients: Clients,
    pane: AssistantPane,
) -> None:
    mentions.register(app, intake, stopping, identity.user_id)
    direct_messages.register(app, intake, identity.user_id, pane)
    feedback.register(app, votes, why)
    reactions.register(app, votes, log, reactions.People(clients.brief), why, marks)
    why_reasons.register(app, why)
    right_source.register(app, why)

    @app.event(re.compile(".*"))
    def other_event() -> None:
        """Acknowledge what Lore has no use for, so that Slack does not send it again."""

    @app.action(re.compile(".*"))
    def other_action(ack: Ack) -> None:
        ack()

    @app.error
    def failed(error: Exception, body: dict[str, Any]) -> None:
        event = body.get("event") or {}
        _log.error(
            "slack.request_failed",
            request=event.get("type") or body.get("type") or body.get("command"),
            channel=event.get("channel"),
            ts=event.get("ts"),
            exc_info=error,
            todo="Slack sends an event again that was not acknowledged; mend the cause and it is answered.",
        )
