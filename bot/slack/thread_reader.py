"""What was said in a thread, or in a direct message, before a question: the newest of it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from bot.answering.context import Turn
from bot.slack.ask_person_blocks import is_request
from bot.slack.payloads import ANSWERED_SUBTYPES
from bot.slack.question_text import question_text
from bot.slack.receipts import is_receipt
from bot.slack.setup import Identity

Json = dict[str, Any]

MOST_MESSAGES = 200
"""Kept of a thread, the newest; fewer where they are long (bot.answering.context.THREAD_TOKENS)."""

LONGEST_MESSAGE = 2_000
"""Characters read of one message."""

RECENT_SECONDS = 30 * 60
RECENT_MESSAGES = 10
"""In a direct message, what was written so shortly before belongs to the same talk."""

_PAGE = 200
_PAGES = 50


@dataclass(frozen=True)
class ReadThread:
    """`turns` are the newest messages before the question, oldest first; `is_part` says that there are older ones.
    `people` are the ids of all who wrote in it so far, Lore aside."""

    turns: tuple[Turn, ...] = ()
    is_part: bool = False
    people: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ThreadReader:
    """Reads threads as Slack has them. Raises what Slack's client raises."""

    client: WebClient
    identity: Identity

    def thread(self, channel: str, thread_ts: str, question_ts: str) -> ReadThread:
        """What stands in the thread before the question."""
        newest: deque[Turn] = deque(maxlen=MOST_MESSAGES)
        people: set[str] = set()
        count = 0
        for message in self._before(channel, thread_ts, question_ts):
            turn = self._turn(message)
            if turn is None:
                continue
            count += 1
            newest.append(turn)
            if not turn.by_lore:
                people.add(str(message["user"]))
        return ReadThread(tuple(newest), count > len(newest), frozenset(people))

    def direct_message(self, channel: str, question_ts: str) -> ReadThread:
        """What the person wrote in the direct message just before; Lore's replies are in threads of their own."""
        oldest = f"{float(question_ts) - RECENT_SECONDS:.6f}"
        page = self.client.conversations_history(
            channel=channel, latest=question_ts, oldest=oldest, inclusive=False, limit=RECENT_MESSAGES
        )
        turns = [self._turn(message) for message in reversed(page["messages"]) if message["ts"] < question_ts]
        return ReadThread(tuple(turn for turn in turns if turn is not None))

    def _before(self, channel: str, thread_ts: str, question_ts: str) -> Iterator[Json]:
        """The thread's messages, oldest first, as Slack pages them."""
        cursor: str | None = None
        for _ in range(_PAGES):
            page = self.client.conversations_replies(
                channel=channel, ts=thread_ts, latest=question_ts, inclusive=False, limit=_PAGE, cursor=cursor
            )
            yield from (message for message in page["messages"] if message["ts"] < question_ts)
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _turn(self, message: Json) -> Turn | None:
        """A message of a person's or of Lore's; None for all others, and for one without words."""
        by_lore = message.get("user") == self.identity.user_id or message.get("bot_id") == self.identity.bot_id
        by_person = message.get("user") and not message.get("bot_id") and message.get("subtype") in ANSWERED_SUBTYPES
        if not (by_lore or by_person) or is_receipt(message) or is_request(message):
            return None
        text = question_text(str(message.get("text", "")), self.identity.user_id)[:LONGEST_MESSAGE]
        return Turn(text, by_lore) if text else None
