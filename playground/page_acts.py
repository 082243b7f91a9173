"""What a person does on the page, beyond what the control API knows: choices, modals, shortcuts."""

from __future__ import annotations

from typing import Any

from playground.delivery import Receipt
from playground.errors import PlaygroundError
from playground.messages import Message
from playground.page_chosen import Chosen
from playground.page_inputs import element_action, stateful, view_state
from playground.payloads import global_shortcut, message_action, view_action, view_closed
from playground.people import People, find_element
from playground.slack import Slack
from playground.workspace import User

Json = dict[str, Any]


class PageActs:
    """Each method takes the JSON that was posted and gives the JSON to answer with."""

    def __init__(self, slack: Slack, chosen: Chosen) -> None:
        self._slack = slack
        self._people = People(slack)
        self._chosen = chosen

    async def press(self, body: Json) -> Json:
        """An act on an element: user, block_id, action_id, given, and channel and ts, or view_id and state."""
        user = self._slack.workspace.user(body["user"])
        self._check_interactivity()
        if "view_id" in body:
            return await self._press_in_view(user, body)
        message = self._message(user, body)
        blocks = [*message.shown_blocks(), *(block for part in message.attachments for block in part.get("blocks", []))]
        element, block_id = find_element(blocks, body.get("action_id"), body.get("block_id"))
        action = element_action(element, block_id, body.get("given"))
        place = f"{message.channel}/{message.ts}"
        self._chosen.keep(user.id, place, block_id, element, body.get("given"))
        channel = self._slack.workspace.channels[message.channel]
        url = self._slack.response_urls.new(user.id, channel.id, message)
        payload = message_action(self._slack, user, channel, message, action, url)
        payload["state"] = {"values": view_state(blocks, self._chosen.at(user.id, place))}
        return _told(await self._slack.delivery.ask("interactive", payload))

    async def submit(self, body: Json) -> Json:
        """A modal is submitted: user, view_id, state ({block_id: {action_id: what was given}})."""
        user = self._slack.workspace.user(body["user"])
        view = self._own_modal(user, body["view_id"])
        values = view_state(view["blocks"], body.get("state", {}))
        return _told(await self._people.submit(user, view["id"], values))

    async def close(self, body: Json) -> Json:
        """A modal is closed, or with `clear` the whole stack: user, view_id, clear?."""
        user = self._slack.workspace.user(body["user"])
        view = self._own_modal(user, body["view_id"])
        clear = bool(body.get("clear"))
        closed = self._slack.views.stack_of(user.id) if clear else [view]
        for each in reversed(closed):
            self._slack.views.close(each["id"])
        for each in closed:
            if each.get("notify_on_close"):
                payload = view_closed(self._slack, user, each, is_cleared=clear)
                await self._slack.delivery.ask("interactive", payload)
        return {}

    async def shortcut(self, body: Json) -> Json:
        """A shortcut of the manifest: user, callback_id, and for one on a message its channel and ts."""
        user = self._slack.workspace.user(body["user"])
        callback_id = body["callback_id"]
        if "ts" in body:
            return _told(await self._people.shortcut(user, self._message(user, body), callback_id))
        self._check_interactivity()
        if callback_id not in self._slack.installation.manifest.global_shortcuts:
            raise PlaygroundError(f"The app's manifest has no global shortcut {callback_id!r}.")
        payload = global_shortcut(self._slack, user, callback_id)
        return _told(await self._slack.delivery.ask("interactive", payload))

    async def _press_in_view(self, user: User, body: Json) -> Json:
        view_id = body["view_id"]
        home = self._slack.views.homes.get(user.id)
        view = home if home and home["id"] == view_id else self._own_modal(user, view_id)
        element, block_id = find_element(view["blocks"], body.get("action_id"), body.get("block_id"))
        given = body.get("given")
        action = element_action(element, block_id, given)
        state = {name: dict(values) for name, values in body.get("state", {}).items()}
        if any(element is each for _, each in stateful(view["blocks"])):
            state.setdefault(block_id, {})[element.get("action_id", "")] = given
        if view is home:
            self._chosen.keep(user.id, view_id, block_id, element, given)
        shown = {**view, "state": {"values": view_state(view["blocks"], state)}}
        return _told(await self._slack.delivery.ask("interactive", view_action(self._slack, user, shown, action)))

    def _own_modal(self, user: User, view_id: str) -> Json:
        view = next((view for view in self._slack.views.stack_of(user.id) if view["id"] == view_id), None)
        if view is None:
            raise PlaygroundError(f"{user.name} has no modal {view_id} open.")
        return view

    def _message(self, user: User, body: Json) -> Message:
        message = self._people.message(self._people.place(user, body["channel"]), body["ts"])
        if message.visible_to not in (None, user.id):
            raise PlaygroundError(f"{user.name} cannot see that message.")
        return message

    def _check_interactivity(self) -> None:
        if not self._slack.installation.manifest.interactivity:
            raise PlaygroundError("This app is not configured to handle interactive responses (its manifest).")


def _told(receipt: Receipt) -> Json:
    return {"error_of_app": receipt.error, "answer": receipt.answer}
