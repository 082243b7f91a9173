"""chat.startStream, chat.appendStream and chat.stopStream: a message written while it is read.

https://docs.slack.dev/reference/methods/chat.startStream
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.arguments import Arguments
from playground.blocks import MARKDOWN_TOTAL, TEXT_TOTAL, check_message_blocks, text_lengths
from playground.errors import SlackError
from playground.messages import Message
from playground.methods import Method
from playground.slack import Slack
from playground.web_chat import find_thread, postable_channel
from playground.workspace import BOT_USER_ID, TEAM_ID

Json = dict[str, Any]

CHUNK_TYPES = frozenset({"markdown_text", "task_update", "plan_update", "blocks"})
TASK_STATUSES = frozenset({"pending", "in_progress", "complete", "error"})


def start_stream(slack: Slack, arguments: Arguments) -> Json:
    """chat.startStream: a reply in a thread; outside of a DM, it needs to know for whom."""
    channel = postable_channel(slack, arguments.required("channel"))
    thread_ts = find_thread(slack, channel, arguments.required("thread_ts"))
    if not channel.is_im:
        _check_recipient(slack, arguments)
    markdown = read_markdown(arguments)
    slack.faults.check_rate("chat.startStream", channel.id)
    message = Message(
        channel=channel.id,
        ts="",
        user=BOT_USER_ID,
        text=markdown,
        thread_ts=thread_ts,
        by_app=True,
        streaming=True,
        streamed=True,
    )
    slack.messages.post(message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def append_stream(slack: Slack, arguments: Arguments) -> Json:
    """chat.appendStream."""
    message = _streaming_message(slack, arguments)
    if "markdown_text" not in arguments and "chunks" not in arguments:
        raise SlackError("no_text")
    markdown = read_markdown(arguments)
    _check_total(message, markdown)
    slack.messages.append(message, markdown)
    return {"ok": True, "channel": message.channel, "ts": message.ts}


def stop_stream(slack: Slack, arguments: Arguments) -> Json:
    """chat.stopStream: the last text, and blocks for under it."""
    message = _streaming_message(slack, arguments)
    markdown = read_markdown(arguments)
    _check_total(message, markdown)
    blocks = arguments.objects("blocks", "invalid_blocks_format") or []
    check_message_blocks(blocks)
    if len(message.text) + len(markdown) + sum(text_lengths(blocks)) > TEXT_TOTAL:
        raise SlackError("msg_blocks_too_long")
    if markdown:
        slack.messages.append(message, markdown)
    slack.messages.stop(message, blocks, arguments.structure("metadata", "invalid_metadata_format"))
    return {"ok": True, "channel": message.channel, "ts": message.ts, "message": message.as_slack()}


def read_markdown(arguments: Arguments) -> str:
    """The text that a streaming call brings, from `markdown_text` or its chunks; the two exclude each other."""
    markdown = arguments.text("markdown_text")
    chunks = arguments.objects("chunks", "invalid_chunks") or []
    if markdown and chunks:
        raise SlackError("invalid_arguments", problems=("markdown_text and chunks exclude each other",))
    for number, chunk in enumerate(chunks):
        _check_chunk(chunk, f"/chunks/{number}")
    markdown += "".join(chunk["text"] for chunk in chunks if chunk["type"] == "markdown_text")
    if len(markdown) > MARKDOWN_TOTAL:
        raise SlackError("msg_too_long")
    return markdown


def _check_chunk(chunk: Json, where: str) -> None:
    kind = chunk.get("type")
    problem = None
    if kind not in CHUNK_TYPES:
        problem = f"unsupported type: {kind} [json-pointer:{where}/type]"
    elif kind == "markdown_text" and not isinstance(chunk.get("text"), str):
        problem = f"missing required field: text [json-pointer:{where}]"
    elif kind == "task_update" and not (chunk.get("id") and chunk.get("title")):
        problem = f"missing required field: id and title [json-pointer:{where}]"
    elif kind == "task_update" and chunk.get("status", "pending") not in TASK_STATUSES:
        problem = f"unsupported status: {chunk['status']} [json-pointer:{where}/status]"
    if problem:
        raise SlackError("invalid_chunks", problems=(problem,))


def _check_recipient(slack: Slack, arguments: Arguments) -> None:
    if "recipient_team_id" not in arguments:
        raise SlackError("missing_recipient_team_id")
    if "recipient_user_id" not in arguments:
        raise SlackError("missing_recipient_user_id")
    if arguments.text("recipient_team_id") != TEAM_ID:
        raise SlackError("team_not_found")
    if arguments.text("recipient_user_id") not in slack.workspace.users:
        raise SlackError("user_not_found")


def _streaming_message(slack: Slack, arguments: Arguments) -> Message:
    channel = slack.visible_channel(arguments.required("channel"))
    message = slack.own_message(channel, arguments.required("ts"), "message_not_owned_by_app")
    if not message.streaming:
        raise SlackError("message_not_in_streaming_state")
    return message


def _check_total(message: Message, markdown: str) -> None:
    # One streamed message holds about as much as one message's blocks: https://github.com/CopilotKit/CopilotKit/pull/6244
    if len(message.text) + len(markdown) > MARKDOWN_TOTAL:
        raise SlackError("msg_too_long")


METHODS: Mapping[str, Method] = {
    "chat.appendStream": append_stream,
    "chat.startStream": start_stream,
    "chat.stopStream": stop_stream,
}
