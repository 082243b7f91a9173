"""Tokens, scopes and the two ways of sending arguments, as slack_sdk and plain HTTP see them."""

from __future__ import annotations

import httpx
import pytest
from slack_errors import slack_error
from slack_sdk import WebClient

from playground.server import Running


def test_auth_test_names_the_bot_and_lists_its_scopes_in_a_header(web: WebClient) -> None:
    answer = web.auth_test()
    assert answer["user_id"] == "U0LOREBOT1"
    assert answer["bot_id"].startswith("B")
    scopes = answer.headers["x-oauth-scopes"].split(",")
    assert "chat:write" in scopes
    assert "app_mentions:read" in scopes


def test_a_call_without_a_token_is_not_authed(slack: Running) -> None:
    assert httpx.post(f"{slack.api_url}auth.test").json() == {"ok": False, "error": "not_authed"}


def test_a_wrong_token_is_invalid_auth(slack: Running) -> None:
    with slack_error("invalid_auth"):
        WebClient(token="xoxb-wrong", base_url=slack.api_url).auth_test()


def test_an_app_token_cannot_post_and_a_bot_token_cannot_open_a_connection(slack: Running, web: WebClient) -> None:
    with slack_error("not_allowed_token_type"):
        WebClient(token=slack.app_token, base_url=slack.api_url).chat_postMessage(channel="general", text="hi")
    with slack_error("not_allowed_token_type"):
        web.apps_connections_open(app_token=slack.bot_token)


def test_a_missing_scope_is_named_with_those_provided(slack: Running, web: WebClient) -> None:
    slack.client.set_scopes(["channels:read"])
    with slack_error("missing_scope") as answer:
        web.chat_postMessage(channel="general", text="hi")
    assert answer["needed"] == "chat:write"
    assert answer["provided"] == "channels:read"


@pytest.mark.parametrize(
    ("channel", "scope"), [("general", "channels:history"), ("leads", "groups:history"), ("dm", "im:history")]
)
def test_reading_a_conversation_needs_the_scope_of_its_kind(
    slack: Running, web: WebClient, channel: str, scope: str
) -> None:
    posted = slack.client.post("alice", channel, "hello")
    slack.client.set_scopes([scope])
    assert web.conversations_history(channel=posted.channel)["messages"][0]["text"] == "hello"
    slack.client.set_scopes(["chat:write"])
    with slack_error("missing_scope") as answer:
        web.conversations_history(channel=posted.channel)
    assert answer["needed"] == scope


def test_an_unknown_method_is_named(web: WebClient) -> None:
    with slack_error("unknown_method") as answer:
        web.api_call("chat.shout")
    assert answer["req_method"] == "chat.shout"


def test_form_and_json_bodies_mean_the_same(slack: Running) -> None:
    url = f"{slack.api_url}chat.postMessage"
    body = {"channel": "C0GENERAL1", "text": "hi"}
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    assert httpx.post(url, data={**body, "token": slack.bot_token}).json()["message"]["text"] == "hi"
    assert httpx.post(url, json=body, headers=headers).json()["message"]["text"] == "hi"


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("text/csv", b"a,b", "invalid_post_type"),
        ("application/x-www-form-urlencoded", b"a=\xff\xfe", "invalid_form_data"),
    ],
)
def test_a_malformed_body_is_refused(slack: Running, content_type: str, body: bytes, code: str) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}", "Content-Type": content_type}
    answer = httpx.post(f"{slack.api_url}chat.postMessage", content=body, headers=headers).json()
    assert answer == {"ok": False, "error": code}


def test_a_missing_argument_is_named(web: WebClient) -> None:
    with slack_error("invalid_arguments") as answer:
        web.api_call("chat.postMessage", params={"text": "hi"})
    assert answer["response_metadata"] == {"messages": ["[ERROR] missing required field: channel"]}


def test_every_call_is_logged_without_its_token(slack: Running, web: WebClient) -> None:
    web.chat_postMessage(channel="general", text="hi")
    call = slack.client.calls("chat.postMessage")[0]
    assert call["arguments"]["text"] == "hi"
    assert call["response"]["ok"] is True
    assert slack.bot_token not in str(slack.client.calls())
