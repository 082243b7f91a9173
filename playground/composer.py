"""What Slack's message box makes of what a person types: escapes, mentions, channel links."""

from __future__ import annotations

import re

from playground.workspace import Workspace

NAME = re.compile(r"(?<![\w&])([@#])([\w.-]*\w)")
BROADCASTS = frozenset({"channel", "here", "everyone"})


def compose(typed: str, workspace: Workspace) -> str:
    """Slack's text for what was typed: `&`, `<`, `>` escaped, then `@name` and `#name` linked where they exist."""
    escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return NAME.sub(lambda match: _link(match, workspace), escaped)


def _link(match: re.Match[str], workspace: Workspace) -> str:
    sign, name = match.groups()
    if sign == "#":
        channel = workspace.find_channel(name)
        return f"<#{channel.id}|{channel.name}>" if channel else match[0]
    if name.lower() in BROADCASTS:
        return f"<!{name.lower()}>"
    for user in workspace.users.values():
        if user.name == name.lower():
            return f"<@{user.id}>"
    for group in workspace.groups.values():
        if group.handle == name.lower():
            return f"<!subteam^{group.id}>"
    return match[0]
