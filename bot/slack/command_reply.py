"""The private answer to a slash command, through the address that Slack gave with it."""

import json

from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)
from slack_sdk.webhook import WebhookClient

from bot.slack.clients import AddressRefusedError
from bot.slack.render import RenderedAnswer

VALID_SECONDS = 30 * 60
"""How long the address is good: https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""

_RETRIES = 3


def send_privately(response_url: str, answer: RenderedAnswer) -> None:
    """Show the answer to the asker only. Raises AddressRefusedError when Slack does not take it there."""
    client = WebhookClient(
        response_url,
        retry_handlers=[
            RateLimitErrorRetryHandler(max_retry_count=_RETRIES),
            ConnectionErrorRetryHandler(max_retry_count=_RETRIES),
            ServerErrorRetryHandler(max_retry_count=_RETRIES),
        ],
    )
    sent = client.send(
        text=answer.notification,
        blocks=answer.blocks,
        response_type="ephemeral",
        replace_original=False,
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
