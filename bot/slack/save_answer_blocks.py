"""Saved answers, as Slack shows them to who saves one: the form, the confirmation, and what else is said."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.slack.escape import mrkdwn_text
from bot.slack.render import literal
from bot.slack.why_blocks import Words
from storage.document import PUBLIC
from storage.saved_answers import SavedAnswer

Json = dict[str, Any]

SAVE_SHORTCUT = "save_answer"
SAVE_VIEW = "save_answer"
REMOVE_ACTION = "remove_saved_answer"
QUESTION_BLOCK = "question"
ANSWER_BLOCK = "answer"
INPUT = "input"

_LONGEST = 3_000
"""What a text field holds: https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element"""
_QUOTED = 300


class SaveForm(BaseModel):
    """What the modal carries along: the message, Lore's answer that it puts right, and where to confirm."""

    model_config = ConfigDict(frozen=True)

    channel: str
    ts: str
    author: str
    thread_ts: str | None
    answer: int | None
    response_url: str


def save_form(form: SaveForm, question: str, answer: str, kept: SavedAnswer | None) -> Json:
    """The modal with question and answer to edit; what is `kept` already can be removed in it."""
    who = "Who may see this channel will find it when they ask, with its author and date."
    blocks: list[Json] = [
        {"type": "section", "text": literal(who)},
        _text_field(QUESTION_BLOCK, "Question", question),
        _text_field(ANSWER_BLOCK, "Answer", answer),
    ]
    if kept is not None:
        blocks.append({"type": "actions", "elements": [_remove_button(kept)]})
    return {
        "type": "modal",
        "callback_id": SAVE_VIEW,
        "private_metadata": form.model_dump_json(),
        "title": _plain("Save as answer"),
        "submit": _plain("Save"),
        "close": _plain("Cancel"),
        "blocks": blocks,
    }


def notice(said: str) -> Json:
    """A modal that only says something."""
    return {
        "type": "modal",
        "title": _plain("Save as answer"),
        "close": _plain("Close"),
        "blocks": [{"type": "section", "text": literal(said)}],
    }


def confirmation(kept: SavedAnswer, *, by_check_mark: bool) -> Words:
    """Said to who saved it: what for, who will find it, and how it is taken back."""
    name = mrkdwn_text(kept.author_name or "") or "this person"
    whom = (
        "whoever asks"
        if kept.audience >= PUBLIC
        else f"those who may see {mrkdwn_text(', '.join(sorted(kept.audience)))}"
    )
    how = " Take your ✅ back, and it is forgotten." if by_check_mark else ""
    said = f"Saved. I will tell {whom} what {name} says to “{_quoted(kept.question)}”.{how}"
    return Words(
        said,
        [
            {"type": "section", "text": literal(said)},
            {"type": "actions", "elements": [_remove_button(kept)]},
        ],
    )


def taken_back() -> str:
    """Said when it is kept no longer."""
    return "Removed. Nobody is told this any more."


def not_yours(kept: SavedAnswer) -> str:
    """Said to who may not change it."""
    return (
        f"<@{kept.saved_by}> saved this already, as the answer to “{_quoted(kept.question)}”. "
        "Who wrote it, who saved it, and admins can change or remove it."
    )


def message_key(kept: SavedAnswer) -> str:
    """The message that it was made of, as a button's value."""
    return f"{kept.channel}:{kept.ts}"


def read_message_key(value: str) -> tuple[str, str]:
    """The channel and timestamp that `message_key` wrote."""
    channel, _, ts = value.partition(":")
    return channel, ts


def words(said: str) -> Words:
    """A private message of one paragraph."""
    return Words(said, [{"type": "section", "text": literal(said)}])


def _quoted(text: str) -> str:
    shown = mrkdwn_text(text)
    return shown if len(shown) <= _QUOTED else (shown[: _QUOTED - 1].rpartition(" ")[0] or "a long question") + "…"


def _text_field(block_id: str, label: str, text: str) -> Json:
    element: Json = {"type": "plain_text_input", "action_id": INPUT, "multiline": True, "max_length": _LONGEST}
    if text.strip():
        element["initial_value"] = text.strip()[:_LONGEST]
    return {"type": "input", "block_id": block_id, "label": _plain(label), "element": element}


def _remove_button(kept: SavedAnswer) -> Json:
    return {
        "type": "button",
        "action_id": REMOVE_ACTION,
        "style": "danger",
        "text": _plain("Remove"),
        "value": message_key(kept),
        "confirm": {
            "title": _plain("Remove this answer?"),
            "text": _plain("Nobody will be told it any more. The message itself stays."),
            "confirm": _plain("Remove"),
            "deny": _plain("Keep"),
        },
    }


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
