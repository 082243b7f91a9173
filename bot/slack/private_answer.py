"""An answer that only its asker sees, with buttons to share it and to take it away; and how it looks once shared."""

import re
from typing import Any

from bot.slack.message_link import brief_words
from bot.slack.render import literal, render, slack_length
from bot.slack.response_url import respond
from bot.slack.why_blocks import Words
from storage.questions import Answer, Asked

Json = dict[str, Any]

SHARE_ACTION = "share"
DISMISS_ACTION = "dismiss"
SHARED_BLOCK = "shared"
"""The block_id by which an answer that was shared is told from a reply begins with this."""

_QUESTION = 300
_BUTTONS = 100


def is_private(asked: Asked) -> bool:
    """Whether only the asker sees the answer."""
    return asked.surface in ("command", "shortcut")


def can_be_shared(answer: Answer) -> bool:
    """Whether there is something to share: an answer with sources, which can be checked."""
    return answer.kind == "answered" and bool(answer.citations)


def show_privately(asked: Asked, answer: Answer, answer_id: int, *, ask_person: bool = False) -> None:
    """Show the answer to its asker; `ask_person`: there is one to ask if it is none. Raises what `respond` raises."""
    rendered = render(answer, answer_id, ask_person=ask_person, reserved=_BUTTONS)
    respond(
        str(asked.reply_to["response_url"]),
        rendered.notification,
        [*rendered.blocks, _buttons(asked, answer, answer_id)],
        # That many ask at once was told in words that the answer takes the place of.
        replace=bool(asked.reply_to.get("told")),
        thread_ts=asked.reply_to.get("thread"),
    )


def shared_message(asked: Asked, answer: Answer, answer_id: int) -> Words:
    """The answer for everyone in the channel: who shares it, the question, the answer, its sources and the votes."""
    said = f"<@{asked.user}> asked me privately, and shares the answer: “{brief_words(asked.text, _QUESTION)}”"
    above = {"type": "context", "block_id": f"{SHARED_BLOCK}:{answer_id}", "elements": [literal(said)]}
    rendered = render(answer, answer_id, reserved=slack_length(said))
    return Words(rendered.notification, [above, *rendered.blocks])


def shared_answer_of(message: dict[str, Any]) -> int | None:
    """Which answer is shared in a message of Slack's history; None if it is another message."""
    for block in message.get("blocks") or []:
        if match := re.fullmatch(rf"{SHARED_BLOCK}:(\d{{1,18}})", str(block.get("block_id"))):
            return int(match[1])
    return None


def _buttons(asked: Asked, answer: Answer, answer_id: int) -> Json:
    dismiss = _button(DISMISS_ACTION, "Dismiss", str(answer_id))
    if not can_be_shared(answer):
        return {"type": "actions", "elements": [dismiss]}
    where = "Share in thread" if asked.thread_ts else "Share in channel"
    share = {**_button(SHARE_ACTION, where, str(answer_id)), "style": "primary"}
    return {"type": "actions", "elements": [share, dismiss]}


def _button(action_id: str, text: str, value: str) -> Json:
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": text, "emoji": False},
        "value": value,
    }
