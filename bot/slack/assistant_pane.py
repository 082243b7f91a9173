"""The assistant pane: what it suggests when it is opened, and the title that a thread in it gets.

What is asked there comes as any direct message does, and is answered by the same listener.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import App
from slack_sdk import WebClient
from sqlalchemy import select

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.errands import Errands
from bot.slack.payloads import PaneThread
from bot.slack.prompts import Prompts
from storage.database import Database
from storage.questions import Asked
from storage.tables import QuestionRow

_log = structlog.get_logger(__name__)

PROMPTS_TITLE = "Asked here before, and answered well"
_TITLE = 75


@dataclass(frozen=True)
class AssistantPane:
    """Makes the pane. `client` gives up soon: all of this can be left out. Safe to share between threads."""

    database: Database
    client: WebClient
    prompts: Prompts
    errands: Errands

    def opened(self, thread: PaneThread) -> None:
        """Suggest questions in a thread that has none yet. Returns at once."""
        self.errands.run(lambda: self._suggest(thread))

    def asked(self, asked: Asked) -> None:
        """Name the thread after the first question in it. Returns at once."""
        self.errands.run(lambda: self._name(asked))

    def _suggest(self, thread: PaneThread) -> None:
        if self._asked_before(thread.channel_id, thread.thread_ts):
            return
        looked_at = thread.context.channel_id if thread.context is not None else None
        suggested = self.prompts.for_person(thread.user_id, looked_at)
        if not suggested:
            return
        prompts = [{"title": _shortened(text), "message": text} for text in suggested]
        try:
            self.client.assistant_threads_setSuggestedPrompts(
                channel_id=thread.channel_id, thread_ts=thread.thread_ts, prompts=prompts, title=PROMPTS_TITLE
            )
        except WIRE_ERRORS as error:
            _log.info("pane.no_suggestions", error=error_code(error))

    def _name(self, asked: Asked) -> None:
        thread_ts = asked.thread_ts or asked.ts
        if not asked.text or self._asked_before(asked.channel, thread_ts, asked.ts):
            return
        try:
            self.client.assistant_threads_setTitle(
                channel_id=asked.channel, thread_ts=thread_ts, title=_shortened(asked.text)
            )
        except WIRE_ERRORS as error:
            _log.info("pane.no_title", error=error_code(error))

    def _asked_before(self, channel: str, thread_ts: str, ts: str = "~") -> bool:
        """Whether a question was asked in the thread, before the one of this `ts` if it is given."""
        earlier = (QuestionRow.channel == channel, QuestionRow.thread_ts == thread_ts, QuestionRow.ts < ts)
        with self.database.session() as session:
            return session.scalar(select(QuestionRow.id).where(*earlier).limit(1)) is not None


def register(app: App, pane: AssistantPane) -> None:
    """Suggest questions when the pane is opened, and others when another channel is looked at beside it."""

    @app.event("assistant_thread_started")
    def assistant_thread_started(event: dict[str, Any]) -> None:
        pane.opened(PaneThread.model_validate(event["assistant_thread"]))

    @app.event("assistant_thread_context_changed")
    def assistant_thread_context_changed(event: dict[str, Any]) -> None:
        pane.opened(PaneThread.model_validate(event["assistant_thread"]))


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TITLE else (line[: _TITLE - 1].rpartition(" ")[0] or line[: _TITLE - 1]) + "…"
