"""What goes wrong on purpose, as slack_sdk meets it."""

from __future__ import annotations

import time

import pytest
from slack_errors import slack_error
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from playground.errors import PlaygroundError
from playground.server import Running


def test_the_next_calls_are_rate_limited_with_the_seconds_to_wait(slack: Running, web: WebClient) -> None:
    slack.client.limit("chat.postMessage", times=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            web.chat_postMessage(channel="general", text="hi")
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["retry-after"] == "7"
        assert caught.value.response["error"] == "ratelimited"
    assert web.chat_postMessage(channel="general", text="hi")["ok"]


def test_the_sdk_waits_and_tries_again(slack: Running, web: WebClient) -> None:
    web.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    slack.client.limit("chat.postMessage", retry_after=1)
    started = time.monotonic()
    assert web.chat_postMessage(channel="general", text="hi")["ok"]
    assert time.monotonic() - started >= 1
    assert [call["status"] for call in slack.client.calls("chat.postMessage")] == [429, 200]


def test_in_strict_mode_a_channel_takes_one_message_a_second(slack: Running, web: WebClient) -> None:
    slack.client.set_strict_rate(True)
    web.chat_postMessage(channel="general", text="one")
    assert web.chat_postMessage(channel="people", text="elsewhere")["ok"]
    with slack_error("ratelimited"):
        web.chat_postMessage(channel="general", text="two")


def test_a_method_fails_as_told_and_then_works(slack: Running, web: WebClient) -> None:
    slack.client.fail("reactions.add", "internal_error")
    ts = slack.client.post("alice", "general", "hi").ts
    with slack_error("internal_error"):
        web.reactions_add(channel="C0GENERAL1", timestamp=ts, name="eyes")
    assert web.reactions_add(channel="C0GENERAL1", timestamp=ts, name="eyes")["ok"]


def test_a_lost_answer_has_taken_effect(slack: Running, web: WebClient) -> None:
    slack.client.break_http("chat.postMessage", 503, after=True)
    with pytest.raises(SlackApiError):
        web.chat_postMessage(channel="general", text="once")
    assert [message["text"] for message in slack.client.messages("general")] == ["once"]


def test_a_slow_method_answers_late(slack: Running, web: WebClient) -> None:
    slack.client.slow_down("auth.test", 0.3)
    started = time.monotonic()
    web.auth_test()
    assert time.monotonic() - started >= 0.3


def test_a_fault_that_does_not_exist_is_refused(slack: Running) -> None:
    with pytest.raises(PlaygroundError, match="A fault has no colour"):
        slack.client._post("faults", {"add": {"method": "*", "colour": "red"}})
