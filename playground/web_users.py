"""The users.*, usergroups.* and bots.* methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.arguments import Arguments
from playground.errors import SlackError
from playground.methods import Method
from playground.pages import page
from playground.slack import Slack
from playground.workspace import APP_ID, BOT_ID, BOT_USER_ID

Json = dict[str, Any]


def info(slack: Slack, arguments: Arguments) -> Json:
    """users.info."""
    user = slack.workspace.users.get(arguments.required("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"ok": True, "user": user.as_slack()}


def list_users(slack: Slack, arguments: Arguments) -> Json:
    """users.list."""
    members, metadata = page([user.as_slack() for user in slack.workspace.users.values()], arguments)
    return {"ok": True, "members": members, "response_metadata": metadata}


def list_groups(slack: Slack, arguments: Arguments) -> Json:
    """usergroups.list; those that were switched off only where they are asked for."""
    users, count = arguments.flag("include_users"), arguments.flag("include_count")
    disabled = arguments.flag("include_disabled")
    groups = [group for group in slack.workspace.groups.values() if disabled or not group.date_delete]
    return {"ok": True, "usergroups": [group.as_slack(include_users=users, include_count=count) for group in groups]}


def list_group_users(slack: Slack, arguments: Arguments) -> Json:
    """usergroups.users.list."""
    group = slack.workspace.groups.get(arguments.required("usergroup"))
    if group is None or (group.date_delete and not arguments.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"ok": True, "users": list(group.users)}


def bot_info(slack: Slack, arguments: Arguments) -> Json:
    """bots.info."""
    if arguments.text("bot", BOT_ID) != BOT_ID:
        raise SlackError("bot_not_found")
    name = slack.workspace.users[BOT_USER_ID].name
    return {
        "ok": True,
        "bot": {"id": BOT_ID, "app_id": APP_ID, "user_id": BOT_USER_ID, "name": name, "deleted": False},
    }


METHODS: Mapping[str, Method] = {
    "bots.info": bot_info,
    "usergroups.list": list_groups,
    "usergroups.users.list": list_group_users,
    "users.info": info,
    "users.list": list_users,
}
