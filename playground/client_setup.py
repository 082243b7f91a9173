"""The client's half that changes the workspace, the installed app, and what goes wrong."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from playground.errors import PlaygroundError

Json = dict[str, Any]


class SetupClient:
    """Every method raises PlaygroundError, with the server's words, when the server refuses."""

    def __init__(self, url: str, timeout: float = 15.0) -> None:
        self.url = url
        # Plain HTTP: a context without certificates saves the 40 ms that loading them takes.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._http = httpx.Client(base_url=url, timeout=timeout, trust_env=False, verify=context)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def set_scopes(self, scopes: list[str]) -> None:
        """Reinstalls the app with these bot scopes."""
        self._post("app", {"scopes": scopes})

    def set_events(self, events: list[str]) -> None:
        """Subscribes the app to these bot events, in the manifest's words (`message.channels`)."""
        self._post("app", {"events": events})

    def set_request_url(self, url: str | None) -> None:
        """Sends everything to this URL, which is verified first, instead of Socket Mode; None goes back."""
        self._post("app", {"request_url": url})

    def add_user(
        self,
        name: str,
        *,
        real_name: str = "",
        admin: bool = False,
        guest: bool = False,
        single_channel_guest: bool = False,
        team: str | None = None,
    ) -> Json:
        """A new person, in no channel; one of another company where `team` names another workspace."""
        body: Json = {"name": name, "real_name": real_name, "admin": admin, "guest": guest, "team": team}
        return dict(self._post("users", {**body, "single_channel_guest": single_channel_guest})["user"])

    def add_channel(self, name: str, members: list[str], *, private: bool = False) -> Json:
        """A new channel; the bot is in it only when its members name it."""
        return dict(self._post("channels", {"name": name, "members": members, "private": private})["channel"])

    def join(self, channel: str, user: str) -> None:
        """A user becomes a member of a channel."""
        self._post("members", {"channel": channel, "user": user})

    def leave(self, channel: str, user: str) -> None:
        """A user leaves a channel."""
        self._post("members", {"channel": channel, "user": user, "leave": True})

    def rename(self, channel: str, name: str) -> None:
        """Gives a channel another name."""
        self._post("rename", {"channel": channel, "name": name})

    def set_group(
        self, handle: str, users: list[str] | None = None, *, new_handle: str | None = None, disabled: bool = False
    ) -> Json:
        """Makes a user group or changes it: who is in it (None: as it was), its handle, whether it is switched off."""
        body: Json = {"handle": handle, "new_handle": new_handle, "disabled": disabled}
        return dict(self._post("groups", body | ({} if users is None else {"users": users}))["usergroup"])

    def archive(self, channel: str, *, archived: bool = True) -> None:
        """Archives a channel, or brings it back."""
        self._post("archive", {"channel": channel, "archived": archived})

    def share(self, channel: str, *, shared: bool = True) -> None:
        """Shares a channel with another company (Slack Connect), or ends that."""
        self._post("share", {"channel": channel, "shared": shared})

    def fail(self, method: str, error: str, *, times: int | None = 1, after: bool = False) -> None:
        """The next `times` calls of a method (`*` for any; None for ever) fail with Slack's `error`; with `after`
        they take effect first, as when an answer is lost."""
        self._post("faults", {"add": {"method": method, "error": error, "times": times, "after": after}})

    def break_http(self, method: str, status: int = 503, *, times: int | None = 1, after: bool = False) -> None:
        """The next `times` calls of a method are answered with an HTTP error that is not JSON."""
        self._post("faults", {"add": {"method": method, "status": status, "times": times, "after": after}})

    def limit(self, method: str, *, times: int | None = 1, retry_after: int = 1) -> None:
        """The next `times` calls of a method are answered with 429 and Retry-After."""
        self._post("faults", {"add": {"method": method, "retry_after": retry_after, "times": times}})

    def slow_down(self, method: str, seconds: float, *, times: int | None = 1) -> None:
        """The next `times` calls of a method take this long."""
        self._post("faults", {"add": {"method": method, "delay": seconds, "times": times}})

    def set_streaming(self, supported: bool) -> None:
        """Whether the server has chat.startStream and its like."""
        self._post("faults", {"streaming": supported})

    def set_strict_rate(self, strict: bool) -> None:
        """Whether a second message to a channel within a second is refused with 429."""
        self._post("faults", {"strict_rate": strict})

    def duplicate_events(self, times: int = 1) -> None:
        """The next `times` events are delivered twice, with the same event_id."""
        self._post("faults", {"duplicate_events": times})

    def clear_faults(self) -> None:
        """Everything works again."""
        self._post("faults", {"clear": True})

    def drop_sockets(self) -> None:
        """Closes the app's connections without a word."""
        self._post("sockets", {"drop": True})

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Sends `disconnect` on the app's connections: `refresh_requested` or `warning`."""
        self._post("sockets", {"disconnect": reason})

    def _post(self, name: str, body: Json) -> Json:
        return self._answer(self._http.post(f"/control/{name}", json=body))

    def _get(self, name: str, **query: Any) -> Json:
        return self._answer(self._http.get(f"/control/{name}", params=query))

    @staticmethod
    def _answer(response: httpx.Response) -> Json:
        answer: Json = response.json()
        if not answer["ok"]:
            raise PlaygroundError(answer["error"])
        return answer
