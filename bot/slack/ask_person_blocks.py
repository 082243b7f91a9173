"""“Ask a person”, as Slack shows it: the button, what the experts see, and what is asked of who asked privately."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.slack.escape import mrkdwn_text
from bot.slack.render import literal
from bot.slack.why_blocks import Words
from storage.expert_requests import ExpertRequest

Json = dict[str, Any]

ASK_VIEW = "ask_person"
CHANNEL_BLOCK = "channel"
QUESTION_BLOCK = "question"
INPUT = "input"

REQUEST_BLOCK = "expert_request:"
"""What the block_id of a request begins with, by which it is told from an answer in the same thread; then its id."""

_LONGEST_QUOTED = 2_500
_LONGEST_INPUT = 2_500
_CHANNELS = 100


class AskForm(BaseModel):
    """What the modal carries along: which answer it is about, and where the message is that it was opened from."""

    model_config = ConfigDict(frozen=True)

    answer: int
    response_url: str


def mention(expert: str) -> str:
    """A person (U…, W…) or a user group (S…), called by name."""
    return f"<!subteam^{expert}>" if expert.startswith("S") else f"<@{expert}>"


def request_message(request: ExpertRequest) -> Words:
    """What the experts see: whose question it is, the question, and what becomes of their answer.

    No answer of Lore's and no passage: these may be of documents that not everyone there may see.
    """
    called = " ".join(map(mention, request.experts))
    asked = f"{called} can you help <@{request.asked_by}>? I could not answer this:"
    note = (
        f"Please reply in this thread. <@{request.asked_by}>, put ✅ on the reply that answers it, "
        "and I can tell the next who asks."
    )
    blocks: list[Json] = [
        {
            "type": "section",
            "block_id": f"{REQUEST_BLOCK}{request.answer_id}",
            "text": literal(f"{asked}\n{_quote(request.question)}"),
        },
        {"type": "context", "elements": [literal(note)]},
    ]
    return Words(f"{asked}\n{_quote(request.question)}", blocks)


def call_from_outside(request: ExpertRequest, link: str) -> Words:
    """What an expert is sent who is not in the channel: the question, and the way there."""
    asked = f"<@{request.asked_by}> asks in <#{request.channel}> what I could not answer. You are one of its experts."
    return words(f"{asked}\n{_quote(request.question)}\n<{link}|Reply there>, please.")


def is_request(message: Json, answer_id: int | None = None) -> bool:
    """Whether a message of Slack's history asks experts, if an id is given, for that answer."""
    name = REQUEST_BLOCK if answer_id is None else f"{REQUEST_BLOCK}{answer_id}"
    return any(
        str(block.get("block_id")).startswith(name) if answer_id is None else block.get("block_id") == name
        for block in message.get("blocks") or []
    )


def ask_form(form: AskForm, question: str, channels: Sequence[tuple[str, str]], chosen: str | None) -> Json:
    """The modal in which a person who asked privately says what is shown, and where. `channels` are ids and names."""
    options = [{"text": _plain(f"#{name}"[:75]), "value": id} for id, name in channels[:_CHANNELS]]
    menu: Json = {
        "type": "static_select",
        "action_id": INPUT,
        "placeholder": _plain("Pick a channel"),
        "options": options,
        "initial_option": next((option for option in options if option["value"] == chosen), options[0]),
    }
    field: Json = {
        "type": "plain_text_input",
        "action_id": INPUT,
        "multiline": True,
        "max_length": _LONGEST_INPUT,
    }
    if question.strip():
        field["initial_value"] = question[:_LONGEST_INPUT]
    said = (
        "This was asked privately. If you post it, *everyone in the channel* sees it with your name, and the channel's "
        "experts are called. My answer is not shown, and nothing else of what I found."
    )
    return {
        "type": "modal",
        "callback_id": ASK_VIEW,
        "private_metadata": form.model_dump_json(),
        "title": _plain("Ask a person"),
        "submit": _plain("Post it"),
        "close": _plain("Keep it private"),
        "blocks": [
            {"type": "section", "text": literal(said)},
            {"type": "input", "block_id": CHANNEL_BLOCK, "label": _plain("Channel"), "element": menu},
            {
                "type": "input",
                "block_id": QUESTION_BLOCK,
                "label": _plain("What they will read"),
                "element": field,
            },
        ],
    }


def asked(request: ExpertRequest, permalink: str | None) -> Words:
    """Said to who asked: where the experts were asked."""
    link = f" <{permalink}|Here it is.>" if permalink else ""
    return words(f"I asked {_called(request.experts)} in <#{request.channel}>.{link}")


def asked_before(request: ExpertRequest, permalink: str | None) -> Words:
    """Said to who asks again."""
    link = f" <{permalink}|Here it is.>" if permalink else ""
    return words(f"I have asked {_called(request.experts)} already, in <#{request.channel}>.{link}")


def nobody_to_ask() -> Words:
    """Said where no channel that the person is in has experts."""
    return words(
        "I know of nobody to ask: no channel that you are in has experts. An admin can name some, by `/lore settings` "
        "in a channel."
    )


def not_posted(channel: str, advice: str) -> Words:
    """Said where Slack refused the message, or did not answer."""
    return words(f"I could not ask in <#{channel}>. {advice}")


def question_gone() -> Words:
    """Said where the answer that the button stood under is not known any more."""
    return words("I do not know that question any more. Please ask it again.")


def words(said: str) -> Words:
    """A private message of one paragraph."""
    return Words(said, [{"type": "section", "text": literal(said)}])


def _called(experts: Sequence[str]) -> str:
    """The experts by name, which in a private message calls nobody."""
    return ", ".join(map(mention, experts))


def _quote(question: str) -> str:
    escaped = mrkdwn_text(question)
    if len(escaped) > _LONGEST_QUOTED:
        escaped = (escaped[: _LONGEST_QUOTED - 1].rpartition(" ")[0] or "a very long word") + "…"
    return f"> {escaped}"


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}
