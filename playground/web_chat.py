"""The chat.* methods that post, edit and delete whole messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.arguments import Arguments
from playground.blocks import MARKDOWN_TOTAL, check_message_blocks
from playground.errors import SlackError
from playground.messages import Message
from playground.methods import Method
from playground.slack import Slack
from playground.workspace import BOT_USER_ID, Channel

Json = dict[str, Any]

TEXT_LIMIT = 40_000  # longer text is cut: https://docs.slack.dev/reference/methods/chat.postMessage
UPDATE_TEXT_LIMIT = 4_000  # https://github.com/seratch/ChatGPT-in-Slack/issues/102
ATTACHMENTS = 100


def post_message(slack: Slack, arguments: Arguments) -> Json:
    """chat.postMessage. `channel` may be a person's id: their DM with the bot is opened."""
    channel = postable_channel(slack, arguments.required("channel"))
    content = read_content(arguments)
    thread_ts = find_thread(slack, channel, arguments.text("thread_ts"))
    slack.faults.check_rate("chat.postMessage", channel.id)
    message = slack.messages.post(_message(channel, arguments, content, thread_ts))
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": message.as_slack()}


def post_ephemeral(slack: Slack, arguments: Arguments) -> Json:
    """chat.postEphemeral: only `user` sees it, if they are in the channel."""
    channel = postable_channel(slack, arguments.required("channel"))
    user = arguments.required("user")
    if user not in slack.workspace.users or user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_content(arguments)
    thread_ts = find_thread(slack, channel, arguments.text("thread_ts"))
    slack.faults.check_rate("chat.postEphemeral", channel.id)
    message = _message(channel, arguments, content, thread_ts)
    message.visible_to = user
    return {"ok": True, "message_ts": slack.messages.post(message).ts}


def update(slack: Slack, arguments: Arguments) -> Json:
    """chat.update: text, blocks or Markdown of one of the app's own messages that is not being streamed.

    Without `text`, the message keeps its text; with `text` and without `blocks`, it loses its blocks.
    """
    channel = slack.visible_channel(arguments.required("channel"))
    message = slack.own_message(channel, arguments.required("ts"), "cant_update_message")
    if message.streaming:
        raise SlackError("streaming_state_conflict")
    content = read_content(arguments)
    if len(content["text"]) > UPDATE_TEXT_LIMIT and "markdown_text" not in arguments:
        raise SlackError("msg_too_long")
    content["text"] = content["text"] or message.text
    content["metadata"] = content["metadata"] or message.metadata
    slack.messages.edit(message, streamed=False, final_blocks=[], **content)
    shown = message.as_slack()
    return {"ok": True, "channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def delete(slack: Slack, arguments: Arguments) -> Json:
    """chat.delete: one of the app's own messages."""
    channel = slack.visible_channel(arguments.required("channel"))
    message = slack.own_message(channel, arguments.required("ts"), "cant_delete_message")
    slack.messages.delete(message)
    return {"ok": True, "channel": channel.id, "ts": message.ts}


def get_permalink(slack: Slack, arguments: Arguments) -> Json:
    """chat.getPermalink."""
    channel = slack.visible_channel(arguments.required("channel"))
    message = slack.public_message(channel, arguments.required("message_ts"))
    return {"ok": True, "channel": channel.id, "permalink": permalink(message)}


def permalink(message: Message) -> str:
    """The address of a message, in Slack's form."""
    link = f"https://playground.slack.test/archives/{message.channel}/p{message.ts.replace('.', '')}"
    in_thread = message.thread_ts and message.thread_ts != message.ts
    return f"{link}?thread_ts={message.thread_ts}&cid={message.channel}" if in_thread else link


def postable_channel(slack: Slack, name: str) -> Channel:
    """The conversation the app may post to. Raises SlackError when there is none, it is archived, or not joined."""
    if name in slack.workspace.users:
        if name == BOT_USER_ID:
            raise SlackError("channel_not_found")
        return slack.workspace.direct_message(name)
    channel = slack.visible_channel(name)
    if channel.is_archived:
        raise SlackError("is_archived")
    granted = slack.installation.manifest.bot_scopes
    if BOT_USER_ID not in channel.members and "chat:write.public" not in granted:
        raise SlackError("not_in_channel")
    return channel


def find_thread(slack: Slack, channel: Channel, thread_ts: str) -> str | None:
    """The ts that the thread starts at, None without one. Raises SlackError for a malformed or unknown thread."""
    if not thread_ts:
        return None
    seconds, _, fraction = thread_ts.partition(".")
    if not (seconds.isdigit() and fraction.isdigit()):
        raise SlackError("invalid_thread_ts")
    parent = slack.messages.find(channel.id, thread_ts)
    if parent is None or parent.visible_to:
        raise SlackError("thread_not_found")
    return parent.root_ts


def read_content(arguments: Arguments) -> Json:
    """The text, blocks, attachments and metadata of a message. Raises SlackError for what Slack refuses."""
    markdown = arguments.text("markdown_text")
    blocks = arguments.objects("blocks", "invalid_blocks_format") or []
    attachments = arguments.objects("attachments", "invalid_attachments") or []
    text = arguments.text("text")[:TEXT_LIMIT]
    if markdown and (text or blocks):
        raise SlackError("markdown_text_conflict")
    if len(markdown) > MARKDOWN_TOTAL:
        raise SlackError("msg_too_long")
    if len(attachments) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if not (text.strip() or blocks or attachments or markdown.strip()):
        raise SlackError("no_text")
    check_message_blocks(blocks)
    if markdown:
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    return {
        "text": text,
        "blocks": blocks,
        "attachments": attachments,
        "metadata": arguments.structure("metadata", "invalid_metadata_format"),
    }


def _message(channel: Channel, arguments: Arguments, content: Json, thread_ts: str | None) -> Message:
    return Message(
        channel=channel.id,
        ts="",
        user=BOT_USER_ID,
        thread_ts=thread_ts,
        by_app=True,
        unfurl_links=arguments.flag("unfurl_links"),
        unfurl_media=arguments.flag("unfurl_media", default=True),
        **content,
    )


METHODS: Mapping[str, Method] = {
    "chat.delete": delete,
    "chat.getPermalink": get_permalink,
    "chat.postEphemeral": post_ephemeral,
    "chat.postMessage": post_message,
    "chat.update": update,
}
