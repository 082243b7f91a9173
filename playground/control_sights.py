"""The control API's GETs: what people see, what the app did, what changes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from playground.app_state import app_state
from playground.slack import Slack
from playground.workspace import BOT_USER_ID, Channel

Json = dict[str, Any]


class Sights:
    """Each method takes the query and gives the JSON to answer with."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def state(self, query: Json) -> Json:
        """The workspace, the app and its tokens, and whether it is connected."""
        workspace = self._slack.workspace
        return {
            "url": self._slack.base_url,
            "users": [user.as_slack() for user in workspace.users.values()],
            "channels": [
                {**channel.as_slack(BOT_USER_ID), "members": sorted(channel.members)}
                for channel in workspace.channels.values()
            ],
            "app": app_state(self._slack),
            "last_change": self._slack.changes.last,
        }

    async def messages(self, query: Json) -> Json:
        """The top level of a channel: channel, user? (for `dm`)."""
        channel = self._channel(query)
        return {"messages": [message.as_control() for message in self._slack.messages.in_channel(channel.id)]}

    async def thread(self, query: Json) -> Json:
        """A thread, its first message included: channel, ts, user? (for `dm`)."""
        channel = self._channel(query)
        return {
            "messages": [message.as_control() for message in self._slack.messages.in_thread(channel.id, query["ts"])]
        }

    async def ephemeral(self, query: Json) -> Json:
        """What only one person sees: user, channel?."""
        user = self._slack.workspace.user(query["user"])
        channel = self._channel(query).id if "channel" in query else None
        return {"messages": [message.as_control() for message in self._slack.messages.ephemeral_for(user.id, channel)]}

    async def status(self, query: Json) -> Json:
        """The working status, title and prompts of a thread: channel, ts, user?."""
        key = (self._channel(query).id, query["ts"])
        threads = self._slack.threads
        shown = threads.statuses.get(key, {"status": "", "loading_messages": []})
        return {**shown, "title": threads.titles.get(key), "prompts": threads.prompts.get(key)}

    async def views(self, query: Json) -> Json:
        """The home tab of a person, and the open modals: user."""
        user = self._slack.workspace.user(query["user"])
        return {"home": self._slack.views.homes.get(user.id), "modals": list(self._slack.views.modals.values())}

    async def calls(self, query: Json) -> Json:
        """The API calls that the app made: method?."""
        return {"calls": [call.as_json() for call in self._slack.calls.of(query.get("method"))]}

    async def deliveries(self, query: Json) -> Json:
        """Every try to bring something to the app, and how it went."""
        return {"deliveries": [receipt.as_json() for receipt in self._slack.delivery.receipts]}

    async def changes(self, query: Json) -> Json:
        """The changes after number `since`; with none yet, waits up to `timeout` seconds."""
        changes = await self._slack.changes.wait(int(query.get("since", 0)), float(query.get("timeout", 0)))
        return {"changes": [change.as_json() for change in changes], "last_change": self._slack.changes.last}

    async def events(self, request: Request) -> Response:
        """Server-Sent Events: every change after number `since` (the newest, when not said)."""
        since = int(request.query_params.get("since", self._slack.changes.last))
        return StreamingResponse(self._event_stream(since), media_type="text/event-stream")

    async def _event_stream(self, since: int) -> AsyncIterator[str]:
        yield ": the changes of the playground\n\n"
        async for change in self._slack.changes.follow(since):
            yield f"id: {change.number}\nevent: {change.kind}\ndata: {json.dumps(change.as_json())}\n\n"

    def _channel(self, query: Json) -> Channel:
        if query["channel"] == "dm":
            return self._slack.workspace.direct_message(self._slack.workspace.user(query["user"]).id)
        return self._slack.workspace.channel(query["channel"])
