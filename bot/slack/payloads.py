"""The parts of Slack's payloads that Lore reads, checked as they come in."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.slack.question_text import question_text
from storage.questions import Asked, Surface

ANSWERED_SUBTYPES = frozenset({None, "file_share", "thread_broadcast"})
"""The kinds of message that a person writes; the rest are edits, deletions, joins and other bots' messages."""


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class MessageEvent(_Payload):
    """The event of `app_mention` and `message`. https://docs.slack.dev/reference/events/message"""

    channel: str
    ts: str
    user: str | None = None
    text: str = ""
    thread_ts: str | None = None
    channel_type: str | None = None
    subtype: str | None = None
    bot_id: str | None = None
    user_team: str | None = None
    team: str | None = None

    @property
    def is_by_a_person(self) -> bool:
        """Whether a person wrote it, just now."""
        return self.user is not None and self.bot_id is None and self.subtype in ANSWERED_SUBTYPES


class ReactedItem(_Payload):
    """What a reaction was added to or removed from."""

    type: str
    channel: str = ""
    ts: str = ""


class ReactionEvent(_Payload):
    """The event of `reaction_added` and `reaction_removed`. https://docs.slack.dev/reference/events/reaction_added"""

    user: str
    reaction: str
    item: ReactedItem
    event_ts: str


class SlashCommand(_Payload):
    """A slash command. https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling"""

    team_id: str
    channel_id: str
    user_id: str
    trigger_id: str
    response_url: str
    text: str = ""


class _User(_Payload):
    id: str


class _Action(_Payload):
    value: str
    action_ts: str


class ButtonPress(_Payload):
    """A press on one of the two feedback buttons. https://docs.slack.dev/reference/interaction-payloads"""

    user: _User
    actions: tuple[_Action, ...]


def team_of(body: dict[str, Any]) -> str:
    """The workspace that an event came from."""
    return str(body.get("team_id") or body.get("context_team_id") or "")


def asked_of(message: MessageEvent, surface: Surface, body: dict[str, Any], bot_user_id: str) -> Asked:
    """The question in a message. `reply_to` keeps the asker's own team, which differs in a shared channel."""
    team = team_of(body)
    return Asked(
        surface=surface,
        team=team,
        channel=message.channel,
        ts=message.ts,
        user=message.user or "",
        text=question_text(message.text, bot_user_id),
        thread_ts=message.thread_ts,
        reply_to={"team": message.user_team or message.team or team},
    )
