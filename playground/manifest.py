"""The Slack app manifest: what the installed app may do, read from YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from playground.errors import PlaygroundError


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of a manifest that Slack enforces. https://docs.slack.dev/reference/app-manifest

    `shortcuts` are those of messages: the name in the menu by the callback_id. `assistant`: the app has a pane.
    """

    name: str
    bot_scopes: frozenset[str]
    bot_events: frozenset[str]
    commands: frozenset[str]
    interactivity: bool
    socket_mode: bool
    home_tab: bool
    messages_tab: bool
    shortcuts: Mapping[str, str] = field(default_factory=dict)
    assistant: bool = False
    global_shortcuts: Mapping[str, str] = field(default_factory=dict)
    """Those that are on no message: the name by the callback_id."""
    command_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of a command: its `description` and `usage_hint`, as the message box shows them."""

    def with_scopes(self, scopes: Iterable[str]) -> Manifest:
        """The same app, reinstalled with these bot scopes."""
        return replace(self, bot_scopes=frozenset(scopes))

    def with_events(self, events: Iterable[str]) -> Manifest:
        """The same app, subscribed to these bot events."""
        return replace(self, bot_events=frozenset(events))


DEFAULT = Manifest(
    name="lore",
    bot_scopes=frozenset(
        [
            "app_mentions:read",
            "assistant:write",
            "channels:history",
            "channels:read",
            "chat:write",
            "commands",
            "groups:history",
            "groups:read",
            "im:history",
            "im:read",
            "im:write",
            "reactions:read",
            "reactions:write",
            "usergroups:read",
            "users:read",
        ]
    ),
    bot_events=frozenset(
        [
            "app_home_opened",
            "app_mention",
            "assistant_thread_context_changed",
            "assistant_thread_started",
            "member_joined_channel",
            "member_left_channel",
            "message.channels",
            "message.im",
            "reaction_added",
            "reaction_removed",
        ]
    ),
    commands=frozenset(["/lore"]),
    interactivity=True,
    socket_mode=True,
    home_tab=True,
    messages_tab=True,
    shortcuts={"ask_lore": "Ask Lore about this", "save_answer": "Save as answer"},
    assistant=True,
)


def read_manifest(path: Path) -> Manifest:
    """Reads a manifest file (YAML, or JSON, which is YAML).

    Raises PlaygroundError, naming the file, when it is missing, is not YAML, or has parts of the wrong shape.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlaygroundError(f"The manifest {path} cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise PlaygroundError(f"The manifest {path} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise PlaygroundError(f"The manifest {path} holds no mapping.")
    features, settings = _part(document, "features", path), _part(document, "settings", path)
    home = _part(features, "app_home", path)
    scopes = _part(_part(document, "oauth_config", path), "scopes", path)
    commands = features.get("slash_commands") or []
    return Manifest(
        name=_part(features, "bot_user", path).get("display_name")
        or _part(document, "display_information", path).get("name", "app"),
        bot_scopes=frozenset(scopes.get("bot") or []),
        bot_events=frozenset(_part(settings, "event_subscriptions", path).get("bot_events") or []),
        commands=frozenset(command["command"] for command in commands),
        interactivity=bool(_part(settings, "interactivity", path).get("is_enabled")),
        socket_mode=bool(settings.get("socket_mode_enabled")),
        home_tab=bool(home.get("home_tab_enabled")),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
        shortcuts={
            shortcut["callback_id"]: shortcut["name"]
            for shortcut in features.get("shortcuts") or []
            if shortcut.get("type") == "message"
        },
        assistant=bool(features.get("assistant_view")),
        global_shortcuts={
            shortcut["callback_id"]: shortcut["name"]
            for shortcut in features.get("shortcuts") or []
            if shortcut.get("type") == "global"
        },
        command_words={
            command["command"]: {name: str(command.get(name) or "") for name in ("description", "usage_hint")}
            for command in commands
        },
    )


def _part(document: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    part = document.get(key) or {}
    if not isinstance(part, dict):
        raise PlaygroundError(f"The manifest {path}: {key!r} must be a mapping, not {part!r}.")
    return part
