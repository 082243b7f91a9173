"""The control API, `/control/…`: what people do and see, what the app did, and what is to go wrong. JSON in and out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from playground.errors import PlaygroundError
from playground.faults import Fault
from playground.messages import Message
from playground.people import People
from playground.slack import Slack
from playground.workspace import BOT_USER_ID, Channel, User

Json = dict[str, Any]
Handler = Callable[[Json], Awaitable[Json]]


class Control:
    """Answers the control API."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self._people = People(slack)

    def routes(self) -> list[Route]:
        """The routes: POST what is done, GET what is seen."""
        posts: dict[str, Handler] = {
            "post": self.post,
            "edit": self.edit,
            "delete": self.delete,
            "react": self.react,
            "unreact": self.unreact,
            "press": self.press,
            "command": self.command,
            "home": self.open_home,
            "submit": self.submit,
            "users": self.add_user,
            "channels": self.add_channel,
            "members": self.change_member,
            "archive": self.archive,
            "app": self.change_app,
            "faults": self.set_faults,
            "sockets": self.change_sockets,
        }
        gets: dict[str, Handler] = {
            "state": self.state,
            "messages": self.messages,
            "thread": self.thread,
            "ephemeral": self.ephemeral,
            "status": self.status,
            "views": self.views,
            "calls": self.calls,
            "deliveries": self.deliveries,
            "changes": self.changes,
        }
        return [
            *(Route(f"/control/{name}", _endpoint(handler), methods=["POST"]) for name, handler in posts.items()),
            *(Route(f"/control/{name}", _endpoint(handler), methods=["GET"]) for name, handler in gets.items()),
            Route("/control/events", self.events, methods=["GET"]),
        ]

    async def post(self, body: Json) -> Json:
        """A message: user, channel, text, thread_ts?, typed?."""
        user, channel = self._who_and_where(body)
        typed = bool(body.get("typed"))
        message = self._people.post(user, channel, body.get("text", ""), thread_ts=body.get("thread_ts"), typed=typed)
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

    async def open_home(self, body: Json) -> Json:
        """The app's page is opened: user, tab?."""
        self._people.open_home(self._slack.workspace.user(body["user"]), body.get("tab", "home"))
        return {}

    async def submit(self, body: Json) -> Json:
        """A modal is submitted: user, view_id, values?."""
        user = self._slack.workspace.user(body["user"])
        receipt = await self._people.submit(user, body["view_id"], body.get("values", {}))
        return {"delivery": receipt.as_json()}

    async def add_user(self, body: Json) -> Json:
        """A new person: name, real_name?, admin?, guest?."""
        user = self._slack.workspace.add_user(
            body["name"],
            real_name=body.get("real_name", ""),
            is_admin=bool(body.get("admin")),
            is_guest=bool(body.get("guest")),
        )
        return {"user": user.as_slack()}

    async def add_channel(self, body: Json) -> Json:
        """A new channel: name, members, private?."""
        channel = self._slack.workspace.add_channel(
            body["name"], members=body.get("members", []), private=bool(body.get("private"))
        )
        return {"channel": channel.as_slack(BOT_USER_ID)}

    async def change_member(self, body: Json) -> Json:
        """Someone joins a channel, or leaves it: channel, user, leave?."""
        channel, user = self._slack.workspace.channel(body["channel"]), self._slack.workspace.user(body["user"])
        change = self._slack.workspace.leave if body.get("leave") else self._slack.workspace.join
        change(channel, user)
        return {"members": sorted(channel.members)}

    async def archive(self, body: Json) -> Json:
        """A channel is archived, or brought back: channel, archived?."""
        self._slack.workspace.channel(body["channel"]).is_archived = bool(body.get("archived", True))
        return {}

    async def change_app(self, body: Json) -> Json:
        """The installed app changes: scopes?, events?, request_url? (verified first; null goes back to Socket Mode)."""
        installation = self._slack.installation
        if "scopes" in body:
            installation.manifest = installation.manifest.with_scopes(body["scopes"])
        if "events" in body:
            installation.manifest = installation.manifest.with_events(body["events"])
        if "request_url" in body:
            before, installation.request_url = installation.request_url, body["request_url"]
            try:
                if installation.request_url:
                    await self._slack.http.verify(self._slack.delivery.pace.ack_timeout)
            except PlaygroundError:
                installation.request_url = before
                raise
        return {"app": self._app()}

    async def set_faults(self, body: Json) -> Json:
        """Faults: clear?, add? (a Fault's fields), streaming?, strict_rate?, duplicate_events?."""
        faults = self._slack.faults
        if body.get("clear"):
            faults.clear()
        if "add" in body:
            unknown = set(body["add"]) - {field.name for field in fields(Fault)}
            if unknown:
                raise PlaygroundError(f"A fault has no {', '.join(sorted(unknown))}.")
            faults.pending.append(Fault(**body["add"]))
        faults.streaming = bool(body.get("streaming", faults.streaming))
        faults.strict_rate = bool(body.get("strict_rate", faults.strict_rate))
        faults.duplicate_events = int(body.get("duplicate_events", faults.duplicate_events))
        return {"faults": [asdict(fault) for fault in faults.pending]}

    async def change_sockets(self, body: Json) -> Json:
        """The app's connections: drop?, or disconnect? with a reason."""
        if "disconnect" in body:
            await self._slack.sockets.ask_to_reconnect(body["disconnect"])
        if body.get("drop"):
            await self._slack.sockets.drop()
        return {"connections": self._slack.sockets.count}

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
            "app": self._app(),
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

    def _app(self) -> Json:
        installation = self._slack.installation
        return {
            "bot_user_id": BOT_USER_ID,
            "bot_token": installation.bot_token,
            "app_token": installation.app_token,
            "signing_secret": installation.signing_secret,
            "scopes": sorted(installation.manifest.bot_scopes),
            "events": sorted(installation.manifest.bot_events),
            "commands": sorted(installation.manifest.commands),
            "request_url": installation.request_url,
            "connections": self._slack.sockets.count,
            "connections_opened": self._slack.sockets.opened,
        }

    def _who_and_where(self, body: Json) -> tuple[User, Channel]:
        user = self._slack.workspace.user(body["user"])
        return user, self._people.place(user, body["channel"])

    def _who_and_what(self, body: Json) -> tuple[User, Message]:
        user, channel = self._who_and_where(body)
        return user, self._people.message(channel, body["ts"])

    def _channel(self, query: Json) -> Channel:
        if query["channel"] == "dm":
            return self._slack.workspace.direct_message(self._slack.workspace.user(query["user"]).id)
        return self._slack.workspace.channel(query["channel"])

    def _view(self, view_id: str) -> Json:
        view = self._slack.views.find(lambda candidate: candidate["id"] == view_id)
        if view is None:
            raise PlaygroundError(f"There is no view {view_id}.")
        return view


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json() if request.method == "POST" else dict(request.query_params)
            answer = await handler(body)
        except PlaygroundError as error:
            return JSONResponse({"ok": False, "error": str(error)}, status_code=400)
        except json.JSONDecodeError:
            return JSONResponse({"ok": False, "error": "The body is not JSON."}, status_code=400)
        except KeyError as error:
            return JSONResponse({"ok": False, "error": f"{error} is missing."}, status_code=400)
        return JSONResponse({"ok": True, **answer})

    return endpoint
