"""Receipts: who gave 👎 for a wrong source is told in the question's thread, once, that it finds the right one now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from slack_sdk import WebClient

from bot.slack.audience import Audiences
from bot.slack.clients import WIRE_ERRORS, error_code, may_have_taken_effect
from bot.slack.failures import FINAL, advice
from bot.slack.render import document_link, literal
from learning.receipts import Receipt, claim, release
from storage.database import Database
from storage.document import Audience
from storage.questions import Asked

_log = structlog.get_logger(__name__)

RECEIPT_BLOCK = "receipt"
"""The block_id by which a receipt is told from an answer in the same thread."""


@dataclass(frozen=True)
class Receipts:
    """Gives receipts. `client` never repeats a post that may have taken effect. Safe to share between threads."""

    database: Database
    client: WebClient
    audiences: Audiences

    def audience(self, asked: Asked) -> Audience:
        """What the place of a question may see now: for `learning.receipts.due`, by the rule that answers go by."""
        return self.audiences.of(asked)

    def tell(self, receipts: Sequence[Receipt]) -> int:
        """Give each of these to its person, if nobody did and their vote stands as it was; how many were given.

        One that Slack cannot take now can be given later; one that may have been posted, or never can be, is not tried
        again. Never raises what Slack's client raises.
        """
        return sum(self._tell(receipt) for receipt in receipts)

    def _tell(self, receipt: Receipt) -> bool:
        claimed_at = claim(self.database, receipt)
        if claimed_at is None:
            return False
        try:
            self._post(receipt)
        except WIRE_ERRORS as error:
            code = error_code(error)
            later = code not in FINAL and not may_have_taken_effect(error)
            if later:
                release(self.database, receipt, claimed_at)
            _log.warning("receipt.not_given", channel=receipt.channel, error=code, todo=advice(code), later=later)
            return False
        _log.info("receipt.given", channel=receipt.channel, vote=receipt.feedback)
        return True

    def _post(self, receipt: Receipt) -> None:
        said = f"<@{receipt.user}> this question finds the right source now: {document_link(receipt.document)}"
        thanked = f"{said}\nThank you for telling me that it did not."
        self.client.chat_postMessage(
            channel=receipt.channel,
            thread_ts=receipt.thread_ts,
            text=said,
            blocks=[{"type": "section", "block_id": RECEIPT_BLOCK, "text": literal(thanked)}],
            unfurl_links=False,
            unfurl_media=False,
        )


def is_receipt(message: dict[str, Any]) -> bool:
    """Whether a message of Slack's history is a receipt."""
    return any(block.get("block_id") == RECEIPT_BLOCK for block in message.get("blocks") or [])
