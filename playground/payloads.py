"""The payloads of slash commands and interactions. https://docs.slack.dev/reference/interaction-payloads"""

from __future__ import annotations

import time
from typing import Any

from playground.messages import Message
from playground.slack import Slack
from playground.workspace import APP_ID, TEAM_DOMAIN, TEAM_ID, Channel, User

Json = dict[str, Any]


def slash_command(slack: Slack, user: User, channel: Channel, command: str, text: str, response_url: str) -> Json:
    """What a slash command sends."""
    return {
        "token": slack.installation.verification_token,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": _name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": slack.new_trigger(user.id),
    }


def message_action(
    slack: Slack, user: User, channel: Channel, message: Message, action: Json, response_url: str
) -> Json:
    """What a press on an element of a message sends."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.visible_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return {
        **_common(slack, user, "block_actions"),
        "container": container,
        "channel": {"id": channel.id, "name": _name(channel)},
        "message": message.as_slack(),
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [action],
    }


def message_shortcut(
    slack: Slack, user: User, channel: Channel, message: Message, callback_id: str, response_url: str
) -> Json:
    """What a shortcut in a message's menu sends."""
    return {
        **_common(slack, user, "message_action"),
        "callback_id": callback_id,
        "action_ts": f"{time.time():.6f}",
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": _name(channel)},
        "message": message.as_slack(),
        "response_url": response_url,
    }


def view_action(slack: Slack, user: User, view: Json, action: Json) -> Json:
    """What a press on an element of a home tab or modal sends."""
    return {
        **_common(slack, user, "block_actions"),
        "container": {"type": "view", "view_id": view["id"]},
        "view": view,
        "actions": [action],
    }


def view_submission(slack: Slack, user: User, view: Json, values: Json) -> Json:
    """What the submit button of a modal sends; `values` is {block_id: {action_id: {"type": …, "value": …}}}."""
    return {
        **_common(slack, user, "view_submission"),
        "view": {**view, "state": {"values": values}},
        "response_urls": [],
    }


def view_closed(slack: Slack, user: User, view: Json, *, is_cleared: bool) -> Json:
    """What a closed modal sends that asked for it by `notify_on_close`."""
    return {**_common(slack, user, "view_closed"), "view": view, "is_cleared": is_cleared}


def global_shortcut(slack: Slack, user: User, callback_id: str) -> Json:
    """What a shortcut that is on no message sends."""
    return {**_common(slack, user, "shortcut"), "action_ts": f"{time.time():.6f}", "callback_id": callback_id}


def action_of(element: Json, block_id: str, value: str | None) -> Json:
    """The action that a press on an element is; `value` picks one of two feedback buttons or of several options."""
    kind = element["type"]
    action: Json = {
        "type": kind,
        "action_id": element.get("action_id", ""),
        "block_id": block_id,
        "action_ts": f"{time.time():.6f}",
    }
    if kind == "feedback_buttons":
        sides = [element["positive_button"], element["negative_button"]]
        pressed = next((side for side in sides if side["value"] == value), None)
        pressed = pressed or (element["negative_button"] if value == "negative" else element["positive_button"])
        return action | {"text": pressed["text"], "value": pressed["value"]}
    if "options" in element:
        chosen = next((option for option in element["options"] if option["value"] == value), element["options"][0])
        return action | {"selected_option": chosen}
    if element.get("text"):
        action["text"] = element["text"]
    chosen_value = value if value is not None else element.get("value")
    return action | ({"value": chosen_value} if chosen_value is not None else {})


def _common(slack: Slack, user: User, kind: str) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": slack.installation.verification_token,
        "trigger_id": slack.new_trigger(user.id),
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _name(channel: Channel) -> str:
    return "directmessage" if channel.is_im else channel.name
