"""The Web API clients, each with the retries that its calls can bear."""

import json
from dataclasses import dataclass
from http.client import HTTPException

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)

SLACK_API_URL = "https://slack.com/api/"
_RATE_LIMIT_WAITS = 20
_RETRIES = 3
_BRIEF_SECONDS = 2
_LOOKING_SECONDS = 10
_LOOKING_WAITS = 3

WIRE_ERRORS = (SlackClientError, OSError, HTTPException, json.JSONDecodeError)
"""What a call raises when Slack refuses it (SlackApiError) or cannot be reached."""


@dataclass(frozen=True)
class Clients:
    """`repeating` may make a call twice: for calls that do no more the second time. `posting` waits out rate limits
    but never repeats a call that may have taken effect. `brief` gives up after two seconds: for what can be left out.
    `looking` is for what an answer waits for: it waits out a rate limit or two, and gives up after that.
    """

    repeating: WebClient
    posting: WebClient
    brief: WebClient
    looking: WebClient


def open_clients(bot_token: str, api_url: str = SLACK_API_URL) -> Clients:
    """Clients of the Slack-compatible server at `api_url`; nothing is sent yet."""
    waits = RateLimitErrorRetryHandler(max_retry_count=_RATE_LIMIT_WAITS)
    repeats = [
        ConnectionErrorRetryHandler(max_retry_count=_RETRIES),
        ServerErrorRetryHandler(max_retry_count=_RETRIES),
    ]
    return Clients(
        repeating=WebClient(bot_token, base_url=api_url, retry_handlers=[waits, *repeats]),
        posting=WebClient(bot_token, base_url=api_url, retry_handlers=[waits]),
        brief=WebClient(bot_token, base_url=api_url, timeout=_BRIEF_SECONDS, retry_handlers=[]),
        looking=WebClient(
            bot_token,
            base_url=api_url,
            timeout=_LOOKING_SECONDS,
            retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=_LOOKING_WAITS), *repeats],
        ),
    )


class AddressRefusedError(SlackClientError):
    """The address for the answer to a command is no good: `code` is Slack's word for why, `status` its HTTP status."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(f"{code} (HTTP {status})")
        self.code = code
        self.status = status


def error_code(error: Exception) -> str:
    """Slack's word for a refusal (`not_in_channel`), or what went wrong on the way there."""
    if isinstance(error, AddressRefusedError):
        return error.code
    if isinstance(error, SlackApiError):
        return str(error.response.get("error", error))
    return f"{type(error).__name__}: {error}"


def may_have_taken_effect(error: Exception) -> bool:
    """Whether the call may have been done although it failed: its answer was lost, or the server broke midway."""
    if isinstance(error, SlackApiError):
        return bool(error.response.status_code >= 500) or error_code(error) in ("internal_error", "fatal_error")
    reason = getattr(error, "reason", error)
    return not isinstance(reason, ConnectionRefusedError)
