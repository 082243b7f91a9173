"""Block Kit's limits: what Slack refuses in a list of blocks. https://docs.slack.dev/reference/block-kit/blocks"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from playground.elements import element_problems
from playground.errors import SlackError
from playground.tables import table_problems
from playground.text_objects import at, limit_problem, text_problems

Json = dict[str, Any]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
SECTION_TEXT = 3_000
SECTION_FIELDS = 10
FIELD_TEXT = 2_000
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
ACTIONS_ELEMENTS = 25
CONTEXT_ACTIONS_ELEMENTS = 5
MARKDOWN_TOTAL = 12_000
ID_LENGTH = 255
# Slack documents no total; https://github.com/slackapi/bolt-js/issues/2509 measured 13,172 to 13,297 characters.
TEXT_TOTAL = 13_100

ACTIONS_TYPES = frozenset(
    ["button", "checkboxes", "datepicker", "datetimepicker", "overflow", "radio_buttons", "timepicker"]
    + [f"{many}{kind}_select" for many in ("", "multi_") for kind in ("static", "external", "users", "conversations")]
    + ["channels_select", "multi_channels_select", "workflow_button"]
)
CONTEXT_ACTIONS_TYPES = frozenset({"feedback_buttons", "icon_button"})
VIEW_ONLY = frozenset({"input"})


def check_message_blocks(blocks: Sequence[Json]) -> None:
    """Raises SlackError `invalid_blocks`, saying which and why, or `msg_blocks_too_long`, for a message's blocks."""
    _check(blocks, MESSAGE_BLOCKS, "no more than 50 items allowed [json-pointer:/blocks]")
    if sum(text_lengths(blocks)) > TEXT_TOTAL:
        raise SlackError("msg_blocks_too_long")


def check_view_blocks(blocks: Sequence[Json]) -> None:
    """Raises SlackError `invalid_arguments`, saying which and why, for the blocks of a modal or a home tab."""
    try:
        _check(blocks, VIEW_BLOCKS, "no more than 100 items allowed [json-pointer:/view/blocks]")
    except SlackError as error:
        raise SlackError("invalid_arguments", problems=error.problems) from None


