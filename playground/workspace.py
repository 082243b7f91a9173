"""The workspace: its team, its people, its channels and who is in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playground.changes import ChangeLog
from playground.errors import PlaygroundError

Json = dict[str, Any]

TEAM_ID = "T0PLAYGRND"
TEAM_NAME = "Playground"
TEAM_DOMAIN = "playground"
APP_ID = "A0PLAYGRND"
BOT_ID = "B0PLAYGRND"
BOT_USER_ID = "U0LOREBOT1"
CREATED = 1_700_000_000


@dataclass(slots=True)
class User:
    """A person, or the app's bot user."""

    id: str
    name: str
    real_name: str
    is_admin: bool = False
    is_guest: bool = False
    is_bot: bool = False
    deleted: bool = False
    locale: str = "en-GB"
    is_single_channel_guest: bool = False
    team_id: str = TEAM_ID

    def as_slack(self) -> Json:
        """The user object of users.info."""
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.real_name,
            "tz": "Europe/London",
            "tz_offset": 0,
            "profile": {"real_name": self.real_name, "display_name": self.name, "team": self.team_id},
            "is_admin": self.is_admin,
            "is_owner": self.is_admin,
            "is_restricted": self.is_guest or self.is_single_channel_guest,
            "is_ultra_restricted": self.is_single_channel_guest,
            **({"is_stranger": False} if self.team_id != TEAM_ID else {}),
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": CREATED,
        }


@dataclass(slots=True)
class Channel:
    """A public or private channel, or a direct message between a person and the bot."""

    id: str
    name: str
    members: set[str] = field(default_factory=set)
    is_private: bool = False
    is_im: bool = False
    is_archived: bool = False
    is_ext_shared: bool = False

    @property
    def kind(self) -> str:
        """Slack's `channel_type` of events."""
        return "im" if self.is_im else "group" if self.is_private else "channel"

    @property
    def scope_family(self) -> str:
        """The first half of the scopes that guard it: `channels`, `groups` or `im`."""
        return "im" if self.is_im else "groups" if self.is_private else "channels"

    def as_slack(self, viewer: str) -> Json:
        """The conversation object as `viewer` sees it."""
        common: Json = {
            "id": self.id,
            "created": CREATED,
            "is_archived": self.is_archived,
            "is_im": self.is_im,
            "is_mpim": False,
            "is_org_shared": False,
            "context_team_id": TEAM_ID,
        }
        if self.is_im:
            other = next((member for member in self.members if member != viewer), viewer)
            return {**common, "user": other, "is_user_deleted": False, "priority": 0}
        return {
            **common,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.is_private,
            "is_group": False,
            "is_private": self.is_private,
            "is_general": self.name == "general",
            "is_shared": self.is_ext_shared,
            "is_ext_shared": self.is_ext_shared,
            "is_pending_ext_shared": False,
            "is_member": viewer in self.members,
            "creator": "U0ADA00001",
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
        }


@dataclass(slots=True)
class UserGroup:
    """A group that can be mentioned by its handle."""

    id: str
    handle: str
    name: str
    users: list[str]
    date_delete: int = 0

    def as_slack(self, *, include_users: bool, include_count: bool) -> Json:
        """The user group object of usergroups.list."""
        group: Json = {
            "id": self.id,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "name": self.name,
            "handle": self.handle,
            "is_external": False,
            "date_delete": self.date_delete,
        }
        users: Json = {"users": list(self.users)} if include_users else {}
        return {**group, **users, **({"user_count": len(self.users)} if include_count else {})}


