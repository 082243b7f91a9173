"""The address that Slack gives with a command or a press: what is sent there is seen by that person only."""

import json
from typing import Any

from slack_sdk.http_retry import RetryHandler
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


def respond(
    response_url: str,
    text: str,
    blocks: list[dict[str, Any]],
    *,
    replace: bool = False,
    thread_ts: str | None = None,
) -> None:
    """Show a message, in place of the one that was pressed if `replace`, else in this thread if one is given.

    Raises AddressRefusedError if it is refused, and what Slack's client raises if Slack cannot be reached.
    """
    message: dict[str, Any] = {
        "text": text,
        "blocks": blocks,
        "response_type": "ephemeral",
        "replace_original": replace,
    }
    _send(response_url, message | ({"thread_ts": thread_ts} if thread_ts else {}), _REPEATED)


def tell_everyone(response_url: str, text: str, blocks: list[dict[str, Any]], thread_ts: str | None) -> None:
    """Show a message to everyone in the channel, whether or not Lore is in it; never twice. Raises as `respond`."""
    message: dict[str, Any] = {"text": text, "blocks": blocks, "response_type": "in_channel", "replace_original": False}
    _send(response_url, message | ({"thread_ts": thread_ts} if thread_ts else {}), [_limited()])


def remove(response_url: str) -> None:
    """Take away the message that was pressed. Raises as `respond`."""
    _send(response_url, {"delete_original": True}, _REPEATED)


def _limited() -> RetryHandler:
    return RateLimitErrorRetryHandler(max_retry_count=_RETRIES)


_REPEATED: list[RetryHandler] = [
    _limited(),
    ConnectionErrorRetryHandler(max_retry_count=_RETRIES),
    ServerErrorRetryHandler(max_retry_count=_RETRIES),
]


def _send(response_url: str, message: dict[str, Any], retries: list[RetryHandler]) -> None:
    client = WebhookClient(response_url, retry_handlers=retries)
    sent = client.send_dict({**message, "unfurl_links": False, "unfurl_media": False})
    if sent.status_code != 200:
        raise AddressRefusedError(_refusal(sent.body), sent.status_code)


def _refusal(body: str) -> str:
    """Slack's word, which comes as JSON or alone."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body.strip()[:100] or "no_answer"
