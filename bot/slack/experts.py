"""Who can be asked what the documents do not say: the experts of the channels' settings."""

from dataclasses import dataclass

import structlog
from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code
from storage.channel_settings import ChannelSettingsLog
from storage.expert_requests import ExpertRequests
from storage.questions import Asked

_log = structlog.get_logger(__name__)

_IN_A_CHANNEL = ("mention", "follow_up", "overheard")
_PAGE = 1_000
_PAGES = 5


def is_in_a_channel(asked: Asked) -> bool:
    """Whether everyone in a channel sees the question. What is not known to be seen by others is private."""
    return asked.surface in _IN_A_CHANNEL


@dataclass(frozen=True)
class Experts:
    """The experts of each place. `client` gives up within the time that Slack waits for an acknowledgement."""

    settings: ChannelSettingsLog
    requests: ExpertRequests
    client: WebClient

    def of(self, team: str, channel: str) -> tuple[str, ...]:
        """Slack's ids of a channel's experts: people and user groups."""
        return self.settings.of(team, channel).experts

    def may_be_asked(self, asked: Asked) -> bool:
        """Whether there is somebody to ask: of a question in a channel, its own experts; of a private one, any."""
        if is_in_a_channel(asked):
            return bool(self.of(asked.team, asked.channel))
        return asked.surface != "terminal" and bool(self.requests.channels(asked.team))

    def channels_of(self, team: str, user: str) -> list[tuple[str, str]]:
        """The channels with experts that this person is in, ids and names, by name.

        Empty where Slack does not say: a place that the person may not be in is never offered.
        """
        with_experts = self.requests.channels(team)
        if not with_experts:
            return []
        found: list[tuple[str, str]] = []
        cursor: str | None = None
        try:
            for _ in range(_PAGES):
                page = self.client.users_conversations(
                    user=user,
                    types="public_channel,private_channel",
                    exclude_archived=True,
                    limit=_PAGE,
                    cursor=cursor,
                )
                found += [(str(one["id"]), str(one["name"])) for one in page["channels"] if one["id"] in with_experts]
                cursor = (page.get("response_metadata") or {}).get("next_cursor")
                if not cursor:
                    break
        except WIRE_ERRORS as error:
            _log.warning("experts.channels_unknown", user=user, error=error_code(error))
            return []
        return sorted(found, key=lambda channel: channel[1])