class Workspace:
    """Who and where; changes to membership are recorded in `changes`."""

    def __init__(self, bot_name: str, changes: ChangeLog) -> None:
        self.changes = changes
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, UserGroup] = {}
        self._numbers = itertools.count(1)
        self._settle(bot_name)

    def user(self, name: str) -> User:
        """The user of this id or name (`@` allowed). Raises PlaygroundError when there is none."""
        wanted = name.removeprefix("@")
        for user in self.users.values():
            if wanted in (user.id, user.name):
                return user
        people = ", ".join(user.name for user in self.users.values())
        raise PlaygroundError(f"There is no user {name!r}. There are: {people}.")

    def channel(self, name: str) -> Channel:
        """The channel of this id or name (`#` allowed). Raises PlaygroundError when there is none."""
        found = self.find_channel(name)
        if found is None:
            names = ", ".join(channel.name for channel in self.channels.values() if not channel.is_im)
            raise PlaygroundError(f"There is no channel {name!r}. There are: {names}.")
        return found

    def find_channel(self, name: str) -> Channel | None:
        """The channel of this id or name, or None."""
        if name in self.channels:
            return self.channels[name]
        wanted = name.removeprefix("#")
        return next((channel for channel in self.channels.values() if channel.name == wanted and wanted), None)

    def direct_message(self, user_id: str) -> Channel:
        """The DM between this person and the bot, opened when there is none yet."""
        for channel in self.channels.values():
            if channel.is_im and user_id in channel.members:
                return channel
        return self._add_channel(Channel(self._new_id("D"), "", {user_id, BOT_USER_ID}, is_im=True))

    def channels_of(self, user_id: str) -> Iterator[Channel]:
        """The conversations this user is in."""
        return (channel for channel in self.channels.values() if user_id in channel.members)

    def add_user(
        self,
        name: str,
        *,
        real_name: str = "",
        is_admin: bool = False,
        is_guest: bool = False,
        is_single_channel_guest: bool = False,
        team_id: str = TEAM_ID,
    ) -> User:
        """A new person, in no channel. Raises PlaygroundError when the name is taken."""
        if any(user.name == name for user in self.users.values()):
            raise PlaygroundError(f"There is a user {name!r} already.")
        user = User(
            self._new_id("U"),
            name,
            real_name or name.title(),
            is_admin=is_admin,
            is_guest=is_guest,
            is_single_channel_guest=is_single_channel_guest,
            team_id=team_id,
        )
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, *, members: list[str], private: bool = False) -> Channel:
        """A new channel with these members. Raises PlaygroundError when the name is taken."""
        if self.find_channel(name) is not None:
            raise PlaygroundError(f"There is a channel {name!r} already.")
        ids = {self.user(member).id for member in members}
        return self._add_channel(Channel(self._new_id("C"), name, ids, is_private=private))

    def rename(self, channel: Channel, name: str) -> None:
        """Gives a channel another name. Raises PlaygroundError when the name is taken."""
        if self.find_channel(name) not in (None, channel):
            raise PlaygroundError(f"There is a channel {name!r} already.")
        channel.name = name

    def group(self, handle: str) -> UserGroup:
        """The user group of this id or handle (`@` allowed), made when there is none."""
        wanted = handle.removeprefix("@")
        for group in self.groups.values():
            if wanted in (group.id, group.handle):
                return group
        made = UserGroup(self._new_id("S"), wanted, wanted.title(), [])
        self.groups[made.id] = made
        return made

    def join(self, channel: Channel, user: User) -> None:
        """Makes a user a member; a change only when it was none."""
        if user.id not in channel.members:
            channel.members.add(user.id)
            self.changes.record("joined", channel=channel.id, user=user.id)

    def leave(self, channel: Channel, user: User) -> None:
        """Ends a membership; a change only when there was one."""
        if user.id in channel.members:
            channel.members.remove(user.id)
            self.changes.record("left", channel=channel.id, user=user.id)

    def _settle(self, bot_name: str) -> None:
        people = [
            User("U0ALICE001", "alice", "Alice Archer"),
            User("U0BOB00001", "bob", "Bob Baker"),
            User("U0GITA0001", "gita", "Gita Guest", is_guest=True),
            User("U0ADA00001", "ada", "Ada Admin", is_admin=True),
            User(BOT_USER_ID, bot_name, bot_name.title(), is_bot=True),
        ]
        self.users = {user.id: user for user in people}
        alice, bob, gita, ada, bot = (user.id for user in people)
        for channel in (
            Channel("C0GENERAL1", "general", {alice, bob, gita, ada, bot}),
            Channel("C0PEOPLE01", "people", {alice, ada, bot}),
            Channel("C0RANDOM01", "random", {alice, bob, ada}),
            Channel("C0LEADS001", "leads", {alice, ada, bot}, is_private=True),
        ):
            self.channels[channel.id] = channel
        self.groups = {"S0HR000001": UserGroup("S0HR000001", "hr", "Human Resources", [alice, ada])}

    def _add_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        return channel

    def _new_id(self, letter: str) -> str:
        return f"{letter}0NEW{next(self._numbers):05d}"
