"""Shows what the app answers while it answers: its working status, then its text as it grows, then the whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from playground.client import Playground
from playground.to_markdown import message_markdown

Json = dict[str, Any]

SHOWN = frozenset({"posted", "ephemeral", "edited", "appended", "stopped"})
# A streamed reply ends by itself; one that is posted may still be edited, so it is watched a little longer.
STREAMED_QUIET = 0.2
POSTED_QUIET = 1.0


@dataclass(slots=True)
class ReplyView:
    """The app's messages that one act of a person brought about, by ts, and the working status of its thread."""

    playground: Playground
    console: Console
    names: Mapping[str, str]
    belongs: Callable[[Json], bool]
    messages: dict[str, Json] = field(default_factory=dict)
    status: str = ""
    streamed: bool = False
    _last_news: float = field(default_factory=time.monotonic)

    def follow(self, since: int, timeout: float, check: Callable[[], None]) -> int:
        """Shows what comes after change number `since` until it is complete; returns the last change's number.

        `check` is called now and then, and may raise to end the wait. Raises TimeoutError when nothing came, or
        nothing was completed, for `timeout` seconds.
        """
        if not self.console.is_terminal:
            since = self._wait(since, timeout, check, lambda: None)
        else:
            with Live(console=self.console, auto_refresh=False, transient=True) as live:
                since = self._wait(since, timeout, check, lambda: live.update(self._growing(), refresh=True))
        self.print()
        return since

    def take(self, changes: list[Json]) -> None:
        """Takes in what changed; what does not belong here is passed over."""
        for change in changes:
            message = change["data"].get("message", {})
            if change["kind"] == "status":
                if self.belongs({"channel": change["channel"], "thread_ts": change["ts"], "bot_id": ""}):
                    self._set_status(change["data"])
            elif self.belongs(message):
                self._take_message(change["kind"], message)

    def print(self) -> None:
        """Prints the whole of what came."""
        for message in self.messages.values():
            self.console.print(self._whole(message))

    def _wait(self, since: int, timeout: float, check: Callable[[], None], show: Callable[[], None]) -> int:
        while not self._complete():
            if time.monotonic() - self._last_news > timeout:
                raise TimeoutError(f"No answer in {timeout:g} s.")
            check()
            changes = self.playground.changes(since, timeout=0.1)
            if changes:
                since = changes[-1]["number"]
                self.take(changes)
                show()
        return since

    def _complete(self) -> bool:
        if not self.messages or self.status or any(message["streaming"] for message in self.messages.values()):
            return False
        quiet = STREAMED_QUIET if self.streamed else POSTED_QUIET
        return time.monotonic() - self._last_news > quiet

    def _set_status(self, data: Json) -> None:
        self.status = data["status"]
        self._last_news = time.monotonic()
        if self.status and not self.console.is_terminal:
            self.console.print(Text(f"  … {self.status}"))

    def _take_message(self, kind: str, message: Json) -> None:
        self._last_news = time.monotonic()
        if kind in SHOWN:
            self.messages[message["ts"]] = message
            self.streamed = self.streamed or message["streaming"]
        elif kind == "deleted":
            self.messages.pop(message["ts"], None)

    def _growing(self) -> RenderableType:
        parts: list[RenderableType] = [self._whole(message) for message in self.messages.values()]
        if self.status:
            parts.append(Text(f"  … {self.status}", style="dim italic"))
        return Group(*parts)

    def _whole(self, message: Json) -> RenderableType:
        who = self.names.get(message["user"], message["user"])
        where = " (only you can see this)" if message["visible_to"] else ""
        clickable = self.console.is_terminal or self.console.record
        body = Markdown(message_markdown(message, self.names), hyperlinks=clickable)
        return Padding(Group(Text(f"{who}{where}", style="bold green"), body), (0, 0, 1, 2))
