"""A question posted to experts: once, whoever presses how often, and whatever is killed meanwhile."""

import time
from dataclasses import dataclass, replace

import structlog

from bot.slack.ask_person_blocks import is_request, request_message
from bot.slack.clients import WIRE_ERRORS, Clients, error_code, may_have_taken_effect
from bot.slack.failures import FINAL, advice
from bot.slack.outside_experts import OutsideExperts
from bot.slack.setup import Identity
from storage.expert_requests import ExpertRequest, ExpertRequests

_log = structlog.get_logger(__name__)

_PAGE = 200


@dataclass(frozen=True)
class RequestPosts:
    """Posts what `ExpertRequests.claim` wrote down. Safe to share between threads."""

    requests: ExpertRequests
    clients: Clients
    identity: Identity
    outside: OutsideExperts

    def post(self, request: ExpertRequest, begun: str) -> tuple[ExpertRequest, str | None]:
        """Post a claimed request; it as it stands then, and its link.

        What may have been posted since `begun`, a timestamp of Slack's, is looked for where Slack's answer was lost.
        Raises what Slack's client raises where it does not stand, and can be claimed again; or where that cannot be
        told, and is left to the next start.
        """
        try:
            ts = self._send(request)
        except WIRE_ERRORS as error:
            found = self._find(request, begun) if _may_stand(error) else None
            if found is None:
                self.requests.release(request.answer_id)
                raise
            ts = found
        return self._stands(request, ts)

    def finish(self, request: ExpertRequest, begun: str) -> None:
        """Post what an earlier process claimed, if it did not post it; where that cannot be now, the next start may.

        Never raises what Slack's client raises.
        """
        try:
            self._stands(request, self._find(request, begun) or self._send(request))
        except WIRE_ERRORS as error:
            code = error_code(error)
            _log.warning("expert_request.not_posted", channel=request.channel, error=code, todo=advice(code))
            if code in FINAL:
                self.requests.release(request.answer_id)

    def link(self, request: ExpertRequest) -> str | None:
        """The address of the request's message; None where it does not stand yet, or Slack does not say."""
        if request.ts is None:
            return None
        try:
            found = self.clients.brief.chat_getPermalink(channel=request.channel, message_ts=request.ts)
        except WIRE_ERRORS as error:
            _log.warning("expert_request.no_link", channel=request.channel, error=error_code(error))
            return None
        return str(found["permalink"])

    def _stands(self, request: ExpertRequest, ts: str) -> tuple[ExpertRequest, str | None]:
        standing = replace(request, ts=ts)
        self.requests.posted(request.answer_id, ts)
        _log.info("expert_request.posted", channel=request.channel, answer=request.answer_id)
        link = self.link(standing)
        if link is not None:
            self.outside.call(standing, link)
        return standing, link

    def _send(self, request: ExpertRequest) -> str:
        words = request_message(request)
        sent = self.clients.posting.chat_postMessage(
            channel=request.channel,
            thread_ts=request.thread_ts,
            text=words.text,
            blocks=words.blocks,
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(sent["ts"])

    def _find(self, request: ExpertRequest, begun: str) -> str | None:
        """The message that asks for this answer, if it stands; among the latest of the thread, or of the channel."""
        client = self.clients.repeating
        if request.thread_ts is None:
            page = client.conversations_history(channel=request.channel, oldest=begun, limit=_PAGE)
        else:
            page = client.conversations_replies(
                channel=request.channel, ts=request.thread_ts, oldest=begun, limit=_PAGE
            )
        ours = (message for message in page["messages"] if message.get("user") == self.identity.user_id)
        return next((str(message["ts"]) for message in ours if is_request(message, request.answer_id)), None)


def _may_stand(error: Exception) -> bool:
    return error_code(error) not in FINAL and may_have_taken_effect(error)


def slack_now(seconds_ago: float = 60.0) -> str:
    """A moment in Slack's form, a little ago, so that no clock that is wrong by seconds hides a message."""
    return f"{time.time() - seconds_ago:.6f}"
