"""The assistant pane: a thread in the person's DM with the app, and the channel that is looked at beside it.

https://docs.slack.dev/reference/events/assistant_thread_started
"""

from __future__ import annotations

from typing import Any

from playground.errors import PlaygroundError
from playground.messages import Message
from playground.slack import Slack
from playground.workspace import BOT_USER_ID, TEAM_ID, Channel, User

THREAD = "assistant_app_thread"
"""The subtype of the message that such a thread begins with."""


class AssistantPane:
    """Opens panes. Raises PlaygroundError where the app's manifest has none."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def open(self, user: User, context: Channel | None) -> Message:
        """A new thread, begun in the app's name; `context` is what the person is looking at."""
        if not self._slack.installation.manifest.assistant:
            raise PlaygroundError("The app's manifest has no assistant_view.")
        channel = self._slack.workspace.direct_message(user.id)
        thread = self._slack.messages.post(
            Message(
                channel=channel.id,
                ts="",
                user=BOT_USER_ID,
                text="New Assistant Thread",
                by_app=True,
                subtype=THREAD,
            )
        )
        self._tell("assistant_thread_started", user, thread, context)
        return thread

    def look_at(self, user: User, thread_ts: str, context: Channel | None) -> None:
        """The person goes to another channel while the thread is open."""
        channel = self._slack.workspace.direct_message(user.id)
        thread = self._slack.messages.find(channel.id, thread_ts)
        if thread is None or thread.subtype != THREAD:
            raise PlaygroundError(f"{user.name} has no assistant thread {thread_ts}.")
        self._tell("assistant_thread_context_changed", user, thread, context)

    def _tell(self, kind: str, user: User, thread: Message, context: Channel | None) -> None:
        place: dict[str, Any] = {"channel_id": context.id, "team_id": TEAM_ID} if context else {}
        self._slack.changes.record(
            kind, channel=thread.channel, ts=thread.ts, user=user.id, context={**place, "enterprise_id": None}
        )
