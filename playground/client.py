"""A client of the control API: act as people, see what they see, look at what the app did."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from playground.client_setup import SetupClient

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that was just written."""

    ts: str
    channel: str


class Playground(SetupClient):
    """Talks to a playground at `url`. Users and channels are named by id or name; channel `dm` is the DM with the bot.

    Every method raises PlaygroundError, with the server's words, when the server refuses.
    """

    def __enter__(self) -> Playground:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What people do.

    def post(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread_ts: str | None = None,
        typed: bool = False,
        files: Sequence[str] = (),
    ) -> Posted:
        """Writes a message. `text` is Slack's markup, in which `<@BOT>` mentions the bot; `typed` text is what a
        person types into the message box (`@lore`, `#general`, `<` and `&` as they are). `files` are names."""
        if not typed:
            text = text.replace("<@BOT>", f"<@{self.bot_user_id}>")
        body: Json = {"user": user, "channel": channel, "text": text, "thread_ts": thread_ts, "typed": typed}
        body["files"] = list(files)
        answer = self._post("post", body)
        return Posted(answer["ts"], answer["channel"])

    def ask(self, text: str, *, user: str = "alice", channel: str = "general", thread_ts: str | None = None) -> Posted:
        """Mentions the bot with a question; in a DM, asks it plainly."""
        mention = "" if channel == "dm" else "<@BOT> "
        return self.post(user, channel, mention + text, thread_ts=thread_ts)

    def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Changes a person's own message."""
        self._post("edit", {"user": user, "channel": channel, "ts": ts, "text": text})

    def delete(self, user: str, channel: str, ts: str) -> None:
        """Deletes a person's own message."""
        self._post("delete", {"user": user, "channel": channel, "ts": ts})

    def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Adds a reaction, such as `+1` or `thumbsdown::skin-tone-3`."""
        self._post("react", {"user": user, "channel": channel, "ts": ts, "name": name})

    def unreact(self, user: str, channel: str, ts: str, name: str) -> None:
        """Takes a reaction back."""
        self._post("unreact", {"user": user, "channel": channel, "ts": ts, "name": name})

    def press(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str | None = None,
        *,
        block_id: str | None = None,
        value: str | None = None,
    ) -> Json:
        """Presses an element of a message; of two feedback buttons the one with this `value` (or `positive`,
        `negative`). Returns the delivery: `seconds` to the acknowledgement, `error`, `answer`."""
        body = {"user": user, "channel": channel, "ts": ts, "action_id": action_id, "block_id": block_id}
        return dict(self._post("press", {**body, "value": value})["delivery"])

    def press_in_view(self, user: str, view_id: str, action_id: str, value: str | None = None) -> Json:
        """Presses an element of a home tab or modal."""
        body = {"user": user, "view_id": view_id, "action_id": action_id, "value": value}
        return dict(self._post("press", body)["delivery"])

    def command(self, user: str, channel: str, command: str, text: str = "") -> Json:
        """Runs a slash command. Returns the delivery: `seconds` to the acknowledgement, `error`, `answer`."""
        body = {"user": user, "channel": channel, "command": command, "text": text}
        return dict(self._post("command", body)["delivery"])

    def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Json:
        """Chooses a shortcut from a message's menu. Returns the delivery."""
        body = {"user": user, "channel": channel, "ts": ts, "callback_id": callback_id}
        return dict(self._post("shortcut", body)["delivery"])

    def open_assistant(self, user: str, *, context: str | None = None) -> Posted:
        """Opens the assistant pane, while looking at the channel `context`; the thread that its questions go to."""
        answer = self._post("assistant", {"user": user, "context": context})
        return Posted(answer["ts"], answer["channel"])

    def look_at(self, user: str, thread: Posted, context: str) -> None:
        """Looks at another channel while the pane is open."""
        self._post("assistant_context", {"user": user, "ts": thread.ts, "context": context})

    def open_home(self, user: str, tab: str = "home") -> None:
        """Opens the app's page."""
        self._post("home", {"user": user, "tab": tab})

    def submit(self, user: str, view_id: str, values: Json | None = None) -> Json:
        """Submits a modal with `values`: {block_id: {action_id: {"type": …, "value": …}}}. Returns the delivery."""
        return dict(self._post("submit", {"user": user, "view_id": view_id, "values": values or {}})["delivery"])

    # What people see.

    def state(self) -> Json:
        """The workspace, the app and its tokens, and how many connections it has open."""
        return self._get("state")

    @property
    def bot_user_id(self) -> str:
        """The id by which the bot is mentioned."""
        return str(self.state()["app"]["bot_user_id"])

    def messages(self, channel: str, *, user: str = "alice") -> list[Json]:
        """The top level of a channel, oldest first."""
        return list(self._get("messages", channel=channel, user=user)["messages"])

    def thread(self, channel: str, ts: str, *, user: str = "alice") -> list[Json]:
        """A thread, oldest first, its first message included."""
        return list(self._get("thread", channel=channel, ts=ts, user=user)["messages"])

    def replies(self, posted: Posted) -> list[Json]:
        """What the app wrote in the thread of a message."""
        return [message for message in self.thread(posted.channel, posted.ts) if "bot_id" in message]

    def ephemeral(self, user: str, channel: str | None = None) -> list[Json]:
        """What only this person sees, oldest first."""
        query = {"user": user} | ({"channel": channel} if channel else {})
        return list(self._get("ephemeral", **query)["messages"])

    def status(self, channel: str, ts: str, *, user: str = "alice") -> Json:
        """The working status of a thread (`status` is empty when there is none), its title and prompts."""
        return self._get("status", channel=channel, ts=ts, user=user)

    def home(self, user: str) -> Json | None:
        """A person's home tab, or None before the app has published one."""
        home: Json | None = self._get("views", user=user)["home"]
        return home

    def modals(self, user: str) -> list[Json]:
        """The open modals."""
        return list(self._get("views", user=user)["modals"])

    # Waiting.

    def wait_until_connected(self, timeout: float = 30.0) -> None:
        """Waits until the app has a Socket Mode connection. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while not self.state()["app"]["connections"]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"No app has connected to {self.url} in {timeout:g} s.")
            time.sleep(0.05)

    def wait_for_reply(
        self,
        posted: Posted,
        timeout: float = 15.0,
        *,
        count: int = 1,
        until: Callable[[Json], bool] = lambda message: True,
    ) -> Json:
        """The app's `count`-th reply in the message's thread, once it is streamed to its end and `until` holds for it.

        Raises TimeoutError, saying what the thread holds, when there is none in `timeout` seconds.
        """

        def finished() -> Json | None:
            done = [message for message in self.replies(posted) if not message["streaming"] and until(message)]
            return done[count - 1] if len(done) >= count else None

        return self.wait_for(finished, timeout, lambda: f"the thread holds {self.thread(posted.channel, posted.ts)}")

    def wait_for_ephemeral(self, user: str, channel: str, timeout: float = 15.0, *, count: int = 1) -> Json:
        """The `count`-th message that only this person sees in the channel. Raises TimeoutError."""

        def shown() -> Json | None:
            messages = self.ephemeral(user, self.state_channel(user, channel))
            return messages[count - 1] if len(messages) >= count else None

        return self.wait_for(shown, timeout, lambda: f"{user} sees {self.ephemeral(user)}")

    def wait_for(self, look: Callable[[], Json | None], timeout: float, told: Callable[[], str]) -> Json:
        """What `look` finds, looked for again after each change. Raises TimeoutError with `told`'s words."""
        deadline = time.monotonic() + timeout
        last = int(self._get("changes", since=10**9)["last_change"])
        while (found := look()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"Nothing in {timeout:g} s; {told()}.")
            last = int(self._get("changes", since=last, timeout=min(left, 5.0))["last_change"])
        return found

    def state_channel(self, user: str, channel: str) -> str:
        """The id of a channel; of the person's DM with the bot when it is `dm`."""
        if channel != "dm":
            return channel
        person = next(each["id"] for each in self.state()["users"] if user in (each["id"], each["name"]))
        channels = self.state()["channels"]
        return str(next(each["id"] for each in channels if each["is_im"] and person in each["members"]))

    def changes(self, since: int = 0, timeout: float = 0.0) -> list[Json]:
        """The changes after number `since`; with none yet, waits up to `timeout` seconds for one."""
        return list(self._get("changes", since=since, timeout=timeout)["changes"])

    def watch(self, since: int | None = None) -> Iterator[Json]:
        """Every change from now on (or after number `since`) the moment it happens, until the iterator is closed."""
        query = {} if since is None else {"since": since}
        with self._http.stream("GET", "/control/events", params=query, timeout=None) as response:
            for line in response.iter_lines():
                if line.startswith("data: "):
                    change: Json = json.loads(line.removeprefix("data: "))
                    yield change

    # What the app did, and what it is.

    def calls(self, method: str | None = None) -> list[Json]:
        """The API calls that the app made: `method`, `arguments`, `response`, `status`, `time`, `seconds`."""
        query = {} if method is None else {"method": method}
        return list(self._get("calls", **query)["calls"])

    def deliveries(self) -> list[Json]:
        """Every try to bring something to the app: `event_type`, `event_id`, `attempt`, `seconds`, `error`."""
        return list(self._get("deliveries")["deliveries"])
