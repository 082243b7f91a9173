"""What an app shows outside of messages: working statuses, thread titles and prompts, home tabs, modals."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playground.changes import Change, ChangeLog
from playground.workspace import APP_ID, BOT_ID, TEAM_ID

Json = dict[str, Any]


@dataclass(slots=True)
class Threads:
    """The working status, title and suggested prompts of threads, by (channel, thread_ts)."""

    changes: ChangeLog
    statuses: dict[tuple[str, str], Json] = field(default_factory=dict)
    titles: dict[tuple[str, str], str] = field(default_factory=dict)
    prompts: dict[tuple[str, str], Json] = field(default_factory=dict)

    def set_status(self, channel: str, thread_ts: str, status: str, loading_messages: list[str]) -> None:
        """Shows a status, or with an empty one takes it away."""
        if status:
            self.statuses[channel, thread_ts] = {"status": status, "loading_messages": loading_messages}
        else:
            self.statuses.pop((channel, thread_ts), None)
        self.changes.record("status", channel=channel, ts=thread_ts, status=status, loading_messages=loading_messages)

    def on_change(self, change: Change) -> None:
        """Takes the status away when the app posts in its thread, as Slack does."""
        message = change.data.get("message", {})
        if change.kind not in ("posted", "stopped") or "bot_id" not in message:
            return
        thread = (change.channel, message.get("thread_ts", change.ts))
        if thread in self.statuses:
            self.set_status(*thread, status="", loading_messages=[])


@dataclass(slots=True)
class Views:
    """Home tabs by user, and the modals that were opened."""

    changes: ChangeLog
    homes: dict[str, Json] = field(default_factory=dict)
    modals: dict[str, Json] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    """Whose each view is, by its id; a closed one's too."""

    def publish(self, user: str, view: Json) -> Json:
        """Sets a user's home tab."""
        before = self.homes.get(user)
        shown = _shown(view, before["id"] if before else _view_id())
        self.homes[user] = shown
        self.owners[shown["id"]] = user
        self.changes.record("home_published", user=user, view=shown)
        return shown

    def open(self, user: str, view: Json) -> Json:
        """Opens a modal for a user."""
        shown = _shown(view, _view_id())
        self.modals[shown["id"]] = shown
        self.owners[shown["id"]] = user
        self.changes.record("view_opened", user=user, view=shown)
        return shown

    def push(self, below: str, view: Json) -> Json:
        """Opens a modal on top of the one with the id `below`, for the same user."""
        under, user = self.modals[below], self.owners[below]
        shown = _shown(view, _view_id()) | {"root_view_id": under["root_view_id"], "previous_view_id": below}
        self.modals[shown["id"]] = shown
        self.owners[shown["id"]] = user
        self.changes.record("view_pushed", user=user, view=shown)
        return shown

    def stack_of(self, user: str) -> list[Json]:
        """The modals that this user has open, the topmost last."""
        return [view for view_id, view in self.modals.items() if self.owners[view_id] == user]

    def update(self, view_id: str, view: Json) -> Json:
        """Replaces an open modal, or a home tab, by its id."""
        shown = _shown(view, view_id)
        for user, home in self.homes.items():
            if home["id"] == view_id:
                self.homes[user] = shown
        if view_id in self.modals:
            before = self.modals[view_id]
            shown |= {name: before[name] for name in ("root_view_id", "previous_view_id")}
            self.modals[view_id] = shown
        self.changes.record("view_updated", view=shown)
        return shown

    def close(self, view_id: str) -> None:
        """Closes a modal."""
        view = self.modals.pop(view_id)
        self.changes.record("view_closed", view=view)

    def find(self, match: Callable[[Json], bool]) -> Json | None:
        """The first open view that matches, or None."""
        return next((view for view in [*self.modals.values(), *self.homes.values()] if match(view)), None)


def _view_id() -> str:
    return f"V0{secrets.token_hex(5).upper()}"


def _shown(view: Json, view_id: str) -> Json:
    added: Json = {
        "id": view_id,
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "bot_id": BOT_ID,
        "hash": f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}",
        "root_view_id": view_id,
        "previous_view_id": None,
        "state": {"values": {}},
    }
    view = {**view, "blocks": [{"block_id": secrets.token_hex(3), **block} for block in view.get("blocks", [])]}
    defaults: Json = {"callback_id": "", "private_metadata": "", "clear_on_close": False, "notify_on_close": False}
    return {**defaults, **view, **added}
