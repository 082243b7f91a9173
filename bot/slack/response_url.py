"""The address that Slack gives with a command or a press: what is sent there is seen by that person only."""

import json
from typing import Any

from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.webhook import WebhookClient

from bot.slack.clients import AddressRefusedError

VALID_SECONDS = 30 * 60
"""How long an address is good: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""

_RETRIES = 3


def respond(response_url: str, text: str, blocks: list[dict[str, Any]], *, replace: bool = False) -> None:
    """Show a message, in place of the one that was pressed if `replace`. Raises AddressRefusedError if it is refused,
    and what Slack's client raises if Slack cannot be reached."""
    client = WebhookClient(
        response_url,
        retry_handlers=[
            RateLimitErrorRetryHandler(max_retry_count=_RETRIES),
            ConnectionErrorRetryHandler(max_retry_count=_RETRIES),
            ServerErrorRetryHandler(max_retry_count=_RETRIES),
        ],
    )
    sent = client.send(
        text=text,
        blocks=blocks,
        response_type="ephemeral",
        replace_original=replace,
        unfurl_links=False,
        unfurl_media=False,
    )
    if sent.status_code != 200:
        raise AddressRefusedError(_refusal(sent.body), sent.status_code)


def _refusal(body: str) -> str:
    """Slack's word, which comes as JSON or alone."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body.strip()[:100] or "no_answer"
