"""The groups of a service as Lore's audiences, by the key `groups` of a source."""

import re
from collections.abc import Iterable, Mapping, Sequence

from storage.document import Audience


class GroupMap:
    """What `groups = {"engineering" = "@eng", "staff" = ["@hr", "#people"]}` says. Names match in any case.

    Raises ValueError where a group is mapped to something else than channels ("#people") and user groups ("@hr"):
    what is for a group of the service is never for everyone.
    """

    def __init__(self, groups: Mapping[str, str | Sequence[str]]) -> None:
        self._audiences: dict[str, Audience] = {}
        for group, value in groups.items():
            names = [value] if isinstance(value, str) else list(value)
            for name in names:
                if not (isinstance(name, str) and re.fullmatch(r"[#@]\S+", name)):
                    raise ValueError(
                        f'`groups` maps {group!r} to {name!r}, which is neither a channel ("#people") nor a user '
                        'group ("@hr")'
                    )
            self._audiences[_key(group)] = frozenset(names)

    def audience(self, groups: Iterable[str]) -> Audience:
        """Who may see what any of the service's groups may see: nobody, where none of them is mapped."""
        return frozenset[str]().union(*(self._audiences.get(_key(group), ()) for group in groups))


def _key(group: str) -> str:
    return group.strip().casefold()
