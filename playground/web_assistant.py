"""The assistant.threads.* methods: working status, title, suggested prompts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.arguments import Arguments
from playground.errors import SlackError
from playground.methods import Method
from playground.slack import Slack

Json = dict[str, Any]

LOADING_MESSAGES = 10
PROMPTS = 4


def set_status(slack: Slack, arguments: Arguments) -> Json:
    """assistant.threads.setStatus; an empty status takes it away."""
    thread = _thread(slack, arguments)
    if "status" not in arguments.values:
        raise SlackError("invalid_arguments", problems=("missing required field: status",))
    messages = arguments.structure("loading_messages", "invalid_arguments") or []
    if not isinstance(messages, list) or len(messages) > LOADING_MESSAGES:
        problem = f"no more than {LOADING_MESSAGES} items allowed [json-pointer:/loading_messages]"
        raise SlackError("invalid_arguments", problems=(problem,))
    slack.threads.set_status(*thread, arguments.text("status"), [str(message) for message in messages])
    return {"ok": True}


def set_title(slack: Slack, arguments: Arguments) -> Json:
    """assistant.threads.setTitle."""
    thread = _thread(slack, arguments)
    slack.threads.titles[thread] = arguments.required("title")
    slack.changes.record("title", channel=thread[0], ts=thread[1], title=slack.threads.titles[thread])
    return {"ok": True}


def set_suggested_prompts(slack: Slack, arguments: Arguments) -> Json:
    """assistant.threads.setSuggestedPrompts: at most four, each with a title and a message."""
    thread = _thread(slack, arguments)
    prompts = arguments.objects("prompts", "invalid_arguments")
    if not prompts or len(prompts) > PROMPTS or not all(p.get("title") and p.get("message") for p in prompts):
        problem = f"must be 1 to {PROMPTS} items with title and message [json-pointer:/prompts]"
        raise SlackError("invalid_arguments", problems=(problem,))
    slack.threads.prompts[thread] = {"title": arguments.text("title"), "prompts": prompts}
    slack.changes.record("prompts", channel=thread[0], ts=thread[1], prompts=prompts)
    return {"ok": True}


def _thread(slack: Slack, arguments: Arguments) -> tuple[str, str]:
    channel = slack.visible_channel(arguments.required("channel_id"))
    thread_ts = arguments.required("thread_ts")
    if slack.messages.find(channel.id, thread_ts) is None:
        raise SlackError("invalid_thread_ts")
    return channel.id, thread_ts


METHODS: Mapping[str, Method] = {
    "assistant.threads.setStatus": set_status,
    "assistant.threads.setSuggestedPrompts": set_suggested_prompts,
    "assistant.threads.setTitle": set_title,
}
