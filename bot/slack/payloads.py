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
    parent_user_id: str | None = None
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


class _Option(_Payload):
    value: str


class _Action(_Payload):
    action_id: str
    action_ts: str
    value: str = ""
    selected_option: _Option | None = None

    @property
    def chosen(self) -> str:
        """The value of the option that was picked from a menu."""
        return self.selected_option.value if self.selected_option else ""


class _Container(_Payload):
    is_ephemeral: bool = False


class _Place(_Payload):
    id: str = ""


class _OpenView(_Payload):
    id: str


class Press(_Payload):
    """A press on an element of a message. https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""

    user: _User
    actions: tuple[_Action, ...]
    container: _Container = _Container()
    channel: _Place = _Place()
    response_url: str = ""
    trigger_id: str = ""
    view: _OpenView | None = None
    """The modal that the element is in, if it is in one."""


class _ShortcutMessage(_Payload):
    ts: str
    user: str | None = None
    text: str | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    subtype: str | None = None

    @property
    def is_by_a_person(self) -> bool:
        """Whether a person wrote it."""
        return self.user is not None and self.bot_id is None and self.subtype in ANSWERED_SUBTYPES


class MessageShortcut(_Payload):
    """A shortcut in a message's menu.
    https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload"""

    user: _User
    channel: _Place
    message: _ShortcutMessage
    trigger_id: str
    response_url: str


class HomeOpened(_Payload):
    """The event of `app_home_opened`. https://docs.slack.dev/reference/events/app_home_opened"""

    user: str
    tab: str = ""


class _PaneContext(_Payload):
    channel_id: str | None = None


class PaneThread(_Payload):
    """What `assistant_thread_started` and `assistant_thread_context_changed` tell of.
    https://docs.slack.dev/reference/events/assistant_thread_started"""

    user_id: str
    channel_id: str
    thread_ts: str
    context: _PaneContext | None = None


class _View(_Payload):
    private_metadata: str
    state: dict[str, dict[str, dict[str, Any]]]


class FormSubmission(_Payload):
    """A modal that was sent. https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload"""

    user: _User
    view: _View

    def written(self, block_id: str, action_id: str) -> str:
        """What stands in a text field."""
        # `state` has one key, `values`; a field that was left empty has null for its value.
        values = self.view.state.get("values", {})
        return str(values.get(block_id, {}).get(action_id, {}).get("value") or "")

    def chosen(self, block_id: str, action_id: str) -> str:
        """The value of the option that is picked in a menu."""
        picked = self.view.state.get("values", {}).get(block_id, {}).get(action_id, {})
        return str((picked.get("selected_option") or {}).get("value") or "")


def team_of(body: dict[str, Any]) -> str:
    """The workspace that an event came from."""
    return str(body.get("team_id") or body.get("context_team_id") or (body.get("team") or {}).get("id") or "")


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
