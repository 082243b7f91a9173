"""The conversations.* methods: channels, their members and what was said in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.arguments import Arguments
from playground.errors import SlackError
from playground.messages import Message
from playground.methods import Method
from playground.pages import page, page_by_ts
from playground.slack import Slack
from playground.workspace import BOT_USER_ID, Channel

Json = dict[str, Any]

FAMILIES = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}

_NOT_OF_A_MEMBERSHIP = frozenset({"is_member", "num_members"})
"""What the channels of users.conversations lack: https://docs.slack.dev/reference/methods/users.conversations"""


def info(slack: Slack, arguments: Arguments) -> Json:
    """conversations.info."""
    channel = slack.readable_channel(arguments.required("channel"), "read")
    shown = channel.as_slack(BOT_USER_ID)
    if not arguments.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"ok": True, "channel": shown}


def list_conversations(slack: Slack, arguments: Arguments) -> Json:
    """conversations.list: the public channels, and the private ones and DMs that the bot is in."""
    kinds = _asked_kinds(slack, arguments)
    excluded = arguments.flag("exclude_archived")
    channels = [
        channel.as_slack(BOT_USER_ID)
        for channel in slack.workspace.channels.values()
        if channel.scope_family in kinds
        and (channel.kind == "channel" or BOT_USER_ID in channel.members)
        and not (excluded and channel.is_archived)
    ]
    shown, metadata = page(channels, arguments)
    return {"ok": True, "channels": shown, "response_metadata": metadata}


def members(slack: Slack, arguments: Arguments) -> Json:
    """conversations.members."""
    channel = slack.readable_channel(arguments.required("channel"), "read")
    shown, metadata = page(sorted(channel.members), arguments)
    return {"ok": True, "members": shown, "response_metadata": metadata}


def history(slack: Slack, arguments: Arguments) -> Json:
    """conversations.history: the newest first, without the replies in threads."""
    channel = _joined_channel(slack, arguments)
    messages = _between(slack.messages.in_channel(channel.id), arguments)
    shown, metadata = page_by_ts([message.as_slack() for message in reversed(messages)], arguments)
    return _messages(shown, metadata)


def replies(slack: Slack, arguments: Arguments) -> Json:
    """conversations.replies: the thread's first message, then its replies, oldest first."""
    channel = _joined_channel(slack, arguments)
    ts = arguments.required("ts")
    message = slack.messages.find(channel.id, ts)
    if message is None or message.visible_to:
        raise SlackError("thread_not_found")
    thread = slack.messages.in_thread(channel.id, ts) if message.root_ts == ts else [message]
    messages = [thread[0], *_between(thread[1:], arguments)]
    return _messages(*page([message.as_slack() for message in messages], arguments))


def open_conversation(slack: Slack, arguments: Arguments) -> Json:
    """conversations.open: the DM with one person."""
    if "channel" in arguments:
        channel = slack.visible_channel(arguments.text("channel"))
    else:
        users = arguments.names("users")
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > 1:
            raise SlackError("not_enough_users")
        if users[0] not in slack.workspace.users:
            raise SlackError("user_not_found")
        channel = slack.workspace.direct_message(users[0])
    shown = channel.as_slack(BOT_USER_ID) if arguments.flag("return_im") else {"id": channel.id}
    return {"ok": True, "channel": shown}


def of_user(slack: Slack, arguments: Arguments) -> Json:
    """users.conversations: what a user (the bot, when none is named) is in; of private conversations, the bot's."""
    user = arguments.text("user", BOT_USER_ID)
    if user not in slack.workspace.users:
        raise SlackError("user_not_found")
    kinds = _asked_kinds(slack, arguments)
    excluded = arguments.flag("exclude_archived")
    channels = [
        {name: value for name, value in channel.as_slack(BOT_USER_ID).items() if name not in _NOT_OF_A_MEMBERSHIP}
        for channel in slack.workspace.channels_of(user)
        if channel.scope_family in kinds
        and (channel.kind == "channel" or BOT_USER_ID in channel.members)
        and not (excluded and channel.is_archived)
    ]
    shown, metadata = page(channels, arguments)
    return {"ok": True, "channels": shown, "response_metadata": metadata}


def _asked_kinds(slack: Slack, arguments: Arguments) -> set[str]:
    kinds = arguments.names("types") or ["public_channel"]
    if any(kind not in FAMILIES for kind in kinds):
        raise SlackError("invalid_types")
    families = {FAMILIES[kind] for kind in kinds}
    for family in families:
        slack.installation.require(f"{family}:read")
    return families


def _joined_channel(slack: Slack, arguments: Arguments) -> Channel:
    channel = slack.readable_channel(arguments.required("channel"), "history")
    if BOT_USER_ID not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _between(messages: list[Message], arguments: Arguments) -> list[Message]:
    oldest, latest = arguments.text("oldest", "0"), arguments.text("latest", "9999999999.999999")
    if arguments.flag("inclusive"):
        return [message for message in messages if oldest <= message.ts <= latest]
    return [message for message in messages if oldest < message.ts < latest]


def _messages(shown: list[Json], metadata: Json) -> Json:
    return {"ok": True, "messages": shown, "has_more": bool(metadata["next_cursor"]), "response_metadata": metadata}


METHODS: Mapping[str, Method] = {
    "conversations.history": history,
    "conversations.info": info,
    "conversations.list": list_conversations,
    "conversations.members": members,
    "conversations.open": open_conversation,
    "conversations.replies": replies,
    "users.conversations": of_user,
}
