"""Who is a full member of the company's workspace, and who is a guest, a stranger or a bot."""

import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from sys import intern
from typing import Literal

from slack_sdk import WebClient

from bot.slack.directory import Json, Wire
from bot.slack.kept import FAILED_SECONDS, Kept, NotKnownError

Standing = Literal["member", "outsider", "bot", "gone"]
"""`outsider`: a guest, or somebody of another workspace; `gone`: an account that is switched off."""

ASKED_ONE_BY_ONE = 100
"""Up to so many people are asked for by users.info, of which Slack takes 100 a minute and more; for more of them
everybody is listed by users.list, of which it takes 20 pages a minute."""

REMEMBERED_SECONDS = 900.0

_REMEMBERED = 20_000
_EVERYBODY = 50_000
_AT_ONCE = 8


class Standings:
    """Tells of people what they are, and remembers it for a quarter of an hour. Safe to share between threads."""

    def __init__(self, client: WebClient, team: str) -> None:
        self._wire = Wire(client)
        self._team = team
        self._asked: Kept[str, Standing] = Kept(_REMEMBERED, REMEMBERED_SECONDS)
        self._listed: Mapping[str, Standing] = {}
        self._listed_until = 0.0
        self._not_listed = (0.0, "")
        self._listing = threading.Lock()
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="standing")

    def of(self, user: str) -> Standing:
        """What this user is. Raises NotKnownError."""
        return self._from_list(user) or self._asked.get(user, lambda: self._ask(user))

    def all_are(self, users: Iterable[str], allowed: frozenset[Standing]) -> bool:
        """Whether each of them is one of `allowed`. Raises NotKnownError where that hangs on someone unknown."""
        wanted = sorted(users)
        unknown = [user for user in wanted if self._from_list(user) is None]
        if len(unknown) > ASKED_ONE_BY_ONE:
            self._list()
            unknown = [user for user in wanted if self._from_list(user) is None]
            if len(unknown) > ASKED_ONE_BY_ONE:
                raise NotKnownError(f"users.list: it lacks {len(unknown)} members of a channel")
        if any(self._from_list(user) not in (None, *allowed) for user in wanted):
            return False
        return all(standing in allowed for standing in self._pool.map(self.of, unknown))

    def stop(self) -> None:
        """Ask no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, user: str) -> Standing:
        found = self._wire.call("users.info", user=user).get("user")
        if not isinstance(found, dict):
            raise NotKnownError("users.info: no user in the answer")
        return self._standing(found)

    def _list(self) -> None:
        """Know what everybody is, for as long as it is remembered."""
        with self._listing:
            until, failure = self._not_listed
            if time.monotonic() < until:
                raise NotKnownError(failure)
            if time.monotonic() < self._listed_until:
                return
            try:
                users = self._wire.pages("users.list", "members", _EVERYBODY)
                self._listed = {intern(str(user.get("id"))): self._standing(user) for user in users}
            except NotKnownError as error:
                self._not_listed = (time.monotonic() + FAILED_SECONDS, str(error))
                raise
            self._listed_until = time.monotonic() + REMEMBERED_SECONDS

    def _from_list(self, user: str) -> Standing | None:
        return self._listed.get(user) if time.monotonic() < self._listed_until else None

    def _standing(self, user: Json) -> Standing:
        """What is not said to be false may be true: somebody of whom Slack says too little is an outsider."""
        if user.get("deleted"):
            return "gone"
        teams = (user.get("enterprise_user") or {}).get("teams") or []
        if user.get("is_stranger") or (user.get("team_id") != self._team and self._team not in teams):
            return "outsider"
        if user.get("is_bot"):
            return "bot"
        full = user.get("is_restricted") is False and user.get("is_ultra_restricted") is False
        return "member" if full else "outsider"