def text_lengths(value: Any) -> Iterator[int]:
    """The length of every text in the blocks."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name == "text" and isinstance(part, str):
                yield len(part)
            else:
                yield from text_lengths(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from text_lengths(part)


def _check(blocks: Sequence[Json], most: int, too_many: str) -> None:
    problems = [too_many] if len(blocks) > most else []
    for number, block in enumerate(blocks):
        problems.extend(_block_problems(block, f"/blocks/{number}"))
    problems.extend(_duplicates(blocks))
    markdown = sum(len(str(block.get("text", ""))) for block in blocks if block.get("type") == "markdown")
    if markdown > MARKDOWN_TOTAL:
        problems.append("markdown blocks must be less than 12001 characters in total [json-pointer:/blocks]")
    if problems:
        raise SlackError("invalid_blocks", problems=tuple(problems))


def _duplicates(blocks: Sequence[Json]) -> Iterator[str]:
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        name = block.get("block_id")
        if isinstance(name, str) and name in seen:
            yield at(f"/blocks/{number}/block_id", f"`block_id` is a duplicate: {name}")
        if isinstance(name, str):
            seen.add(name)


def _block_problems(block: Json, where: str) -> Iterator[str]:
    kind = block.get("type")
    check = CHECKS.get(kind) if isinstance(kind, str) else None
    if check is None:
        yield at(f"{where}/type", f"unsupported type: {kind}")
        return
    yield from limit_problem(block.get("block_id", ""), ID_LENGTH, f"{where}/block_id")
    yield from check(block, where)


def _section(block: Json, where: str) -> Iterator[str]:
    fields = block.get("fields")
    if block.get("text") is None and not fields:
        yield at(where, "missing required field: text")
    if block.get("text") is not None:
        yield from text_problems(block["text"], SECTION_TEXT, f"{where}/text")
    if fields is not None:
        yield from _items(fields, SECTION_FIELDS, f"{where}/fields")
        for number, item in enumerate(fields if isinstance(fields, list) else []):
            yield from text_problems(item, FIELD_TEXT, f"{where}/fields/{number}")
    if block.get("accessory") is not None:
        yield from element_problems(block["accessory"], ACTIONS_TYPES | {"image"}, f"{where}/accessory")


def _header(block: Json, where: str) -> Iterator[str]:
    yield from text_problems(block.get("text"), HEADER_TEXT, f"{where}/text", plain_only=True)


def _context(block: Json, where: str) -> Iterator[str]:
    elements = block.get("elements")
    yield from _items(elements, CONTEXT_ELEMENTS, f"{where}/elements")
    for number, item in enumerate(elements if isinstance(elements, list) else []):
        place = f"{where}/elements/{number}"
        if isinstance(item, dict) and item.get("type") == "image":
            yield from element_problems(item, frozenset({"image"}), place)
        else:
            yield from text_problems(item, SECTION_TEXT, place)


def _actions(block: Json, where: str) -> Iterator[str]:
    yield from _elements(block, ACTIONS_ELEMENTS, ACTIONS_TYPES, where)


def _context_actions(block: Json, where: str) -> Iterator[str]:
    yield from _elements(block, CONTEXT_ACTIONS_ELEMENTS, CONTEXT_ACTIONS_TYPES, where)


def _elements(block: Json, most: int, types: frozenset[str], where: str) -> Iterator[str]:
    elements = block.get("elements")
    yield from _items(elements, most, f"{where}/elements")
    seen: set[str] = set()
    for number, item in enumerate(elements if isinstance(elements, list) else []):
        place = f"{where}/elements/{number}"
        yield from element_problems(item, types, place)
        name = item.get("action_id") if isinstance(item, dict) else None
        if isinstance(name, str) and name in seen:
            yield at(f"{place}/action_id", f"`action_id` is a duplicate: {name}")
        seen.add(str(name))


def _markdown(block: Json, where: str) -> Iterator[str]:
    text = block.get("text")
    if not isinstance(text, str) or not text:
        yield at(f"{where}/text", "missing required field: text")


def _divider(block: Json, where: str) -> Iterator[str]:
    return iter(())


def _image(block: Json, where: str) -> Iterator[str]:
    if not block.get("image_url") and not block.get("slack_file"):
        yield at(where, "missing required field: image_url")
    if not block.get("alt_text"):
        yield at(where, "missing required field: alt_text")
    yield from limit_problem(block.get("alt_text", ""), 2_000, f"{where}/alt_text")
    yield from limit_problem(block.get("image_url", ""), 3_000, f"{where}/image_url")


def _input(block: Json, where: str) -> Iterator[str]:
    yield from text_problems(block.get("label"), 2_000, f"{where}/label", plain_only=True)
    if block.get("hint") is not None:
        yield from text_problems(block["hint"], 2_000, f"{where}/hint", plain_only=True)
    types = (ACTIONS_TYPES - {"button", "overflow"}) | {"plain_text_input", "email_text_input", "url_text_input"}
    types |= {"number_input", "rich_text_input", "file_input"}
    yield from element_problems(block.get("element"), types, f"{where}/element")


def _rich_text(block: Json, where: str) -> Iterator[str]:
    if not isinstance(block.get("elements"), list):
        yield at(where, "missing required field: elements")


def _items(items: Any, most: int, where: str) -> Iterator[str]:
    if not isinstance(items, list) or not items:
        yield at(where, "must be an array with at least 1 item")
    elif len(items) > most:
        yield at(where, f"no more than {most} items allowed")


CHECKS: Mapping[str, Callable[[Json, str], Iterator[str]]] = {
    "actions": _actions,
    "context": _context,
    "context_actions": _context_actions,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
    "table": table_problems,
}
