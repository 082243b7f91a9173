"""What a person who gave 👎 is asked, as Slack shows it, within Slack's limits."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.slack.escape import without_pings
from bot.slack.render import ask_button, document_link, literal, slack_length
from storage.knowledge import DocumentLink
from storage.questions import Reason
from storage.unseen import without_unseen

Json = dict[str, Any]

REASON_ACTION = "why"
ASK_AFTER_VOTE_ACTION = "ask_person:after_vote"
PICK_ACTION = "right_source_pick"
LINK_ACTION = "right_source_link"
LINK_VIEW = "right_source"
LINK_BLOCK = "right_source"
LINK_INPUT = "words"

_LABELS: dict[Reason, str] = {
    "wrong_source": "Wrong source",
    "outdated": "Outdated",
    "incomplete": "Incomplete",
    "not_clear": "Not clear",
    "other": "Something else",
}
REASONS: dict[str, Reason] = {f"{REASON_ACTION}:{reason}": reason for reason in _LABELS}
"""The reason of each button, by its action_id."""

NO_SUCH_SOURCE = (
    "I know no page by that name. Check the link, or write in a sentence what is right. "
    "Your 👎 and its reason are kept in any case."
)
"""Said of a link of no document, and in the same words of one that the person may not see."""

_OPTIONS = 100
_OPTION_TEXT = 75
"""https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element"""
_LONGEST_WORDS = 2_000


@dataclass(frozen=True)
class Words:
    """A message: its blocks, and the text where they cannot be shown."""

    text: str
    blocks: list[Json]


@dataclass(frozen=True)
class Choice:
    """A document to pick; `rank` is that of its first passage in the answer, and stands for it."""

    rank: int
    document: DocumentLink


class LinkForm(BaseModel):
    """What a modal carries along: which answer it is about, and where the message is that it was opened from."""

    model_config = ConfigDict(frozen=True)

    answer: int
    response_url: str


def what_was_wrong(answer_id: int, *, ask_person: bool = False) -> Words:
    """The question, with a button a reason, and, if `ask_person`, one to ask a person instead."""
    buttons = [
        {"type": "button", "action_id": action, "text": _plain(_LABELS[reason]), "value": str(answer_id)}
        for action, reason in REASONS.items()
    ]
    asked = "What was wrong?"
    blocks = [_section(f"*{asked}*"), {"type": "actions", "elements": buttons}]
    return _or_ask(Words(asked, blocks), answer_id, ask_person)


def which_source(answer_id: int, choices: Sequence[Choice], *, ask_person: bool = False) -> Words:
    """Thanks for “wrong source”, and the offer to say which is the right one, or to ask a person."""
    link = {"type": "button", "action_id": LINK_ACTION, "text": _plain("Paste a link"), "value": str(answer_id)}
    elements = [_menu(answer_id, choices[:_OPTIONS]), link] if choices else [link]
    asked = "Thanks. That helps Lore learn. Which page has the answer, if you know it?"
    blocks = [_section(asked), {"type": "actions", "elements": elements}]
    return _or_ask(Words(asked, blocks), answer_id, ask_person)


def thanks(source: DocumentLink | None = None, *, ask_person_of: int | None = None) -> Words:
    """The last word; `source` is the document that was named, `ask_person_of` the answer of which a person can be
    asked."""
    said = "Thanks. That helps Lore learn."
    if source is None:
        words = Words(said, [_section(said)])
        return words if ask_person_of is None else _or_ask(words, ask_person_of, True)
    named = f"{said} The right source: {document_link(source)}"
    return Words(said, [_section(named)])


def no_vote() -> Words:
    """Said where the 👎 does not stand any more."""
    said = "Your 👎 was taken back meanwhile, so there is nothing to note."
    return Words(said, [_section(said)])


def gone() -> Words:
    """Said of a document that was there when it was offered."""
    said = "That page is not there any more. Your 👎 and its reason are kept."
    return Words(said, [_section(said)])


def link_form(form: LinkForm) -> Json:
    """The modal that takes a link, or what is right in a person's own words."""
    return {
        "type": "modal",
        "callback_id": LINK_VIEW,
        "private_metadata": form.model_dump_json(),
        "title": _plain("The right source"),
        "submit": _plain("Send"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": LINK_BLOCK,
                "label": _plain("Link to the page that has the answer"),
                "hint": _plain("Or, if no page has it, the right answer in a sentence of your own."),
                "element": {"type": "plain_text_input", "action_id": LINK_INPUT, "max_length": _LONGEST_WORDS},
            }
        ],
    }


def read_link_form(private_metadata: str) -> LinkForm:
    """What `link_form` wrote."""
    return LinkForm.model_validate(json.loads(private_metadata))


def _or_ask(words: Words, answer_id: int, ask_person: bool) -> Words:
    """The same with a button to ask a person, where there is somebody to ask."""
    if not ask_person:
        return words
    button = ask_button(answer_id, ASK_AFTER_VOTE_ACTION)
    return Words(words.text, [*words.blocks, {"type": "actions", "elements": [button]}])


def choice_value(answer_id: int, rank: int) -> str:
    """The value of an option."""
    return f"{answer_id}:{rank}"


def read_choice_value(value: str) -> tuple[int, int]:
    """The answer and the rank of an option's value. Raises ValueError for what is no such value."""
    answer_id, _, rank = value.partition(":")
    return int(answer_id), int(rank)


def _menu(answer_id: int, choices: Sequence[Choice]) -> Json:
    titles = Counter(choice.document.title.strip().casefold() for choice in choices)
    return {
        "type": "static_select",
        "action_id": PICK_ACTION,
        "placeholder": _plain("Pick the right source"),
        "options": [
            {
                "text": _plain(_label(choice.document, titles[choice.document.title.strip().casefold()] > 1)),
                "value": choice_value(answer_id, choice.rank),
            }
            for choice in choices
        ],
    }


def _label(document: DocumentLink, shared_title: bool) -> str:
    """A document's title on one line; with its id where another in the list has the same title."""
    title = _one_line(document.title) or _one_line(document.id) or "untitled"
    if not shared_title:
        return _cut(title, _OPTION_TEXT)
    return _cut(f"{_cut(title, _OPTION_TEXT // 2)} ({_one_line(document.id)})", _OPTION_TEXT)


def _one_line(text: str) -> str:
    return without_pings(" ".join(without_unseen(text).split()))


def _cut(text: str, limit: int) -> str:
    if slack_length(text) <= limit:
        return text
    while slack_length(text) >= limit:
        text = text[: min(len(text) - 1, limit)]
    return f"{text.rstrip()}…"


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _section(text: str) -> Json:
    return {"type": "section", "text": literal(text)}
