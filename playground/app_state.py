"""What the control API tells of the installed app."""

from __future__ import annotations

from typing import Any

from playground.slack import Slack
from playground.workspace import BOT_USER_ID, TEAM_ID


def app_state(slack: Slack) -> dict[str, Any]:
    """The app's ids, tokens and grants, and how it is connected."""
    installation = slack.installation
    return {
        "team_id": TEAM_ID,
        "bot_user_id": BOT_USER_ID,
        "bot_token": installation.bot_token,
        "app_token": installation.app_token,
        "signing_secret": installation.signing_secret,
        "scopes": sorted(installation.manifest.bot_scopes),
        "events": sorted(installation.manifest.bot_events),
        "commands": sorted(installation.manifest.commands),
        "shortcuts": [
            {"callback_id": callback_id, "name": name} for callback_id, name in installation.manifest.shortcuts.items()
        ],
        "assistant": installation.manifest.assistant,
        "request_url": installation.request_url,
        "connections": slack.sockets.count,
        "connections_opened": slack.sockets.opened,
    }
