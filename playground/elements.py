"""Block Kit's elements: buttons, menus, inputs. https://docs.slack.dev/reference/block-kit/block-elements"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playground.text_objects import at, limit_problem, text_problems

Json = dict[str, Any]

BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
BUTTON_URL = 3_000
ACTION_ID = 255
MENU_OPTIONS = 100
OVERFLOW_OPTIONS = 5
CHOICE_OPTIONS = 10
OPTION_TEXT = 75
OPTION_VALUE = 150
PLACEHOLDER = 150
INPUT_LENGTH = 3_000


def element_problems(element: Any, allowed: frozenset[str], where: str) -> Iterator[str]:
    """Complaints about one element; `allowed` are the types that may be in this place."""
    if not isinstance(element, dict):
        yield at(where, "must be an object")
        return
    kind = element.get("type")
    if kind not in allowed:
        yield at(f"{where}/type", f"unsupported type: {kind}")
        return
    yield from limit_problem(element.get("action_id", ""), ACTION_ID, f"{where}/action_id")
    if element.get("placeholder") is not None:
        yield from text_problems(element["placeholder"], PLACEHOLDER, f"{where}/placeholder", plain_only=True)
    if kind == "button":
        yield from _button(element, where)
    elif kind == "feedback_buttons":
        yield from _feedback_buttons(element, where)
    elif kind == "icon_button":
        yield from _icon_button(element, where)
    elif kind == "image" and not (element.get("alt_text") and (element.get("image_url") or element.get("slack_file"))):
        yield at(where, "missing required field: image_url and alt_text")
    elif kind in ("overflow", "static_select", "multi_static_select", "checkboxes", "radio_buttons"):
        yield from _options(element, kind, where)
    elif kind == "plain_text_input":
        yield from _plain_text_input(element, where)


def _button(element: Json, where: str) -> Iterator[str]:
    yield from text_problems(element.get("text"), BUTTON_TEXT, f"{where}/text", plain_only=True)
    yield from limit_problem(element.get("value", ""), BUTTON_VALUE, f"{where}/value")
    yield from limit_problem(element.get("url", ""), BUTTON_URL, f"{where}/url")
    if element.get("style") not in (None, "primary", "danger"):
        yield at(f"{where}/style", f"must be primary or danger, not {element['style']}")


def _feedback_buttons(element: Json, where: str) -> Iterator[str]:
    for side in ("positive_button", "negative_button"):
        button = element.get(side)
        place = f"{where}/{side}"
        if not isinstance(button, dict):
            yield at(where, f"missing required field: {side}")
            continue
        yield from text_problems(button.get("text"), BUTTON_TEXT, f"{place}/text", plain_only=True)
        if not button.get("value"):
            yield at(place, "missing required field: value")
        yield from limit_problem(button.get("value", ""), BUTTON_VALUE, f"{place}/value")
        yield from limit_problem(button.get("accessibility_label", ""), BUTTON_TEXT, f"{place}/accessibility_label")


def _icon_button(element: Json, where: str) -> Iterator[str]:
    if element.get("icon") != "trash":
        yield at(f"{where}/icon", f"must be trash, not {element.get('icon')}")
    yield from text_problems(element.get("text"), BUTTON_TEXT, f"{where}/text", plain_only=True)
    yield from limit_problem(element.get("value", ""), BUTTON_VALUE, f"{where}/value")


def _options(element: Json, kind: str, where: str) -> Iterator[str]:
    most = {"overflow": OVERFLOW_OPTIONS, "checkboxes": CHOICE_OPTIONS, "radio_buttons": CHOICE_OPTIONS}
    options = element.get("options")
    if options is None and element.get("option_groups"):
        return
    if not isinstance(options, list) or not options:
        yield at(f"{where}/options", "must be an array with at least 1 item")
        return
    if len(options) > most.get(kind, MENU_OPTIONS):
        yield at(f"{where}/options", f"no more than {most.get(kind, MENU_OPTIONS)} items allowed")
    for number, option in enumerate(options):
        place = f"{where}/options/{number}"
        menu = kind not in ("checkboxes", "radio_buttons")  # only those show formatted text
        yield from text_problems(option.get("text"), OPTION_TEXT, f"{place}/text", plain_only=menu)
        yield from limit_problem(option.get("value", ""), OPTION_VALUE, f"{place}/value")


def _plain_text_input(element: Json, where: str) -> Iterator[str]:
    least, most = element.get("min_length", 0), element.get("max_length", INPUT_LENGTH)
    if not 1 <= most <= INPUT_LENGTH:
        yield at(f"{where}/max_length", f"must be between 1 and {INPUT_LENGTH}")
    if not 0 <= least <= min(most, INPUT_LENGTH):
        yield at(f"{where}/min_length", "must be at least 0 and no more than max_length")
