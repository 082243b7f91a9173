"""The reactions.* methods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from playground.arguments import Arguments
from playground.errors import SlackError
from playground.messages import Message
from playground.methods import Method
from playground.slack import Slack
from playground.workspace import BOT_USER_ID

Json = dict[str, Any]

EMOJI_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def add(slack: Slack, arguments: Arguments) -> Json:
    """reactions.add."""
    name, message = _name(arguments), _message(slack, arguments)
    if not slack.messages.react(message, name, BOT_USER_ID):
        raise SlackError("already_reacted")
    return {"ok": True}


def remove(slack: Slack, arguments: Arguments) -> Json:
    """reactions.remove."""
    name, message = _name(arguments), _message(slack, arguments)
    if not slack.messages.unreact(message, name, BOT_USER_ID):
        raise SlackError("no_reaction")
    return {"ok": True}


def get(slack: Slack, arguments: Arguments) -> Json:
    """reactions.get."""
    message = _message(slack, arguments)
    return {"ok": True, "type": "message", "channel": message.channel, "message": message.as_slack()}


def _name(arguments: Arguments) -> str:
    name = arguments.required("name").strip(":")
    if not EMOJI_NAME.fullmatch(name):
        raise SlackError("invalid_name")
    return name


def _message(slack: Slack, arguments: Arguments) -> Message:
    if "channel" not in arguments or "timestamp" not in arguments:
        raise SlackError("no_item_specified")
    channel = slack.visible_channel(arguments.text("channel"))
    if channel.is_archived:
        raise SlackError("is_archived")
    return slack.public_message(channel, arguments.text("timestamp"))


METHODS: Mapping[str, Method] = {"reactions.add": add, "reactions.get": get, "reactions.remove": remove}
