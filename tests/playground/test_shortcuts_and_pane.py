"""Message shortcuts and the assistant pane, in the payloads that Slack's docs show."""

from __future__ import annotations

import pytest
from recorder import Recorder
from slack_errors import slack_error
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from playground.errors import PlaygroundError
from playground.server import Running

EVENTS = ["assistant_thread_started", "assistant_thread_context_changed", "message.im", "message.channels"]


def test_a_message_shortcut_sends_the_message_and_an_address_to_answer_at(slack: Running, app: Recorder) -> None:
    slack.client.set_events([])
    first = slack.client.post("bob", "random", "A thread")
    message = slack.client.post("bob", "random", "Why?", thread_ts=first.ts)
    assert slack.client.shortcut("alice", "random", message.ts, "ask_lore")["error"] is None
    payload = app.next()
    assert (payload["type"], payload["callback_id"]) == ("message_action", "ask_lore")
    assert (payload["user"]["id"], payload["channel"]["name"]) == ("U0ALICE001", "random")
    assert (payload["message"]["text"], payload["message"]["thread_ts"]) == ("Why?", first.ts)
    assert payload["message_ts"] == message.ts
    assert payload["trigger_id"]
    WebhookClient(payload["response_url"]).send_dict(
        {"text": "Because.", "response_type": "ephemeral", "thread_ts": first.ts}
    )
    (shown,) = slack.client.ephemeral("alice", "random")
    assert (shown["text"], shown["thread_ts"]) == ("Because.", first.ts)


def test_a_shortcut_has_to_be_in_the_manifest_and_its_scope_be_granted(slack: Running, app: Recorder) -> None:
    message = slack.client.post("bob", "general", "Why?")
    with pytest.raises(PlaygroundError, match="no message shortcut other"):
        slack.client.shortcut("alice", "general", message.ts, "other")
    slack.client.set_scopes(["chat:write"])
    with pytest.raises(PlaygroundError, match="no message shortcut ask_lore"):
        slack.client.shortcut("alice", "general", message.ts, "ask_lore")


def test_opening_the_pane_starts_a_thread_and_says_what_is_looked_at(slack: Running, app: Recorder) -> None:
    slack.client.set_events(EVENTS[:2])
    thread = slack.client.open_assistant("alice", context="general")
    started = app.next_event()
    assert started["type"] == "assistant_thread_started"
    assert started["assistant_thread"] == {
        "user_id": "U0ALICE001",
        "context": {"channel_id": "C0GENERAL1", "team_id": "T0PLAYGRND", "enterprise_id": None},
        "channel_id": thread.channel,
        "thread_ts": thread.ts,
    }
    slack.client.look_at("alice", thread, "people")
    changed = app.next_event()
    assert changed["type"] == "assistant_thread_context_changed"
    assert changed["assistant_thread"]["context"]["channel_id"] == "C0PEOPLE01"


def test_a_message_in_the_pane_is_one_in_a_thread_that_the_app_began(
    slack: Running, web: WebClient, app: Recorder
) -> None:
    slack.client.set_events(["message.im"])
    thread = slack.client.open_assistant("alice")
    assert app.next_event()["subtype"] == "assistant_app_thread"
    slack.client.post("alice", "dm", "Why?", thread_ts=thread.ts)
    event = app.next_event()
    assert (event["text"], event["thread_ts"], event["parent_user_id"]) == ("Why?", thread.ts, "U0LOREBOT1")
    web.assistant_threads_setTitle(channel_id=thread.channel, thread_ts=thread.ts, title="Why")
    web.assistant_threads_setSuggestedPrompts(
        channel_id=thread.channel, thread_ts=thread.ts, prompts=[{"title": "t", "message": "m"}], title="Ask"
    )
    shown = slack.client.status(thread.channel, thread.ts)
    assert (shown["title"], shown["prompts"]["prompts"][0]["message"]) == ("Why", "m")
    slack.client.set_scopes(["chat:write"])
    with slack_error("missing_scope"):
        web.assistant_threads_setTitle(channel_id=thread.channel, thread_ts=thread.ts, title="Why")


def test_of_messages_that_one_person_sees_the_app_is_told_nothing(
    slack: Running, web: WebClient, app: Recorder
) -> None:
    slack.client.set_events(["message.channels"])
    button = {"type": "button", "action_id": "away", "text": {"type": "plain_text", "text": "Away"}}
    blocks = [{"type": "actions", "elements": [button]}]
    web.chat_postEphemeral(channel="C0GENERAL1", user="U0BOB00001", text="Psst.", blocks=blocks)
    slack.client.press("bob", "general", slack.client.ephemeral("bob")[0]["ts"], "away")
    hook = WebhookClient(app.next()["response_url"])
    assert hook.send(text="Still here.", replace_original=True).status_code == 200
    assert hook.send(delete_original=True).status_code == 200
    assert slack.client.ephemeral("bob") == []
    assert app.is_told_nothing(0.2)
