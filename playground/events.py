"""The shapes of Slack's events, made from the changes they tell of. https://docs.slack.dev/reference/events"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground.changes import Change
from playground.installation import Installation
from playground.scopes import EVENT_SCOPES
from playground.timestamps import Timestamps
from playground.workspace import APP_ID, BOT_USER_ID, TEAM_ID, Channel, Workspace

Json = dict[str, Any]

SUBSCRIPTIONS = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


@dataclass(frozen=True, slots=True)
class Event:
    """An event and the subscription (the manifest's word for it) that lets an app have it."""

    subscription: str
    body: Json


def events_of(change: Change, workspace: Workspace, timestamps: Timestamps) -> Iterator[Event]:
    """The events that Slack would tell the app for a change; none where the app is not a member."""
    if change.kind == "home_opened":
        yield Event("app_home_opened", _home_opened(change))
        return
    if change.kind in ("assistant_thread_started", "assistant_thread_context_changed"):
        yield Event(change.kind, _assistant_thread(change, timestamps))
        return
    if change.data.get("message", {}).get("visible_to"):
        return  # of what only one person sees, an app is told nothing
    channel = workspace.channels.get(change.channel)
    if channel is None or (BOT_USER_ID not in channel.members and change.kind != "left"):
        return
    if change.kind == "posted":
        yield from _posted(change, channel)
    elif change.kind in ("edited", "stopped"):
        yield Event(SUBSCRIPTIONS[channel.kind], _changed(change, channel, timestamps))
    elif change.kind == "deleted":
        yield Event(SUBSCRIPTIONS[channel.kind], _deleted(change, channel, timestamps))
    elif change.kind in ("reaction_added", "reaction_removed"):
        yield Event(change.kind, _reaction(change, timestamps))
    elif change.kind in ("joined", "left"):
        kind = f"member_{change.kind}_channel"
        yield Event(kind, _membership(kind, change, channel, timestamps))


def may_have(event: Event, installation: Installation) -> bool:
    """Whether the app is subscribed to the event and has a scope for it."""
    needed = EVENT_SCOPES.get(event.subscription, ())
    manifest = installation.manifest
    return event.subscription in manifest.bot_events and (not needed or bool(manifest.bot_scopes & set(needed)))


def wrap(event: Json, installation: Installation) -> Json:
    """The `event_callback` around an event, with a new event_id."""
    authorization = {
        "enterprise_id": None,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": installation.verification_token,
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "context_enterprise_id": None,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(time.time()),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"4-{secrets.token_urlsafe(24)}",
    }


def _posted(change: Change, channel: Channel) -> Iterator[Event]:
    message = _message(change.data["message"])
    place = {"channel": channel.id, "event_ts": message["ts"]}
    by_person = "bot_id" not in message
    if by_person and not channel.is_im and f"<@{BOT_USER_ID}" in message["text"]:
        yield Event("app_mention", {**message, "type": "app_mention", **place})
    yield Event(SUBSCRIPTIONS[channel.kind], {**message, **place, "channel_type": channel.kind})


def _changed(change: Change, channel: Channel, timestamps: Timestamps) -> Json:
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": _message(change.data["message"]),
        "previous_message": change.data["previous"],
        "channel": channel.id,
        "hidden": True,
        "channel_type": channel.kind,
        **_now(timestamps, "ts"),
    }


def _deleted(change: Change, channel: Channel, timestamps: Timestamps) -> Json:
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": _message(change.data["message"]),
        "channel": channel.id,
        "hidden": True,
        "deleted_ts": change.data["deleted_ts"],
        "channel_type": channel.kind,
        **_now(timestamps, "ts"),
    }


def _reaction(change: Change, timestamps: Timestamps) -> Json:
    return {
        "type": change.kind,
        "user": change.user,
        "reaction": change.data["reaction"],
        "item": {"type": "message", "channel": change.channel, "ts": change.ts},
        "item_user": change.data["message"]["user"],
        **_now(timestamps),
    }


def _membership(kind: str, change: Change, channel: Channel, timestamps: Timestamps) -> Json:
    letter = "G" if channel.is_private else "C"
    return {
        "type": kind,
        "user": change.user,
        "channel": channel.id,
        "channel_type": letter,
        "team": TEAM_ID,
        **_now(timestamps),
    }


def _home_opened(change: Change) -> Json:
    body = {"type": "app_home_opened", "user": change.user, "channel": change.channel, "tab": change.data["tab"]}
    view = {"view": change.data["view"]} if change.data.get("view") else {}
    return {**body, **view, "event_ts": change.ts}


def _assistant_thread(change: Change, timestamps: Timestamps) -> Json:
    thread = {"user_id": change.user, "context": change.data["context"], "channel_id": change.channel}
    return {"type": change.kind, "assistant_thread": {**thread, "thread_ts": change.ts}, **_now(timestamps)}


def _message(shown: Json) -> Json:
    hidden = {"channel", "streaming", "visible_to", "unfurl_links", "unfurl_media", "reactions", "notifies"}
    return {name: value for name, value in shown.items() if name not in hidden}


def _now(timestamps: Timestamps, *also: str) -> Json:
    return dict.fromkeys((*also, "event_ts"), timestamps.next())
