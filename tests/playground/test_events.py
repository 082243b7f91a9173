"""The events that the app is told of: their shapes, and that only what it asked for and may have arrives."""

from __future__ import annotations

from pathlib import Path

import pytest
from recorder import Recorder
from slack_sdk import WebClient

from playground.errors import PlaygroundError
from playground.manifest import DEFAULT, read_manifest
from playground.server import Running, running

MANIFEST = """
display_information: {name: Lore}
features:
  bot_user: {display_name: lore}
  app_home: {home_tab_enabled: true, messages_tab_enabled: true}
  slash_commands: [{command: /ask, description: Ask}]
oauth_config:
  scopes: {bot: [app_mentions:read, chat:write, commands]}
settings:
  event_subscriptions: {bot_events: [app_mention]}
  interactivity: {is_enabled: true}
  socket_mode_enabled: true
"""


def test_the_payload_says_whose_event_it_is(slack: Running, app: Recorder) -> None:
    slack.client.post("alice", "dm", "hello")
    payload = app.next()
    assert payload["type"] == "event_callback"
    assert payload["team_id"] == "T0PLAYGRND"
    assert payload["api_app_id"] == "A0PLAYGRND"
    assert payload["event_id"].startswith("Ev")
    assert payload["authorizations"][0]["user_id"] == "U0LOREBOT1"


def test_a_direct_message_is_a_message_im_and_no_mention(slack: Running, app: Recorder) -> None:
    slack.client.post("alice", "dm", "hello <@BOT>")
    event = app.next_event()
    assert (event["type"], event["channel_type"], event["user"]) == ("message", "im", "U0ALICE001")
    assert event["client_msg_id"]
    assert event["channel"].startswith("D")
    assert app.is_told_nothing()


def test_a_reply_names_its_thread_and_the_author_of_its_parent(slack: Running, app: Recorder) -> None:
    root = slack.client.post("alice", "general", "root").ts
    app.next()
    slack.client.post("bob", "general", "reply", thread_ts=root)
    event = app.next_event()
    assert (event["thread_ts"], event["parent_user_id"]) == (root, "U0ALICE001")


def test_an_edit_tells_the_new_and_the_old_words(slack: Running, app: Recorder) -> None:
    posted = slack.client.post("alice", "general", "before")
    app.next()
    slack.client.edit("alice", "general", posted.ts, "after")
    event = app.next_event()
    assert (event["type"], event["subtype"], event["hidden"]) == ("message", "message_changed", True)
    assert event["message"]["text"] == "after"
    assert event["message"]["edited"]["user"] == "U0ALICE001"
    assert event["previous_message"]["text"] == "before"
    assert event["ts"] != posted.ts


def test_a_deletion_tells_what_is_gone(slack: Running, app: Recorder) -> None:
    posted = slack.client.post("alice", "general", "oops")
    app.next()
    slack.client.delete("alice", "general", posted.ts)
    event = app.next_event()
    assert (event["subtype"], event["deleted_ts"]) == ("message_deleted", posted.ts)
    assert event["previous_message"]["text"] == "oops"


def test_the_apps_own_message_comes_back_marked_as_a_bots(web: WebClient, app: Recorder) -> None:
    web.chat_postMessage(channel="general", text="<@U0LOREBOT1> talks to itself")
    event = app.next_event()
    assert (event["type"], event["bot_id"], event["app_id"]) == ("message", "B0PLAYGRND", "A0PLAYGRND")
    assert "subtype" not in event
    assert app.is_told_nothing()


def test_reactions_tell_who_what_and_on_whose_message(slack: Running, web: WebClient, app: Recorder) -> None:
    slack.client.set_events(["reaction_added", "reaction_removed"])
    ts = web.chat_postMessage(channel="general", text="answer")["ts"]
    slack.client.react("bob", "general", ts, "+1::skin-tone-4")
    added = app.next_event()
    assert (added["type"], added["user"], added["item_user"]) == ("reaction_added", "U0BOB00001", "U0LOREBOT1")
    assert added["reaction"] == "+1::skin-tone-4"
    assert added["item"] == {"type": "message", "channel": "C0GENERAL1", "ts": ts}
    slack.client.unreact("bob", "general", ts, "+1::skin-tone-4")
    assert app.next_event()["type"] == "reaction_removed"


def test_opening_the_home_tells_whose_and_which_tab(slack: Running, web: WebClient, app: Recorder) -> None:
    slack.client.open_home("alice")
    event = app.next_event()
    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", "U0ALICE001", "home")
    view = {"type": "home", "blocks": [{"type": "divider"}]}
    web.views_publish(user_id="U0ALICE001", view=view)
    slack.client.open_home("alice")
    assert app.next_event()["view"]["type"] == "home"


def test_joining_a_channel_is_told_to_a_subscriber(slack: Running, app: Recorder) -> None:
    slack.client.set_events(["member_joined_channel"])
    slack.client.join("people", "bob")
    event = app.next_event()
    assert (event["type"], event["user"], event["channel"]) == ("member_joined_channel", "U0BOB00001", "C0PEOPLE01")


def test_nothing_is_told_of_a_channel_without_the_bot(slack: Running, app: Recorder) -> None:
    slack.client.post("alice", "random", "<@BOT> hello")
    assert app.is_told_nothing()


def test_a_private_channel_needs_its_own_subscription(slack: Running, app: Recorder) -> None:
    slack.client.post("alice", "leads", "secret")
    assert app.is_told_nothing()
    slack.client.set_events(["message.groups"])
    slack.client.post("alice", "leads", "secret")
    assert app.next_event()["channel_type"] == "group"


def test_an_event_without_its_scope_is_not_told(slack: Running, app: Recorder) -> None:
    slack.client.set_scopes(["app_mentions:read"])
    slack.client.ask("hello")
    assert app.next_event()["type"] == "app_mention"
    assert app.is_told_nothing()


def test_the_manifest_decides_scopes_events_and_commands(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(MANIFEST)
    with running(manifest=path) as slack:
        state = slack.client.state()["app"]
        assert state["scopes"] == ["app_mentions:read", "chat:write", "commands"]
        assert state["events"] == ["app_mention"]
        with pytest.raises(PlaygroundError, match="/lore is not a valid command"):
            slack.client.command("alice", "general", "/lore")


def test_a_bad_manifest_is_named(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yaml"
    with pytest.raises(PlaygroundError, match="No such file"):
        read_manifest(path)
    path.write_text("a: [")
    with pytest.raises(PlaygroundError, match="is not YAML"):
        read_manifest(path)
    path.write_text("features: [1]")
    with pytest.raises(PlaygroundError, match="'features' must be a mapping"):
        read_manifest(path)


def test_the_default_manifest_has_a_scope_for_each_of_its_events() -> None:
    from playground.scopes import EVENT_SCOPES

    for event in DEFAULT.bot_events:
        assert not EVENT_SCOPES[event] or DEFAULT.bot_scopes & set(EVENT_SCOPES[event])
