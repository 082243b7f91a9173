"""Slack messages as the terminal shows them."""

from __future__ import annotations

import pytest

from playground.to_markdown import message_markdown, mrkdwn_markdown

NAMES = {"U0ALICE001": "alice"}


@pytest.mark.parametrize(
    ("slack", "markdown"),
    [
        ("*bold* and 2*3*4", "**bold** and 2*3*4"),
        ("<https://example.com|a page>", "[a page](https://example.com)"),
        ("<https://example.com>", "<https://example.com>"),
        ("<@U0ALICE001> in <#C1|general> <!channel> <!subteam^S1|@hr>", "@alice in #general @channel @hr"),
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
        ("~gone~", "~~gone~~"),
    ],
)
def test_slacks_markup_becomes_markdown(slack: str, markdown: str) -> None:
    assert mrkdwn_markdown(slack, NAMES) == markdown


def test_blocks_are_shown_in_place_of_the_fallback_text() -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Leave"}},
        {"type": "markdown", "text": "**26 days** [1]"},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Sources*"}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "<https://a.b|one>"}]},
    ]
    shown = message_markdown({"text": "fallback", "blocks": blocks}, NAMES)
    assert shown == "### Leave\n\n**26 days** [1]\n\n**Sources**\n\n[one](https://a.b)"
