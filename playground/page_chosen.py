"""What each person chose last in the elements of messages and home tabs, which Slack goes on showing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playground.changes import ChangeLog
from playground.page_inputs import Given

Json = dict[str, Any]

KEEPS_NOTHING = frozenset({"button", "icon_button", "workflow_button", "overflow"})


@dataclass(slots=True)
class Chosen:
    """By person and place (`channel/ts`, or a view's id): block_id -> action_id -> what was given."""

    changes: ChangeLog
    _given: dict[tuple[str, str], dict[str, dict[str, Given]]] = field(default_factory=dict)

    def keep(self, user: str, place: str, block_id: str, element: Json, given: Given) -> None:
        """Keeps a choice, unless it is a press that leaves nothing behind."""
        if element["type"] in KEEPS_NOTHING:
            return
        action_id = element.get("action_id", "")
        self._given.setdefault((user, place), {}).setdefault(block_id, {})[action_id] = given
        self.changes.record(
            "chosen", user=user, place=place, chosen={"block_id": block_id, "action_id": action_id, "given": given}
        )

    def of(self, user: str) -> Mapping[str, Mapping[str, Mapping[str, Given]]]:
        """All of one person's, by place."""
        return {place: given for (who, place), given in self._given.items() if who == user}

    def at(self, user: str, place: str) -> Mapping[str, Mapping[str, Given]]:
        """One person's in one place."""
        return self._given.get((user, place), {})
