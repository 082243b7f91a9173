"""The views.* methods: home tabs and modals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.arguments import Arguments
from playground.blocks import check_view_blocks
from playground.errors import SlackError
from playground.methods import Method
from playground.slack import Slack

Json = dict[str, Any]

TITLE_LENGTH = 24
METADATA_LENGTH = 3_000
CALLBACK_LENGTH = 255
STACKED = 3


def publish(slack: Slack, arguments: Arguments) -> Json:
    """views.publish: a person's home tab."""
    user = arguments.required("user_id")
    if user not in slack.workspace.users:
        raise SlackError("user_not_found")
    if not slack.installation.manifest.home_tab:
        raise SlackError("not_enabled")
    view = _view(arguments, "home")
    before = slack.views.homes.get(user)
    if "hash" in arguments and before and before["hash"] != arguments.text("hash"):
        raise SlackError("hash_conflict")
    return {"ok": True, "view": slack.views.publish(user, view)}


def open_view(slack: Slack, arguments: Arguments) -> Json:
    """views.open: a modal, for the person whose act gave the trigger_id."""
    trigger = arguments.text("trigger_id") or arguments.text("interactivity_pointer")
    if not trigger:
        raise SlackError("invalid_arguments", problems=("missing required field: trigger_id",))
    view = _view(arguments, "modal")
    return {"ok": True, "view": slack.views.open(slack.triggers.use(trigger), view)}


def push_view(slack: Slack, arguments: Arguments) -> Json:
    """views.push: a modal on top of the one in which the trigger_id was given; at most three lie on each other."""
    trigger = arguments.required("trigger_id")
    view = _view(arguments, "modal")
    stack = slack.views.stack_of(slack.triggers.use(trigger))
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= STACKED:
        raise SlackError("push_limit_reached")
    return {"ok": True, "view": slack.views.push(stack[-1]["id"], view)}


def update(slack: Slack, arguments: Arguments) -> Json:
    """views.update, by view_id or external_id."""
    view_id, external = arguments.text("view_id"), arguments.text("external_id")
    before = slack.views.find(
        lambda view: view["id"] == view_id or (bool(external) and view.get("external_id") == external)
    )
    if before is None:
        raise SlackError("not_found")
    if "hash" in arguments and before["hash"] != arguments.text("hash"):
        raise SlackError("hash_conflict")
    return {"ok": True, "view": slack.views.update(before["id"], _view(arguments, before["type"]))}


def _view(arguments: Arguments, kind: str) -> Json:
    view = arguments.structure("view", "invalid_arguments")
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", problems=("missing required field: view",))
    problems = list(_problems(view, kind))
    if problems:
        raise SlackError("invalid_arguments", problems=tuple(problems))
    check_view_blocks(view["blocks"])
    return view


def _problems(view: Json, kind: str) -> list[str]:
    problems = []
    if view.get("type") != kind:
        problems.append(f"must be {kind} [json-pointer:/view/type]")
    if not isinstance(view.get("blocks"), list):
        problems.append("missing required field: blocks [json-pointer:/view]")
    if kind == "modal":
        title = (view.get("title") or {}).get("text", "")
        if not title or len(title) > TITLE_LENGTH:
            problems.append(f"must be less than {TITLE_LENGTH + 1} characters [json-pointer:/view/title/text]")
        has_input = any(block.get("type") == "input" for block in view.get("blocks") or [])
        if has_input and not view.get("submit"):
            problems.append("missing required field: submit [json-pointer:/view]")
    for name, most in (("private_metadata", METADATA_LENGTH), ("callback_id", CALLBACK_LENGTH)):
        if len(view.get(name) or "") > most:
            problems.append(f"must be less than {most + 1} characters [json-pointer:/view/{name}]")
    return problems


METHODS: Mapping[str, Method] = {
    "views.open": open_view,
    "views.publish": publish,
    "views.push": push_view,
    "views.update": update,
}
