"""Experts who are not in the channel that a question was asked in: a mention there does not reach them."""

from dataclasses import dataclass

import structlog

from bot.slack.ask_person_blocks import call_from_outside
from bot.slack.clients import WIRE_ERRORS, Clients, error_code
from bot.slack.profiles import Profiles
from storage.expert_requests import ExpertRequest

_log = structlog.get_logger(__name__)

_PAGE = 1_000
_PAGES = 20


@dataclass(frozen=True)
class OutsideExperts:
    """Writes to them. Safe to share between threads."""

    clients: Clients
    profiles: Profiles

    def call(self, request: ExpertRequest, link: str) -> None:
        """Send the link to the request to each expert who is not there but may go there.

        Nobody hears of what was asked in a private channel, or in one that is shared with another company; guests hear
        of nothing. Never raises what Slack's client raises.
        """
        people = [expert for expert in request.experts if not expert.startswith("S")]
        try:
            outside = self._outside(request.channel, people) if people else []
        except WIRE_ERRORS as error:
            _log.warning("experts.outside_unknown", channel=request.channel, error=error_code(error))
            return
        for person in outside:
            self._send(person, request, link)

    def _outside(self, channel: str, people: list[str]) -> list[str]:
        client = self.clients.repeating
        place = client.conversations_info(channel=channel)["channel"]
        if place.get("is_private") is not False or place.get("is_ext_shared") or place.get("is_pending_ext_shared"):
            return []
        missing, cursor = set(people), None
        for _ in range(_PAGES):
            page = client.conversations_members(channel=channel, limit=_PAGE, cursor=cursor)
            missing -= set(page["members"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor or not missing:
                break
        profiles = {person: self.profiles.of(person) for person in missing}
        return [person for person in people if (known := profiles.get(person)) is not None and not known.is_guest]

    def _send(self, person: str, request: ExpertRequest, link: str) -> None:
        words = call_from_outside(request, link)
        try:
            self.clients.posting.chat_postMessage(
                channel=person, text=words.text, blocks=words.blocks, unfurl_links=False, unfurl_media=False
            )
        except WIRE_ERRORS as error:
            _log.warning("experts.not_called", user=person, error=error_code(error))
