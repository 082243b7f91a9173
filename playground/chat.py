"""The terminal chat: what a person types is done in the playground, what the app answers is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape

from playground.client import Playground, Posted
from playground.errors import PlaygroundError
from playground.reply_view import ReplyView

Json = dict[str, Any]

VOTES = {"+1": "+1", "👍": "+1", ":+1:": "+1", "-1": "-1", "👎": "-1", ":-1:": "-1"}


@dataclass(slots=True)
class Chat:
    """One person at a time, in one channel, with the last answer in mind.

    `check` is called while an answer is awaited; it may raise, when the app has died, to end the chat.
    """

    playground: Playground
    console: Console
    user: str = "alice"
    channel: str = "general"
    timeout: float = 120.0
    check: Callable[[], None] = lambda: None
    unanswered: int = 0
    _state: Json = field(default_factory=dict)
    _thread: Posted | None = None
    _answer: Json | None = None

    def run(self, lines: Iterator[str]) -> int:
        """Does each line in turn, until `/quit` or the end. Returns 0; 1 when an answer did not come."""
        self._state = self.playground.state()
        for line in lines:
            text = line.strip()
            if text == "/quit":
                break
            if text:
                self._do(text)
        return 1 if self.unanswered else 0

    def prompt(self) -> str:
        """What stands before the cursor."""
        return f"{self.user} #{self.channel}> " if self.channel != "dm" else f"{self.user} (direct message)> "

    def _do(self, text: str) -> None:
        word, _, rest = text.partition(" ")
        acts: dict[str, Callable[[str], None]] = {
            "/as": self._become,
            "/dm": lambda rest: self._say(rest, channel="dm"),
            "/help": lambda rest: self._help(),
            "/in": self._go,
            "/thread": self._follow_up,
        }
        try:
            if text in VOTES:
                self._vote(VOTES[text])
            elif word in acts:
                acts[word](rest.strip())
            elif word in self._state["app"]["commands"]:
                self._command(word, rest.strip())
            elif word.startswith("/"):
                self.console.print(f"There is no {escape(word)}. Type /help.")
            else:
                self._say(text, channel=self.channel)
        except PlaygroundError as error:
            self.console.print(escape(str(error)), style="red")
        except TimeoutError as error:
            self.unanswered += 1
            self.console.print(escape(str(error)), style="red")

    def _say(self, text: str, *, channel: str, thread_ts: str | None = None) -> None:
        if not text:
            raise PlaygroundError("There is nothing to say: write the text behind it.")
        since = int(self.playground.state()["last_change"])
        posted = self.playground.post(self.user, channel, text, thread_ts=thread_ts, typed=True)
        self._thread = Posted(thread_ts or posted.ts, posted.channel)
        if channel == "dm" or self._mentions(text):
            self._show(since, self._in_thread(self._thread))
        else:
            self.console.print(f"Said, but to nobody in particular: write {self._mention()} to ask it.", style="dim")

    def _follow_up(self, text: str) -> None:
        if self._thread is None:
            raise PlaygroundError("There is no thread yet: ask something first.")
        direct = self._thread.channel.startswith("D")
        mention = "" if direct or self._mentions(text) else f"{self._mention()} "
        channel = "dm" if direct else self._thread.channel
        self._say(mention + text if text else "", channel=channel, thread_ts=self._thread.ts)

    def _command(self, command: str, text: str) -> None:
        since = int(self.playground.state()["last_change"])
        self.playground.command(self.user, self.channel, command, text)
        me = self._id_of(self.user)
        self._show(since, lambda message: message.get("visible_to") == me)

    def _show(self, since: int, belongs: Callable[[Json], bool]) -> None:
        names = {user["id"]: user["name"] for user in self._state["users"]} | {"USLACKBOT": "Slackbot"}
        view = ReplyView(self.playground, self.console, names, belongs)
        view.follow(since, self.timeout, self.check)
        self._answer = list(view.messages.values())[-1]

    def _vote(self, name: str) -> None:
        if self._answer is None or self._answer["visible_to"]:
            raise PlaygroundError("There is no answer to vote on: ask in a channel or with /dm first.")
        channel, ts = self._answer["channel"], self._answer["ts"]
        channel = "dm" if channel.startswith("D") else channel
        other = {"+1": "-1", "-1": "+1"}[name]
        mine = {each["name"] for each in self._reactions() if self._id_of(self.user) in each["users"]}
        if other in mine:
            self.playground.unreact(self.user, channel, ts, other)
        sent = len(self.playground.deliveries())
        self.playground.react(self.user, channel, ts, name)
        self._await_delivery(sent)
        self.console.print(f"{self.user} reacted with {'👍' if name == '+1' else '👎'}.")

    def _await_delivery(self, sent: int) -> None:
        """Waits until the app has taken the vote, so that ending the chat does not lose it."""
        deadline = time.monotonic() + 3.0
        while time.monotonic() < deadline:
            new = self.playground.deliveries()[sent:]
            if new and all(delivery["seconds"] is not None for delivery in new):
                return
            time.sleep(0.05)

    def _reactions(self) -> list[Json]:
        if self._answer is None:
            return []
        ts = str(self._answer["ts"])
        thread = self.playground.thread(self._answer["channel"], str(self._answer.get("thread_ts", ts)))
        return next((message.get("reactions", []) for message in thread if message["ts"] == ts), [])

    def _become(self, name: str) -> None:
        self._id_of(name)
        self.user = name.removeprefix("@")

    def _go(self, name: str) -> None:
        me, wanted = self._id_of(self.user), name.removeprefix("#")
        mine = [each["name"] for each in self._state["channels"] if not each["is_im"] and me in each["members"]]
        if wanted not in [*mine, "dm"]:
            raise PlaygroundError(f"{self.user} is in no channel {name!r}. They are in: {', '.join(mine)}.")
        self.channel = wanted

    def _id_of(self, name: str) -> str:
        people = {user["name"]: user["id"] for user in self._state["users"] if not user["is_bot"]}
        if name.removeprefix("@") not in people:
            raise PlaygroundError(f"There is no {name!r}. There are: {', '.join(people)}.")
        return str(people[name.removeprefix("@")])

    def _mention(self) -> str:
        return "@" + next(str(user["name"]) for user in self._state["users"] if user["is_bot"])

    def _mentions(self, text: str) -> bool:
        return self._mention() in text.lower()

    def _help(self) -> None:
        people = ", ".join(user["name"] for user in self._state["users"] if not user["is_bot"])
        channels = ", ".join(channel["name"] for channel in self._state["channels"] if not channel["is_im"])
        rows = [
            (f"{self._mention()} question", "ask in the channel; the answer comes in a thread"),
            ("/thread text", "ask on in the thread of the last answer"),
            ("/dm text", "ask in a direct message"),
            *((f"{command} question", "ask privately") for command in self._state["app"]["commands"]),
            ("+1, -1 (👍 👎)", "vote on the last answer with a reaction"),
            ("/as name", f"be another person: {people}"),
            ("/in channel", f"go to another channel: {channels}"),
            ("/help, /quit", "see this, leave"),
        ]
        for act, meaning in rows:
            self.console.print(f"[bold]{act:<18}[/] {meaning}")

    @staticmethod
    def _in_thread(thread: Posted) -> Callable[[Json], bool]:
        def belongs(message: Json) -> bool:
            inside = thread.ts in (message.get("thread_ts"), message.get("ts")) or thread.channel.startswith("D")
            return message.get("channel") == thread.channel and "bot_id" in message and inside

        return belongs
