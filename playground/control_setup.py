"""The control API's POSTs that change the workspace, the installed app, and what goes wrong."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from playground.app_state import app_state
from playground.errors import PlaygroundError
from playground.faults import Fault
from playground.slack import Slack
from playground.workspace import BOT_USER_ID, CREATED, TEAM_ID

Json = dict[str, Any]


class Setup:
    """Each method takes the JSON that was posted and gives the JSON to answer with."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    async def add_user(self, body: Json) -> Json:
        """A new person: name, real_name?, admin?, guest?, single_channel_guest?, team?."""
        user = self._slack.workspace.add_user(
            body["name"],
            real_name=body.get("real_name", ""),
            is_admin=bool(body.get("admin")),
            is_guest=bool(body.get("guest")),
            is_single_channel_guest=bool(body.get("single_channel_guest")),
            team_id=body.get("team") or TEAM_ID,
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

    async def rename(self, body: Json) -> Json:
        """A channel gets another name: channel, name."""
        self._slack.workspace.rename(self._slack.workspace.channel(body["channel"]), body["name"])
        return {}

    async def change_group(self, body: Json) -> Json:
        """A user group, made when there is none: handle, users?, new_handle?, disabled?."""
        group = self._slack.workspace.group(body["handle"])
        if "users" in body:
            group.users = [self._slack.workspace.user(name).id for name in body["users"]]
        group.handle = body.get("new_handle") or group.handle
        if "disabled" in body:
            group.date_delete = CREATED if body["disabled"] else 0
        return {"usergroup": group.as_slack(include_users=True, include_count=True)}

    async def share(self, body: Json) -> Json:
        """A channel is shared with another company, or no longer: channel, shared?."""
        self._slack.workspace.channel(body["channel"]).is_ext_shared = bool(body.get("shared", True))
        return {}

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
        return {"app": app_state(self._slack)}

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
