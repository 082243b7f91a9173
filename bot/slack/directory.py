"""What Slack says of its channels, user groups and people: asked when it is needed, kept for minutes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any

from slack_sdk import WebClient

from bot.slack.clients import WIRE_ERRORS, error_code
from bot.slack.kept import Kept, NotKnownError

Json = dict[str, Any]

MOST_MEMBERS = 10_000
"""A channel of more people is not listed: its public replies use what everyone may see."""

_PAGE = 500
_PAGES = 100
_CHANNELS = 500
_LISTS = 100
_PEOPLE = 2_000


@dataclass(frozen=True)
class Place:
    """A conversation. `is_ours` where only people of this workspace can be in it; `size` is 0 where Slack says none."""

    id: str
    name: str
    is_channel: bool
    is_private: bool
    is_ours: bool
    size: int


class Wire:
    """Calls that read. Whatever goes wrong with one is a NotKnownError."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def call(self, method: str, **arguments: Any) -> Json:
        """What Slack answers. Raises NotKnownError."""
        try:
            return dict(self._client.api_call(method, http_verb="GET", params=arguments).data)  # type: ignore[arg-type]
        except (*WIRE_ERRORS, ValueError, TypeError) as error:
            raise NotKnownError(f"{method}: {error_code(error)}") from error

    def pages(self, method: str, key: str, most: int, **arguments: Any) -> Iterator[Any]:
        """The items of a list that comes in pages. Raises NotKnownError, also where there are more than `most`."""
        count, cursor = 0, ""
        for _ in range(_PAGES):
            page = self.call(method, limit=_PAGE, **arguments, **({"cursor": cursor} if cursor else {}))
            items = page.get(key)
            if not isinstance(items, list):
                raise NotKnownError(f"{method}: no {key} in the answer")
            count += len(items)
            if count > most:
                raise NotKnownError(f"{method}: more than {most}")
            yield from items
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return
        raise NotKnownError(f"{method}: more than {_PAGES} pages")


class Directory:
    """Channels, user groups, and who is in them. Safe to share between threads; every method raises NotKnownError."""

    def __init__(self, client: WebClient, team: str) -> None:
        self._wire = Wire(client)
        self._team = team
        self._places: Kept[str, Place] = Kept(_CHANNELS)
        self._members: Kept[str, frozenset[str]] = Kept(_LISTS)
        self._memberships: Kept[tuple[str, frozenset[str]], frozenset[tuple[str, str]]] = Kept(_PEOPLE)
        self._groups: Kept[str, Mapping[str, str]] = Kept(1)
        self._group_members: Kept[str, frozenset[str]] = Kept(_LISTS)

    def place(self, channel: str) -> Place:
        """What the conversation is."""
        return self._places.get(channel, lambda: self._ask_place(channel))

    def members(self, channel: str) -> frozenset[str]:
        """Who is in a channel, bots too; not known where those are more than MOST_MEMBERS."""
        return self._members.get(channel, lambda: self._ask_members(channel))

    def channels_of(self, user: str, named: frozenset[str]) -> frozenset[tuple[str, str]]:
        """The id and name of each channel that a person is in and that has a name, or an id, among `named`.

        Archived channels are left out, and private ones that Lore is not in: Slack does not tell of these.
        """
        return self._memberships.get((user, named), lambda: self._ask_channels(user, named))

    def groups(self) -> Mapping[str, str]:
        """The id of each user group of this workspace that is in use, by its handle."""
        return self._groups.get("", self._ask_groups)

    def group_members(self, group: str) -> frozenset[str]:
        """Who is in a user group."""
        return self._group_members.get(group, lambda: self._ask_group_members(group))

    def forget(self, channel: str) -> None:
        """Ask anew what the channel is, and who is in it."""
        self._places.drop(channel)
        self._members.drop(channel)

    def moved(self, channel: str, user: str) -> None:
        """Somebody has come to a channel, or left it: ask anew who is where."""
        self.forget(channel)
        self._memberships.drop_where(lambda key: key[0] == user)

    def _ask_place(self, channel: str) -> Place:
        found = self._wire.call("conversations.info", channel=channel, include_num_members="true").get("channel")
        if not isinstance(found, dict) or found.get("is_archived"):
            raise NotKnownError("conversations.info: the channel is archived or has no description")
        is_channel = not (found.get("is_im") or found.get("is_mpim")) and bool(found.get("name"))
        # What is not said to be false may be true.
        shared = found.get("is_ext_shared") is not False or bool(found.get("is_pending_ext_shared"))
        size = found.get("num_members")
        return Place(
            id=channel,
            name=str(found.get("name") or ""),
            is_channel=is_channel,
            is_private=found.get("is_private") is not False,
            is_ours=is_channel and not shared,
            size=size if isinstance(size, int) else 0,
        )

    def _ask_members(self, channel: str) -> frozenset[str]:
        pages = self._wire.pages("conversations.members", "members", MOST_MEMBERS, channel=channel)
        return frozenset(intern(str(user)) for user in pages)

    def _ask_channels(self, user: str, named: frozenset[str]) -> frozenset[tuple[str, str]]:
        kinds = "public_channel,private_channel"
        pages = self._wire.pages(
            "users.conversations", "channels", _PAGE * _PAGES, user=user, types=kinds, exclude_archived="true"
        )
        found = ((str(each.get("id")), str(each.get("name"))) for each in pages if not each.get("is_archived"))
        return frozenset((id, name) for id, name in found if id in named or name in named)

    def _ask_groups(self) -> Mapping[str, str]:
        listed = self._wire.call("usergroups.list").get("usergroups")
        if not isinstance(listed, list):
            raise NotKnownError("usergroups.list: no usergroups in the answer")
        return {
            str(group.get("handle")): str(group.get("id"))
            for group in listed
            if group.get("team_id") == self._team and not group.get("date_delete") and not group.get("is_external")
        }

    def _ask_group_members(self, group: str) -> frozenset[str]:
        users = self._wire.call("usergroups.users.list", usergroup=group).get("users")
        if not isinstance(users, list):
            raise NotKnownError("usergroups.users.list: no users in the answer")
        return frozenset(intern(str(user)) for user in users)
