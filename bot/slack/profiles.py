"""What people are called, and who is an admin or a guest: asked of Slack and kept for minutes."""

import threading
import time
from dataclasses import dataclass, field

import structlog
from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code

_log = structlog.get_logger(__name__)

_KEPT_SECONDS = 300.0


@dataclass(frozen=True)
class Profile:
    """A person of the workspace. A guest is one, single channel or many, and so is a person of another company."""

    name: str
    is_admin: bool
    is_guest: bool


@dataclass
class Profiles:
    """Safe to share between threads."""

    client: WebClient
    _kept: dict[str, tuple[float, Profile]] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def of(self, user: str) -> Profile | None:
        """None where Slack does not say, which is to be taken for the least that a person may do."""
        with self._lock:
            until, profile = self._kept.get(user, (0.0, None))
        if profile is not None and time.monotonic() < until:
            return profile
        try:
            found = self.client.users_info(user=user)["user"]
        except WIRE_ERRORS as error:
            _log.warning("profile.unknown", user=user, error=error_code(error))
            return None
        said = found.get("profile") or {}
        names = (said.get("real_name"), found.get("real_name"), said.get("display_name"), found.get("name"))
        profile = Profile(
            name=next((str(name).strip() for name in names if name and str(name).strip()), user),
            is_admin=bool(found.get("is_admin") or found.get("is_owner")),
            is_guest=any(found.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger")),
        )
        with self._lock:
            self._kept[user] = (time.monotonic() + _KEPT_SECONDS, profile)
        return profile
