"""Whether the tokens and scopes are what Lore needs, checked before any work starts."""

from dataclasses import dataclass

from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.errors import SlackSetupError

SCOPES = {
    "app_mentions:read": "to see a question in a channel",
    "assistant:write": "for the title and the suggestions of the assistant pane",
    "channels:history": "to see follow-ups and their threads, and its own reply after a restart",
    "channels:read": "to know a channel's name and its members, which documents can be kept to",
    "chat:write": "to answer",
    "commands": "for /lore and the entries in the menu of a message",
    "groups:history": "to see the same in private channels",
    "groups:read": "to know a private channel's name and its members, which documents can be kept to",
    "im:history": "to see a question in a direct message, and what was written before it",
    "reactions:read": "to count 👍 and 👎, and to save what is marked with ✅",
    "usergroups:read": "to know who is in a user group, which documents can be kept to",
    "users:read": "to tell people from bots, and who is an admin or a guest",
}
"""The bot token's scopes, and what each is for. manifest.yaml asks for exactly these."""

EVENTS = (
    "app_home_opened",
    "app_mention",
    "assistant_thread_context_changed",
    "assistant_thread_started",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
    "reaction_removed",
)
"""The events that the app subscribes to in manifest.yaml."""

_WHERE = "https://api.slack.com/apps, your app"
_BOT_TOKEN = f"It begins with xoxb- and stands at {_WHERE}, “OAuth & Permissions”."
_APP_TOKEN = (
    f"It begins with xapp- and is made at {_WHERE}, “Basic Information”, “App-Level Tokens”, "
    "with the scope connections:write."
)


@dataclass(frozen=True)
class Identity:
    """Who the bot is in its workspace."""

    team_id: str
    team: str
    user_id: str
    bot_id: str
    url: str = ""
    """The workspace's address, https://company.slack.com/, which links to messages begin with."""


def check_bot_token(client: WebClient) -> Identity:
    """Who the bot is. Raises SlackSetupError for a missing or wrong token and for each missing scope, by name."""
    if not client.token:
        raise SlackSetupError(f"SLACK_BOT_TOKEN is not set. {_BOT_TOKEN}")
    try:
        answer = client.auth_test()
    except WIRE_ERRORS as error:
        raise _refused("SLACK_BOT_TOKEN", client, error, _BOT_TOKEN) from error
    if not answer.get("bot_id"):
        raise SlackSetupError(f"SLACK_BOT_TOKEN is a person's token, not the bot's. {_BOT_TOKEN}")
    _check_scopes(next((value for name, value in answer.headers.items() if name.lower() == "x-oauth-scopes"), None))
    return Identity(
        team_id=str(answer["team_id"]),
        team=str(answer.get("team", "")),
        user_id=str(answer["user_id"]),
        bot_id=str(answer["bot_id"]),
        url=str(answer.get("url") or ""),
    )


def check_app_token(client: WebClient, app_token: str | None) -> None:
    """Raises SlackSetupError unless Socket Mode can be opened with this app-level token."""
    if not app_token:
        raise SlackSetupError(f"SLACK_APP_TOKEN is not set, and Socket Mode needs it. {_APP_TOKEN}")
    try:
        client.apps_connections_open(app_token=app_token)
    except WIRE_ERRORS as error:
        if error_code(error) == "forbidden_for_app":
            raise SlackSetupError(f"Socket Mode is off. Turn it on at {_WHERE}, “Socket Mode”.") from error
        raise _refused("SLACK_APP_TOKEN", client, error, _APP_TOKEN) from error


def check_signing_secret(secret: str | None) -> None:
    """Raises SlackSetupError without the secret that Slack signs its requests with."""
    if not secret:
        raise SlackSetupError(
            "SLACK_SIGNING_SECRET is not set, and without it nobody can tell Slack's requests from others'. "
            f"It stands at {_WHERE}, “Basic Information”, “App Credentials”."
        )


def _check_scopes(granted: str | list[str] | None) -> None:
    if granted is None:
        return  # a Slack-compatible server that does not say
    names = granted if isinstance(granted, str) else ",".join(granted)
    missing = sorted(set(SCOPES) - {name.strip() for name in names.split(",")})
    if missing:
        lines = "\n".join(f"  {scope} ({SCOPES[scope]})" for scope in missing)
        raise SlackSetupError(
            f"SLACK_BOT_TOKEN lacks {'a scope' if len(missing) == 1 else 'scopes'} that Lore needs:\n{lines}\n"
            f"Add {'it' if len(missing) == 1 else 'them'} at {_WHERE}, “OAuth & Permissions”, “Bot Token Scopes”, "
            "and install the app again; manifest.yaml has them all."
        )


def _refused(name: str, client: WebClient, error: Exception, advice: str) -> SlackSetupError:
    code = error_code(error)
    if code in ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"):
        return SlackSetupError(f"Slack does not accept {name} ({code}): it is wrong, or was revoked. {advice}")
    if code in ("not_allowed_token_type", "missing_scope"):
        return SlackSetupError(f"{name} is a token of the wrong kind ({code}). {advice}")
    return SlackSetupError(f"Slack at {client.base_url} did not answer as it should ({code}). Check SLACK_API_URL.")
