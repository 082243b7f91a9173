"""Block Kit's limits: at the limit a message is taken, past it Slack says which block and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_errors import slack_error
from slack_sdk import WebClient

from playground.server import Running, running

Json = dict[str, Any]


@pytest.fixture(scope="module")
def slack() -> Iterator[Running]:
    """One server for all: no test here looks at what another posted."""
    with running() as server:
        yield server


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(text: str = "Go", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def feedback(**more: Any) -> Json:
    buttons = {
        "type": "feedback_buttons",
        "positive_button": {"text": plain("Good"), "value": "up"},
        "negative_button": {"text": plain("Bad"), "value": "down"},
    }
    return {"type": "context_actions", "elements": [buttons | more]}


def menu(*options: Json, **more: Any) -> Json:
    return actions({"type": "static_select", "action_id": "pick", "options": list(options), **more})


def option(text: Json, value: str = "v") -> Json:
    return {"text": text, "value": value}


FITTING: dict[str, list[Json]] = {
    "50 blocks": [{"type": "divider"}] * 50,
    "a section of 3,000": [{"type": "section", "text": mrkdwn("x" * 3_000)}],
    "a header of 150": [{"type": "header", "text": plain("x" * 150)}],
    "10 context elements": [{"type": "context", "elements": [mrkdwn("x")] * 10}],
    "25 actions": [actions(*(button(action_id=str(number)) for number in range(25)))],
    "a button of 75": [actions(button("x" * 75, value="v" * 2_000, action_id="a" * 255))],
    "12,000 of markdown": [{"type": "markdown", "text": "x" * 6_000}] * 2,
    "feedback buttons": [feedback(action_id="vote")],
    "100 options": [menu(*[option(plain("x" * 75), "v" * 150)] * 100, placeholder=plain("x" * 150))],
    "a section with an accessory": [{"type": "section", "text": mrkdwn("x"), "accessory": button()}],
}

REFUSED: dict[str, tuple[list[Json], str]] = {
    "51 blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "a section of 3,001": (
        [{"type": "divider"}, {"type": "section", "text": mrkdwn("x" * 3_001)}],
        "must be less than 3001 characters [json-pointer:/blocks/1/text/text]",
    ),
    "an empty section": ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
    "an empty text": (
        [{"type": "section", "text": mrkdwn("")}],
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a header of 151": (
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "a header in mrkdwn": (
        [{"type": "header", "text": mrkdwn("x")}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "11 context elements": (
        [{"type": "context", "elements": [mrkdwn("x")] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "26 actions": (
        [actions(*(button(action_id=str(number)) for number in range(26)))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "a button of 76": (
        [actions(button("x" * 76))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "an action_id of 256": (
        [actions(button(action_id="a" * 256))],
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    "an action_id twice": (
        [actions(button(action_id="a"), button(action_id="a"))],
        "`action_id` is a duplicate: a [json-pointer:/blocks/0/elements/1/action_id]",
    ),
    "a block_id of 256": (
        [{"type": "divider", "block_id": "b" * 256}],
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    "a block_id twice": (
        [{"type": "divider", "block_id": "b"}, {"type": "divider", "block_id": "b"}],
        "`block_id` is a duplicate: b [json-pointer:/blocks/1/block_id]",
    ),
    "an unknown block": ([{"type": "poem"}], "unsupported type: poem [json-pointer:/blocks/0/type]"),
    "12,001 of markdown": (
        [{"type": "markdown", "text": "x" * 12_000}, {"type": "markdown", "text": "x"}],
        "markdown blocks must be less than 12001 characters in total [json-pointer:/blocks]",
    ),
    "6 context actions": (
        [{"type": "context_actions", "elements": feedback()["elements"] * 6}],
        "no more than 5 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "a button among context actions": (
        [{"type": "context_actions", "elements": [button()]}],
        "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
    ),
    "101 options": (
        [menu(*[option(plain("x"))] * 101)],
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "an option of 76": (
        [menu(option(plain("x" * 76)))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    "an option in mrkdwn": (
        [menu(option(mrkdwn("x")))],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]",
    ),
    "an option's value of 151": (
        [menu(option(plain("x"), "v" * 151))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    "a placeholder of 151": (
        [menu(option(plain("x")), placeholder=plain("x" * 151))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/placeholder/text]",
    ),
    "an input of 3,001": (
        [
            {
                "type": "input",
                "label": plain("What?"),
                "element": {"type": "plain_text_input", "action_id": "text", "max_length": 3_001},
            }
        ],
        "must be between 1 and 3000 [json-pointer:/blocks/0/element/max_length]",
    ),
    "feedback with one side": (
        [feedback(negative_button=None)],
        "missing required field: negative_button [json-pointer:/blocks/0/elements/0]",
    ),
}


@pytest.mark.parametrize("name", FITTING)
def test_what_fits_is_taken(web: WebClient, name: str) -> None:
    assert web.chat_postMessage(channel="general", text="fallback", blocks=FITTING[name])["ok"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_with_the_place_and_the_reason(web: WebClient, name: str) -> None:
    blocks, problem = REFUSED[name]
    with slack_error("invalid_blocks") as answer:
        web.chat_postMessage(channel="general", text="fallback", blocks=blocks)
    assert f"[ERROR] {problem}" in answer["response_metadata"]["messages"]


def test_blocks_that_are_no_list_are_refused(web: WebClient) -> None:
    with slack_error("invalid_blocks_format"):
        web.chat_postMessage(channel="general", text="fallback", blocks="{not json")


def test_a_message_has_about_13000_characters_in_all(web: WebClient) -> None:
    sections = [{"type": "section", "text": mrkdwn("x" * 2_600)}] * 5
    assert web.chat_postMessage(channel="general", text="fallback", blocks=sections)["ok"]
    with slack_error("msg_blocks_too_long"):
        web.chat_postMessage(channel="general", text="fallback", blocks=[*sections, *sections[:1]])


def test_slack_gives_blocks_an_id(web: WebClient) -> None:
    message = web.chat_postMessage(channel="general", text="x", blocks=[{"type": "divider"}])["message"]
    assert message["blocks"][0]["block_id"]
