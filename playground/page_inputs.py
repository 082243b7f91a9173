"""What a person gives an element of Block Kit, in the shapes in which Slack hands it to the app.

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from playground.errors import PlaygroundError

Json = dict[str, Any]
Given: TypeAlias = str | list[str] | None
"""From the page: a text, a date, the value of an option or an id; several of them; or None for nothing."""

ONE_OPTION = frozenset({"static_select", "external_select", "radio_buttons", "overflow"})
SOME_OPTIONS = frozenset({"multi_static_select", "multi_external_select", "checkboxes"})
ONE_ID: Mapping[str, str] = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}
SOME_IDS: Mapping[str, str] = {
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}


def element_state(element: Json, given: Given) -> Json:
    """The element's part of `state.values`. Raises PlaygroundError for an option that it does not offer."""
    kind = element["type"]
    if kind in ONE_OPTION:
        return {"type": kind, "selected_option": _option(element, given) if isinstance(given, str) and given else None}
    if kind in SOME_OPTIONS:
        return {"type": kind, "selected_options": [_option(element, value) for value in _several(given)]}
    if kind in ONE_ID:
        return {"type": kind, ONE_ID[kind]: given or None}
    if kind in SOME_IDS:
        return {"type": kind, SOME_IDS[kind]: _several(given)}
    if kind == "datetimepicker":
        return {"type": kind, "selected_date_time": int(str(given)) if given else None}
    if kind == "rich_text_input":
        return {"type": kind, "rich_text_value": _rich_text(str(given)) if given else None}
    return {"type": kind, "value": given or None}


def element_action(element: Json, block_id: str, given: Given) -> Json:
    """The entry of `actions` that an act on the element is."""
    kind = element["type"]
    action: Json = {
        "type": kind,
        "action_id": element.get("action_id", ""),
        "block_id": block_id,
        "action_ts": f"{time.time():.6f}",
    }
    if kind == "feedback_buttons":
        sides = [element["positive_button"], element["negative_button"]]
        pressed = next((side for side in sides if side["value"] == given), None)
        if pressed is None:
            raise PlaygroundError(f"There is no feedback button with the value {given!r}.")
        return action | {"text": pressed["text"], "value": pressed["value"]}
    if kind in ("button", "icon_button", "workflow_button"):
        value = {"value": element["value"]} if element.get("value") else {}
        style = {"style": element["style"]} if element.get("style") else {}
        return action | {"text": element["text"]} | value | style
    return action | element_state(element, given)


def view_state(blocks: Sequence[Json], given: Mapping[str, Mapping[str, Given]]) -> Json:
    """`state.values` of a view or message: each element that keeps a value, with what was given, or its first value."""
    values: Json = {}
    for block_id, element in stateful(blocks):
        action_id = element.get("action_id", "")
        of_block = given.get(block_id, {})
        mine = of_block[action_id] if action_id in of_block else initial(element)
        values.setdefault(block_id, {})[action_id] = element_state(element, mine)
    return values


def stateful(blocks: Sequence[Json]) -> Iterator[tuple[str, Json]]:
    """Every element that keeps a value, with its block's id."""
    for block in blocks:
        elements = block.get("elements") if block.get("type") == "actions" else None
        for element in [*(elements or []), block.get("accessory"), block.get("element")]:
            if element and element.get("type") not in (None, "button", "workflow_button", "overflow", "image"):
                yield block.get("block_id", ""), element


def initial(element: Json) -> Given:
    """The value that an element begins with."""
    if element.get("initial_option"):
        return str(element["initial_option"]["value"])
    if element.get("initial_options"):
        return [str(option["value"]) for option in element["initial_options"]]
    for name, value in element.items():
        if name.startswith("initial_") and value:
            return [str(one) for one in value] if isinstance(value, list) else str(value)
    return None


def options_of(element: Json) -> list[Json]:
    """All options of a menu, those of its groups one after the other."""
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group["options"])]


def _option(element: Json, value: str) -> Json:
    for option in options_of(element):
        if option.get("value") == value:
            return option
    raise PlaygroundError(f"There is no option {value!r} in {element.get('action_id')!r}.")


def _several(given: Given) -> list[str]:
    return [given] if isinstance(given, str) and given else list(given or [])


def _rich_text(text: str) -> Json:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}
