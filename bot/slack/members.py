"""What Slack says of a person's standing in the workspace."""

from dataclasses import dataclass

import structlog
from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Member:
    """`is_guest` also of people from other companies."""

    is_admin: bool
    is_guest: bool


UNKNOWN = Member(is_admin=False, is_guest=True)
"""Whom Slack tells nothing of: less access, never more."""


@dataclass(frozen=True)
class Members:
    """Asks Slack each time, so that who is no admin any more is none at once."""

    client: WebClient

    def of(self, user: str) -> Member:
        """The person's standing; UNKNOWN where Slack does not say."""
        try:
            found = self.client.users_info(user=user)["user"]
        except WIRE_ERRORS as error:
            _log.warning("member.unknown", user=user, error=error_code(error))
            return UNKNOWN
        return Member(
            is_admin=bool(found.get("is_admin") or found.get("is_owner")),
            is_guest=any(found.get(kind) for kind in ("is_restricted", "is_ultra_restricted", "is_stranger")),
        )
