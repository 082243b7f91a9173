"""The app as it is installed in the workspace: its manifest, its tokens, its signing secret."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from playground.errors import MissingScopeError, SlackError
from playground.manifest import Manifest
from playground.workspace import APP_ID

APP_TOKEN_SCOPES = frozenset({"connections:write"})


def _bot_token() -> str:
    return f"xoxb-playground-{secrets.token_hex(12)}"


def _app_token() -> str:
    return f"xapp-1-{APP_ID}-{secrets.token_hex(12)}"


@dataclass(slots=True)
class Installation:
    """What the app holds, and what it is granted. `request_url` set means events go there, not to Socket Mode."""

    manifest: Manifest
    bot_token: str = field(default_factory=_bot_token)
    app_token: str = field(default_factory=_app_token)
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    verification_token: str = field(default_factory=lambda: secrets.token_hex(12))
    request_url: str | None = None

    def scopes_of(self, token: str | None) -> frozenset[str]:
        """The scopes granted to a token. Raises SlackError: not_authed without one, invalid_auth for a wrong one."""
        if not token:
            raise SlackError("not_authed")
        if secrets.compare_digest(token.encode(), self.bot_token.encode()):
            return self.manifest.bot_scopes
        if secrets.compare_digest(token.encode(), self.app_token.encode()):
            return APP_TOKEN_SCOPES
        raise SlackError("invalid_auth")

    def require(self, *alternatives: str) -> None:
        """Raises MissingScopeError unless the bot token has one of these scopes."""
        if not self.manifest.bot_scopes & set(alternatives):
            raise MissingScopeError(alternatives[0], ",".join(sorted(self.manifest.bot_scopes)))
