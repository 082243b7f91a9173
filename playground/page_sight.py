"""What one person sees: all of it at once, and then what changes of it."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from playground.changes import Change
from playground.page_chosen import Chosen
from playground.page_files import DroppedFiles
from playground.page_options import PageOptions
from playground.slack import Slack
from playground.workspace import BOT_USER_ID, TEAM_NAME, Channel, User

Json = dict[str, Any]

OF_MESSAGES = frozenset("posted ephemeral edited appended stopped deleted reaction_added reaction_removed".split())
OF_THREADS = frozenset({"status", "title", "prompts"})
OF_VIEWS = frozenset({"home_published", "view_opened", "view_updated", "view_pushed", "view_closed"})
OF_PEOPLE = frozenset({"joined", "left"})


class PageSight:
    """The snapshot and the stream. Tokens and what others see alone are in neither."""

    def __init__(self, slack: Slack, chosen: Chosen, files: DroppedFiles, options: PageOptions) -> None:
        self._slack = slack
        self._chosen = chosen
        self._files = files
        self._options = options
        self._epoch = secrets.token_hex(8)
        """Which run of the playground this is: after another has begun, what the page knows is of no use."""

    async def snapshot(self, query: Json) -> Json:
        """Everything that a person sees now: user."""
        slack = self._slack
        user = slack.workspace.user(query["user"])
        slack.workspace.direct_message(user.id)
        channels = list(slack.workspace.channels_of(user.id))
        return {
            "epoch": self._epoch,
            "last_change": slack.changes.last,
            "team": TEAM_NAME,
            "me": user.id,
            "users": [each.as_slack() for each in slack.workspace.users.values()],
            "groups": [
                {"id": group.id, "handle": group.handle, "name": group.name}
                for group in slack.workspace.groups.values()
            ],
            "channels": [
                {**channel.as_slack(user.id), "members": sorted(channel.members), "kind": channel.kind}
                for channel in channels
            ],
            "messages": [message.as_control() for channel in channels for message in self._messages(user, channel)],
            "threads": self._threads(channels),
            "home": slack.views.homes.get(user.id),
            "modals": slack.views.stack_of(user.id),
            "chosen": self._chosen.of(user.id),
            "app": self._app(),
            "can_explain": self._options.details_url is not None,
            "drop": self._files.limits(),
        }

    async def events(self, request: Request) -> Response:
        """Server-Sent Events for one person: user, and since, or the header Last-Event-ID of a stream that broke."""
        user = self._slack.workspace.user(request.query_params["user"])
        since = request.headers.get("last-event-id") or request.query_params.get("since") or self._slack.changes.last
        stream = self._stream(user, int(since), request.query_params.get("epoch", self._epoch))
        return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _stream(self, user: User, since: int, epoch: str) -> AsyncIterator[str]:
        if epoch != self._epoch:
            yield "event: stale\ndata: {}\n\n"
            return
        yield ": what this person sees\n\n"
        async for change in self._slack.changes.follow(since):
            if self._seen(change, user):
                yield f"id: {change.number}\nevent: change\ndata: {json.dumps(change.as_json())}\n\n"

    def _seen(self, change: Change, user: User) -> bool:
        if change.kind in OF_VIEWS:
            return change.user == user.id or self._slack.views.owners.get(change.data["view"]["id"]) == user.id
        if change.kind == "chosen":
            return change.user == user.id
        channel = self._slack.workspace.channels.get(change.channel)
        if channel is None or (user.id not in channel.members and change.user != user.id):
            return False
        if change.kind in OF_MESSAGES:
            return change.data["message"]["visible_to"] in (None, user.id)
        return change.kind in OF_THREADS | OF_PEOPLE

    def _messages(self, user: User, channel: Channel) -> list[Any]:
        return [message for message in self._slack.messages.all_in(channel.id) if message.visible_to in (None, user.id)]

    def _threads(self, channels: list[Channel]) -> list[Json]:
        threads = self._slack.threads
        ids = {channel.id for channel in channels}
        places = [key for key in {**threads.statuses, **threads.titles, **threads.prompts} if key[0] in ids]
        return [
            {
                "channel": key[0],
                "ts": key[1],
                **threads.statuses.get(key, {"status": "", "loading_messages": []}),
                "title": threads.titles.get(key),
                "prompts": threads.prompts.get(key),
            }
            for key in places
        ]

    def _app(self) -> Json:
        manifest = self._slack.installation.manifest
        return {
            "name": manifest.name,
            "bot_user_id": BOT_USER_ID,
            "commands": [
                {"command": command, **manifest.command_words.get(command, {})} for command in sorted(manifest.commands)
            ],
            "shortcuts": [
                {"type": kind, "callback_id": callback_id, "name": name}
                for kind, shortcuts in (("message", manifest.shortcuts), ("global", manifest.global_shortcuts))
                for callback_id, name in shortcuts.items()
            ],
            "home_tab": manifest.home_tab,
            "assistant": manifest.assistant,
        }
