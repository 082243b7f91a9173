"""What people do in Slack: write, edit, react, press buttons, run commands, open the app's home."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from typing import Any

from playground.composer import compose
from playground.delivery import Receipt
from playground.errors import PlaygroundError, SlackError
from playground.messages import Message
from playground.payloads import (
    action_of,
    message_action,
    message_shortcut,
    slash_command,
    view_action,
    view_submission,
)
from playground.slack import Slack
from playground.workspace import BOT_USER_ID, Channel, User

Json = dict[str, Any]


class People:
    """Acts as a person of the workspace. Raises PlaygroundError for what the person could not do."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def place(self, user: User, channel: str) -> Channel:
        """The conversation a person means: `dm` is theirs with the bot."""
        if channel in ("dm", "@" + self._slack.workspace.users[BOT_USER_ID].name):
            return self._slack.workspace.direct_message(user.id)
        found = self._slack.workspace.channel(channel)
        if user.id not in found.members:
            raise PlaygroundError(f"{user.name} is not in #{found.name}, so they cannot see it.")
        return found

    def post(
        self,
        user: User,
        channel: Channel,
        text: str,
        *,
        thread_ts: str | None,
        typed: bool,
        files: Sequence[str] = (),
    ) -> Message:
        """Writes a message; `typed` text goes through Slack's message box first, other text is Slack's own markup.
        `files` are the names of what is attached."""
        if channel.is_archived:
            raise PlaygroundError(f"#{channel.name} is archived.")
        parent = self.message(channel, thread_ts) if thread_ts else None
        text = compose(text, self._slack.workspace) if typed else text
        return self._slack.messages.post(
            Message(
                channel=channel.id,
                ts="",
                user=user.id,
                team=user.team_id,
                text=text,
                thread_ts=parent.root_ts if parent else None,
                blocks=[_rich_text(text)] if text else [],
                client_msg_id=str(uuid.uuid4()),
                files=[_file(name, user) for name in files],
            )
        )

    def edit(self, user: User, message: Message, text: str) -> None:
        """Changes the words of the person's own message."""
        _check_own(user, message)
        self._slack.messages.edit(message, text=text, blocks=[_rich_text(text)])

    def delete(self, user: User, message: Message) -> None:
        """Deletes the person's own message; an admin may delete any."""
        if not user.is_admin:
            _check_own(user, message)
        self._slack.messages.delete(message)

    def react(self, user: User, message: Message, name: str) -> None:
        """Adds a reaction; a second one of the same name is refused, as the button would remove it."""
        if not self._slack.messages.react(message, name.strip(":"), user.id):
            raise PlaygroundError(f"{user.name} has reacted with :{name}: already.")

    def unreact(self, user: User, message: Message, name: str) -> None:
        """Takes a reaction back."""
        if not self._slack.messages.unreact(message, name.strip(":"), user.id):
            raise PlaygroundError(f"{user.name} has no reaction :{name}: there.")

    def message(self, channel: Channel, ts: str) -> Message:
        """The message at `ts`."""
        message = self._slack.messages.find(channel.id, ts)
        if message is None:
            raise PlaygroundError(f"There is no message {ts} in {channel.name or channel.id}.")
        return message

    async def press(
        self, user: User, message: Message, *, action_id: str | None, block_id: str | None, value: str | None
    ) -> Receipt:
        """Presses the element of a message with this action_id (and block_id)."""
        if message.visible_to not in (None, user.id):
            raise PlaygroundError(f"{user.name} cannot see that message.")
        self._check_interactivity()
        element, block = find_element(message.shown_blocks(), action_id, block_id)
        channel = self._slack.workspace.channels[message.channel]
        url = self._slack.response_urls.new(user.id, channel.id, message)
        action = action_of(element, block, value)
        payload = message_action(self._slack, user, channel, message, action, url)
        return await self._slack.delivery.ask("interactive", payload)

    async def shortcut(self, user: User, message: Message, callback_id: str) -> Receipt:
        """Chooses a shortcut of the app from a message's menu."""
        manifest = self._slack.installation.manifest
        if callback_id not in manifest.shortcuts or "commands" not in manifest.bot_scopes:
            raise PlaygroundError(f"The app's manifest has no message shortcut {callback_id}.")
        if message.visible_to not in (None, user.id):
            raise PlaygroundError(f"{user.name} cannot see that message.")
        self._check_interactivity()
        channel = self._slack.workspace.channels[message.channel]
        url = self._slack.response_urls.new(user.id, channel.id)
        payload = message_shortcut(self._slack, user, channel, message, callback_id, url)
        return await self._slack.delivery.ask("interactive", payload)

    async def press_in_view(self, user: User, view: Json, *, action_id: str, value: str | None) -> Receipt:
        """Presses an element of a home tab or modal."""
        self._check_interactivity()
        element, block = find_element(view["blocks"], action_id, None)
        payload = view_action(self._slack, user, view, action_of(element, block, value))
        return await self._slack.delivery.ask("interactive", payload)

    async def command(self, user: User, channel: Channel, command: str, text: str) -> Receipt:
        """Runs a slash command. What the app answers at once is shown as Slack would show it."""
        manifest = self._slack.installation.manifest
        if command not in manifest.commands or "commands" not in manifest.bot_scopes:
            raise PlaygroundError(f"{command} is not a valid command: the app's manifest does not have it.")
        url = self._slack.response_urls.new(user.id, channel.id)
        payload = slash_command(self._slack, user, channel, command, text, url)
        receipt = await self._slack.delivery.ask("slash_commands", payload)
        if receipt.error:
            self._tell(user, channel, f"{command} failed with the error “{receipt.error}”")
        elif receipt.answer and (receipt.answer.get("text") or receipt.answer.get("blocks")):
            self._show(url, receipt.answer)
        return receipt

    def open_home(self, user: User, tab: str) -> None:
        """Opens the app's page in the sidebar at a tab, `home` or `messages`."""
        channel = self._slack.workspace.direct_message(user.id)
        self._slack.changes.record(
            "home_opened",
            channel=channel.id,
            ts=self._slack.messages.timestamps.next(),
            user=user.id,
            tab=tab,
            view=self._slack.views.homes.get(user.id) if tab == "home" else None,
        )

    async def submit(self, user: User, view_id: str, values: Json) -> Receipt:
        """Submits a modal; the app's answer closes it, updates it, puts another on it, closes all, or shows errors."""
        view = self._slack.views.modals.get(view_id)
        if view is None:
            raise PlaygroundError(f"No modal {view_id} is open.")
        receipt = await self._slack.delivery.ask("interactive", view_submission(self._slack, user, view, values))
        answer = receipt.answer or {}
        action = answer.get("response_action")
        if receipt.error is None and action == "update":
            self._slack.views.update(view_id, answer["view"])
        elif receipt.error is None and action == "push":
            self._slack.views.push(view_id, answer["view"])
        elif receipt.error is None and action == "clear":
            for each in reversed(self._slack.views.stack_of(self._slack.views.owners[view_id])):
                self._slack.views.close(each["id"])
        elif receipt.error is None and action is None:
            self._slack.views.close(view_id)
        return receipt

    def _check_interactivity(self) -> None:
        if not self._slack.installation.manifest.interactivity:
            raise PlaygroundError("This app is not configured to handle interactive responses (its manifest).")

    def _show(self, response_url: str, answer: Json) -> None:
        try:
            self._slack.response_urls.acknowledge(response_url, answer)
        except SlackError as error:
            raise PlaygroundError(f"The app's answer to the command is no message: {error}.") from error

    def _tell(self, user: User, channel: Channel, text: str) -> None:
        self._slack.messages.post(Message(channel=channel.id, ts="", user="USLACKBOT", text=text, visible_to=user.id))


def find_element(blocks: list[Json], action_id: str | None, block_id: str | None) -> tuple[Json, str]:
    """The element that can be pressed with this action_id, in the block with this id (any, where None), and its block.

    Raises PlaygroundError, naming those there are, when there is none.
    """
    seen = []
    for block in blocks:
        elements = [*(block.get("elements") or []), block.get("accessory") or {}, block.get("element") or {}]
        for element in elements:
            if "action_id" not in element and element.get("type") not in ("button", "feedback_buttons", "icon_button"):
                continue
            seen.append(element.get("action_id"))
            if action_id in (None, element.get("action_id")) and block_id in (None, block.get("block_id")):
                return element, block.get("block_id", "")
    raise PlaygroundError(f"There is nothing to press with action_id {action_id!r}. There are: {seen}.")


def _check_own(user: User, message: Message) -> None:
    if message.user != user.id:
        raise PlaygroundError(f"That message is not {user.name}'s.")


def _file(name: str, user: User) -> Json:
    return {"id": f"F0{secrets.token_hex(4).upper()}", "name": name, "title": name, "user": user.id, "mode": "hosted"}


def _rich_text(text: str) -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "block_id": secrets.token_hex(3), "elements": [section]}
