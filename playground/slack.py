"""One Slack: a workspace with one app installed, all parts joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.calls import CallLog
from playground.changes import ChangeLog
from playground.delivery import Delivery, Pace
from playground.errors import SlackError
from playground.faults import Faults
from playground.installation import Installation
from playground.manifest import DEFAULT, Manifest
from playground.messages import Message, Messages
from playground.request_url import RequestUrl
from playground.response_urls import ResponseUrls
from playground.socket_mode import SocketMode
from playground.surfaces import Threads, Views
from playground.timestamps import Timestamps
from playground.triggers import Triggers
from playground.workspace import BOT_USER_ID, Channel, Workspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slack:
    """The parts, which hold all state between calls."""

    base_url: str
    installation: Installation
    workspace: Workspace
    messages: Messages
    threads: Threads
    views: Views
    changes: ChangeLog
    calls: CallLog
    faults: Faults
    sockets: SocketMode
    http: RequestUrl
    delivery: Delivery
    response_urls: ResponseUrls
    triggers: Triggers

    def visible_channel(self, name: str) -> Channel:
        """The conversation of this id or name that the app can know of. Raises SlackError channel_not_found."""
        channel = self.workspace.find_channel(name)
        if channel is None or (channel.kind != "channel" and BOT_USER_ID not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def readable_channel(self, name: str, right: str) -> Channel:
        """A visible conversation that the token's scopes let the app `read`, or read the `history` of."""
        channel = self.visible_channel(name)
        self.installation.require(f"{channel.scope_family}:{right}")
        return channel

    def own_message(self, channel: Channel, ts: str, error: str) -> Message:
        """A message of the app's. Raises SlackError: message_not_found, or `error` when it is somebody else's."""
        message = self.public_message(channel, ts)
        if not message.by_app:
            raise SlackError(error)
        return message

    def public_message(self, channel: Channel, ts: str) -> Message:
        """A message that everyone sees. Raises SlackError message_not_found."""
        message = self.messages.find(channel.id, ts)
        if message is None or message.visible_to:
            raise SlackError("message_not_found")
        return message

    def new_trigger(self, user: str) -> str:
        """A trigger_id for something `user` did, with which the app may open a modal once."""
        return self.triggers.new(user)

    async def close(self) -> None:
        """Ends what is under way, so that the server can stop."""
        self.changes.close()
        self.delivery.close()
        await self.sockets.drop()
        await self.http.close()


def build_slack(base_url: str, manifest: Manifest = DEFAULT, pace: Pace | None = None) -> Slack:
    """A new workspace at `base_url` with the manifest's app installed."""
    changes, timestamps, faults = ChangeLog(), Timestamps(), Faults()
    installation = Installation(manifest)
    workspace = Workspace(manifest.name.lower(), changes)
    messages = Messages(changes, timestamps)
    threads = Threads(changes)
    sockets, http = SocketMode(), RequestUrl(installation)
    pace = pace or Pace()
    delivery = Delivery(installation, workspace, timestamps, faults, sockets, http, pace)
    changes.subscribe(delivery.on_change)
    changes.subscribe(threads.on_change)
    return Slack(
        base_url=base_url,
        installation=installation,
        workspace=workspace,
        messages=messages,
        threads=threads,
        views=Views(changes),
        changes=changes,
        calls=CallLog(),
        faults=faults,
        sockets=sockets,
        http=http,
        delivery=delivery,
        response_urls=ResponseUrls(messages, base_url),
        triggers=Triggers(pace.trigger_lifetime),
    )
