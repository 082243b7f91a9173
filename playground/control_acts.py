"""The control API's POSTs for what people do."""

from __future__ import annotations

from typing import Any

from playground.assistant import AssistantPane
from playground.errors import PlaygroundError
from playground.messages import Message
from playground.people import People
from playground.slack import Slack
from playground.workspace import Channel, User

Json = dict[str, Any]


class Acts:
    """Each method takes the JSON that was posted and gives the JSON to answer with."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._people = People(slack)
        self._pane = AssistantPane(slack)

    async def post(self, body: Json) -> Json:
        """A message: user, channel, text, thread_ts?, typed?, files?."""
        user, channel = self._who_and_where(body)
        typed = bool(body.get("typed"))
        message = self._people.post(
            user,
            channel,
            body.get("text", ""),
            thread_ts=body.get("thread_ts"),
            typed=typed,
            files=body.get("files", ()),
        )
        return {"ts": message.ts, "channel": channel.id, "message": message.as_control()}

    async def edit(self, body: Json) -> Json:
        """New words for a message: user, channel, ts, text."""
        user, message = self._who_and_what(body)
        self._people.edit(user, message, body["text"])
        return {"message": message.as_control()}

    async def delete(self, body: Json) -> Json:
        """Away with a message: user, channel, ts."""
        self._people.delete(*self._who_and_what(body))
        return {}

    async def react(self, body: Json) -> Json:
        """A reaction: user, channel, ts, name."""
        self._people.react(*self._who_and_what(body), body["name"])
        return {}

    async def unreact(self, body: Json) -> Json:
        """A reaction taken back: user, channel, ts, name."""
        self._people.unreact(*self._who_and_what(body), body["name"])
        return {}

    async def press(self, body: Json) -> Json:
        """A press: user, action_id?, block_id?, value?, and channel and ts of a message or a view_id."""
        if "view_id" in body:
            user, view = self._slack.workspace.user(body["user"]), self._view(body["view_id"])
            receipt = await self._people.press_in_view(user, view, action_id=body["action_id"], value=body.get("value"))
        else:
            user, message = self._who_and_what(body)
            receipt = await self._people.press(
                user,
                message,
                action_id=body.get("action_id"),
                block_id=body.get("block_id"),
                value=body.get("value"),
            )
        return {"delivery": receipt.as_json()}

    async def command(self, body: Json) -> Json:
        """A slash command: user, channel, command, text?."""
        user, channel = self._who_and_where(body)
        receipt = await self._people.command(user, channel, body["command"], body.get("text", ""))
        return {"delivery": receipt.as_json(), "channel": channel.id}

    async def shortcut(self, body: Json) -> Json:
        """A message's shortcut: user, channel, ts, callback_id."""
        receipt = await self._people.shortcut(*self._who_and_what(body), body["callback_id"])
        return {"delivery": receipt.as_json()}

    async def open_assistant(self, body: Json) -> Json:
        """The assistant pane is opened: user, context? (the channel that is being looked at)."""
        user = self._slack.workspace.user(body["user"])
        thread = self._pane.open(user, self._context(user, body))
        return {"ts": thread.ts, "channel": thread.channel}

    async def look_at(self, body: Json) -> Json:
        """Another channel is looked at while the pane is open: user, ts (of its thread), context."""
        user = self._slack.workspace.user(body["user"])
        self._pane.look_at(user, body["ts"], self._context(user, body))
        return {}

    async def open_home(self, body: Json) -> Json:
        """The app's page is opened: user, tab?."""
        self._people.open_home(self._slack.workspace.user(body["user"]), body.get("tab", "home"))
        return {}

    async def submit(self, body: Json) -> Json:
        """A modal is submitted: user, view_id, values?."""
        user = self._slack.workspace.user(body["user"])
        receipt = await self._people.submit(user, body["view_id"], body.get("values", {}))
        return {"delivery": receipt.as_json()}

    def _who_and_where(self, body: Json) -> tuple[User, Channel]:
        user = self._slack.workspace.user(body["user"])
        return user, self._people.place(user, body["channel"])

    def _who_and_what(self, body: Json) -> tuple[User, Message]:
        user, channel = self._who_and_where(body)
        return user, self._people.message(channel, body["ts"])

    def _context(self, user: User, body: Json) -> Channel | None:
        return self._people.place(user, body["context"]) if body.get("context") else None

    def _view(self, view_id: str) -> Json:
        view = self._slack.views.find(lambda candidate: candidate["id"] == view_id)
        if view is None:
            raise PlaygroundError(f"There is no view {view_id}.")
        return view
