"""A reply that stands in its thread while the record does not know it: Lore was killed, or Slack's answer was lost."""

from dataclasses import dataclass

import structlog

from bot.slack.ask_person_blocks import is_request
from bot.slack.clients import WIRE_ERRORS, Clients, error_code
from bot.slack.private_answer import shared_answer_of
from bot.slack.receipts import is_receipt
from bot.slack.setup import Identity
from bot.slack.thread_reply import Thread
from storage.questions import QuestionLog

_log = structlog.get_logger(__name__)

_PAGE = 200
_PAGES = 5


@dataclass(frozen=True)
class StrayReplies:
    """Finds such replies."""

    clients: Clients
    identity: Identity
    log: QuestionLog

    def find(self, thread: Thread) -> str | None:
        """The ts of the first message of ours after the question that no question has, or None if none can be seen."""
        try:
            ours = self._our_messages_after(thread)
        except WIRE_ERRORS as error:
            _log.warning("reply.thread_not_read", channel=thread.channel, error=error_code(error))
            return None
        if not ours:
            return None
        begun = {pending.reply_ts for pending in self.log.pending()}
        free = (ts for ts in ours if ts not in begun and self.log.answer_to_reply(thread.channel, ts) is None)
        return next(free, None)

    def _our_messages_after(self, thread: Thread) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        for _ in range(_PAGES):
            page = self.clients.repeating.conversations_replies(
                channel=thread.channel, ts=thread.ts, oldest=thread.question_ts, limit=_PAGE, cursor=cursor
            )
            found += [
                message["ts"]
                for message in page["messages"]
                if message.get("user") == self.identity.user_id
                and message["ts"] > thread.question_ts
                and not is_receipt(message)
                and shared_answer_of(message) is None
                and not is_request(message)
            ]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        return found
