"""api.test, auth.test and apps.connections.open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.arguments import Arguments
from playground.errors import SlackError
from playground.methods import Method
from playground.slack import Slack
from playground.workspace import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID, TEAM_NAME

Json = dict[str, Any]


def api_test(slack: Slack, arguments: Arguments) -> Json:
    """api.test: says back what it is told."""
    if "error" in arguments:
        raise SlackError(arguments.text("error"), args=arguments.values)
    return {"ok": True, "args": arguments.values}


def auth_test(slack: Slack, arguments: Arguments) -> Json:
    """auth.test: who the bot is. Its scopes are in the X-OAuth-Scopes header."""
    return {
        "ok": True,
        "url": "https://playground.slack.test/",
        "team": TEAM_NAME,
        "user": slack.workspace.users[BOT_USER_ID].name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def open_connection(slack: Slack, arguments: Arguments) -> Json:
    """apps.connections.open: the address of a new Socket Mode connection, good for one use."""
    if not slack.installation.manifest.socket_mode:
        raise SlackError("forbidden_for_app")
    address = slack.base_url.replace("http", "ws", 1)
    return {"ok": True, "url": f"{address}/link/?ticket={slack.sockets.ticket()}&app_id={APP_ID}"}


METHODS: Mapping[str, Method] = {
    "api.test": api_test,
    "apps.connections.open": open_connection,
    "auth.test": auth_test,
}
