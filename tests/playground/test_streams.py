"""Streaming: what a reader sees while the app writes, through slack_sdk's chat_stream helper and the raw methods."""

from __future__ import annotations

from typing import Any

import pytest
from slack_errors import slack_error
from slack_sdk import WebClient

from playground.client import Posted
from playground.server import Running

TO_ALICE = {"recipient_team_id": "T0PLAYGRND", "recipient_user_id": "U0ALICE001"}
BUTTONS: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": "Sources"}}]


@pytest.fixture
def question(slack: Running) -> Posted:
    return slack.client.post("alice", "general", "<@BOT> why?")


def test_a_reader_sees_the_text_grow_and_then_the_blocks(slack: Running, web: WebClient, question: Posted) -> None:
    since = slack.client.state()["last_change"]
    stream = web.chat_stream(channel=question.channel, thread_ts=question.ts, buffer_size=1, **TO_ALICE)
    stream.append(markdown_text="**Because")
    stream.append(markdown_text=" I say so**")
    growing = slack.client.replies(question)[0]
    assert growing["text"] == "**Because I say so**"
    assert growing["streaming"]
    stream.stop(markdown_text=".", blocks=BUTTONS)
    done = slack.client.wait_for_reply(question)
    assert done["text"] == "**Because I say so**."
    assert [block["type"] for block in done["blocks"]] == ["markdown", "section"]
    kinds = [change["kind"] for change in slack.client.changes(since)]
    assert kinds == ["posted", "appended", "appended", "stopped"]


def test_the_first_visible_text_is_timed(slack: Running, web: WebClient, question: Posted) -> None:
    web.chat_startStream(channel=question.channel, thread_ts=question.ts, markdown_text="At once", **TO_ALICE)
    asked, answered = slack.client.changes()[-2:]
    assert answered["data"]["message"]["text"] == "At once"
    assert 0 < answered["monotonic"] - asked["monotonic"] < 5


def test_a_stopped_stream_takes_no_more(web: WebClient, question: Posted) -> None:
    ts = web.chat_startStream(channel=question.channel, thread_ts=question.ts, markdown_text="a", **TO_ALICE)["ts"]
    web.chat_stopStream(channel=question.channel, ts=ts)
    with slack_error("message_not_in_streaming_state"):
        web.chat_appendStream(channel=question.channel, ts=ts, markdown_text="b")
    with slack_error("message_not_in_streaming_state"):
        web.chat_stopStream(channel=question.channel, ts=ts)
    assert web.chat_update(channel=question.channel, ts=ts, text="corrected")["ok"]


def test_a_message_is_not_edited_while_it_is_streamed(web: WebClient, question: Posted) -> None:
    ts = web.chat_startStream(channel=question.channel, thread_ts=question.ts, markdown_text="a", **TO_ALICE)["ts"]
    with slack_error("streaming_state_conflict"):
        web.chat_update(channel=question.channel, ts=ts, text="b")


def test_in_a_channel_the_recipient_must_be_named_in_a_dm_not(slack: Running, web: WebClient, question: Posted) -> None:
    with slack_error("missing_recipient_team_id"):
        web.chat_startStream(channel=question.channel, thread_ts=question.ts)
    with slack_error("missing_recipient_user_id"):
        web.chat_startStream(channel=question.channel, thread_ts=question.ts, recipient_team_id="T0PLAYGRND")
    direct = slack.client.post("alice", "dm", "why?")
    assert web.chat_startStream(channel=direct.channel, thread_ts=direct.ts)["ok"]


def test_a_stream_needs_a_thread(web: WebClient, question: Posted) -> None:
    with slack_error("invalid_arguments"):
        web.api_call("chat.startStream", json={"channel": question.channel, **TO_ALICE})
    with slack_error("thread_not_found"):
        web.chat_startStream(channel=question.channel, thread_ts="1.000001", **TO_ALICE)


def test_a_stream_holds_12000_characters(web: WebClient, question: Posted) -> None:
    ts = web.chat_startStream(channel=question.channel, thread_ts=question.ts, **TO_ALICE)["ts"]
    web.chat_appendStream(channel=question.channel, ts=ts, markdown_text="x" * 12_000)
    with slack_error("msg_too_long"):
        web.chat_appendStream(channel=question.channel, ts=ts, markdown_text="x")
    with slack_error("msg_blocks_too_long"):
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_000}}]
        web.chat_stopStream(channel=question.channel, ts=ts, blocks=blocks)
    assert web.chat_stopStream(channel=question.channel, ts=ts, blocks=BUTTONS)["ok"]


def test_markdown_text_and_chunks_exclude_each_other(web: WebClient, question: Posted) -> None:
    ts = web.chat_startStream(channel=question.channel, thread_ts=question.ts, **TO_ALICE)["ts"]
    chunk = {"type": "markdown_text", "text": "a"}
    with slack_error("invalid_arguments"):
        web.chat_appendStream(channel=question.channel, ts=ts, markdown_text="b", chunks=[chunk])
    with slack_error("invalid_chunks"):
        web.chat_appendStream(channel=question.channel, ts=ts, markdown_text="", chunks=[{"type": "poem"}])
    assert web.chat_appendStream(channel=question.channel, ts=ts, markdown_text="", chunks=[chunk])["ok"]


def test_a_server_without_streaming_does_not_know_the_methods(slack: Running, web: WebClient, question: Posted) -> None:
    slack.client.set_streaming(False)
    with slack_error("unknown_method"):
        web.chat_startStream(channel=question.channel, thread_ts=question.ts, **TO_ALICE)
    slack.client.clear_faults()
    assert web.chat_startStream(channel=question.channel, thread_ts=question.ts, **TO_ALICE)["ok"]


def test_the_working_status_goes_when_the_answer_comes(slack: Running, web: WebClient, question: Posted) -> None:
    web.assistant_threads_setStatus(
        channel_id=question.channel, thread_ts=question.ts, status="is thinking…", loading_messages=["Reading…"]
    )
    assert slack.client.status(question.channel, question.ts)["status"] == "is thinking…"
    web.chat_postMessage(channel=question.channel, thread_ts=question.ts, text="Because.")
    assert slack.client.status(question.channel, question.ts)["status"] == ""
    with slack_error("invalid_thread_ts"):
        web.assistant_threads_setStatus(channel_id=question.channel, thread_ts="1.000001", status="…")


def test_a_thread_gets_a_title_and_at_most_four_prompts(slack: Running, web: WebClient, question: Posted) -> None:
    web.assistant_threads_setTitle(channel_id=question.channel, thread_ts=question.ts, title="Why")
    prompts = [{"title": "More", "message": "Tell me more"}]
    web.assistant_threads_setSuggestedPrompts(channel_id=question.channel, thread_ts=question.ts, prompts=prompts)
    shown = slack.client.status(question.channel, question.ts)
    assert (shown["title"], shown["prompts"]["prompts"]) == ("Why", prompts)
    with slack_error("invalid_arguments"):
        web.assistant_threads_setSuggestedPrompts(
            channel_id=question.channel, thread_ts=question.ts, prompts=prompts * 5
        )
