"""Messages: posted, edited, streamed, deleted and reacted to; every one of these is recorded as a change."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from playground.changes import ChangeLog
from playground.notifications import notified
from playground.timestamps import Timestamps
from playground.workspace import APP_ID, BOT_ID, TEAM_ID

Json = dict[str, Any]


@dataclass(slots=True)
class Message:
    """One message, a person's or the app's. `visible_to` names the one reader of an ephemeral message."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    by_app: bool = False
    subtype: str | None = None
    edited_ts: str | None = None
    visible_to: str | None = None
    streaming: bool = False
    streamed: bool = False
    final_blocks: list[Json] = field(default_factory=list)
    unfurl_links: bool = True
    unfurl_media: bool = True
    client_msg_id: str | None = None
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    replies: list[Message] = field(default_factory=list)
    parent_user: str | None = None
    team: str = TEAM_ID

    @property
    def root_ts(self) -> str:
        """The ts of the thread this message is in, or would start."""
        return self.thread_ts or self.ts

    def shown_blocks(self) -> list[Json]:
        """The blocks a reader sees: for a streamed message its Markdown first, then those it was stopped with."""
        if not self.streamed:
            return self.blocks
        text = [{"type": "markdown", "text": self.text, "block_id": "stream"}] if self.text else []
        return [*text, *self.final_blocks]

    def as_slack(self) -> Json:
        """The message object of Slack's APIs and events."""
        body: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts, "team": self.team}
        if self.team != TEAM_ID:
            body |= {"user_team": self.team, "source_team": self.team}
        if self.by_app:
            body |= {"bot_id": BOT_ID, "app_id": APP_ID}
            body["bot_profile"] = {"id": BOT_ID, "app_id": APP_ID, "user_id": self.user, "team_id": TEAM_ID}
        if self.subtype:
            body["subtype"] = self.subtype
        if self.client_msg_id:
            body["client_msg_id"] = self.client_msg_id
        if self.shown_blocks():
            body["blocks"] = self.shown_blocks()
        if self.attachments:
            body["attachments"] = self.attachments
        if self.files:
            body["files"] = self.files
        if self.metadata:
            body["metadata"] = self.metadata
        if self.edited_ts:
            body["edited"] = {"user": self.user, "ts": self.edited_ts}
        if self.visible_to:
            body["is_ephemeral"] = True
        if self.reactions:
            body["reactions"] = [
                {"name": name, "users": list(users), "count": len(users)} for name, users in self.reactions.items()
            ]
        return body | self._thread_fields()

    def as_control(self) -> Json:
        """The message as the control API shows it: Slack's object and what only the playground knows."""
        return self.as_slack() | {
            "channel": self.channel,
            "streaming": self.streaming,
            "visible_to": self.visible_to,
            "unfurl_links": self.unfurl_links,
            "unfurl_media": self.unfurl_media,
            "notifies": notified(self.text, self.shown_blocks()),
        }

    def _thread_fields(self) -> Json:
        if self.thread_ts and self.thread_ts != self.ts:
            parent = {"parent_user_id": self.parent_user} if self.parent_user else {}
            return {"thread_ts": self.thread_ts, **parent}
        if not self.replies:
            return {}
        users = list(dict.fromkeys(reply.user for reply in self.replies))
        return {
            "thread_ts": self.ts,
            "reply_count": len(self.replies),
            "reply_users": users[:5],
            "reply_users_count": len(users),
            "latest_reply": self.replies[-1].ts,
        }


class Messages:
    """All messages of the workspace."""

    def __init__(self, changes: ChangeLog, timestamps: Timestamps) -> None:
        self.changes = changes
        self.timestamps = timestamps
        self._messages: dict[tuple[str, str], Message] = {}

    def find(self, channel: str, ts: str) -> Message | None:
        """The message at this ts of the channel, ephemeral ones included, or None."""
        return self._messages.get((channel, ts))

    def in_channel(self, channel: str) -> list[Message]:
        """What everyone in the channel sees at its top level, oldest first."""
        return [message for message in self._public(channel) if message.root_ts == message.ts]

    def all_in(self, channel: str) -> list[Message]:
        """Everything in the channel, replies and ephemeral messages too, oldest first."""
        return [message for (where, _), message in self._messages.items() if where == channel]

    def in_thread(self, channel: str, ts: str) -> list[Message]:
        """The thread that starts at `ts`: its first message, then the replies, oldest first."""
        return [message for message in self._public(channel) if message.root_ts == ts]

    def ephemeral_for(self, user: str, channel: str | None = None) -> list[Message]:
        """What only this user sees, oldest first."""
        return [
            message
            for message in self._messages.values()
            if message.visible_to == user and channel in (None, message.channel)
        ]

    def post(self, message: Message) -> Message:
        """Adds a message (its `ts` is given here) and, in a thread, joins it to its parent."""
        message.ts = self.timestamps.next()
        _identify(message.blocks)
        self._messages[message.channel, message.ts] = message
        parent = self.find(message.channel, message.thread_ts) if message.thread_ts else None
        if parent is not None:
            message.parent_user = parent.user
            if not message.visible_to:
                parent.replies.append(message)
        self._record("ephemeral" if message.visible_to else "posted", message)
        return message

    def edit(self, message: Message, **fields: Any) -> None:
        """Replaces fields of a message."""
        before = message.as_slack()
        for name, value in fields.items():
            setattr(message, name, value)
        _identify(message.blocks)
        message.edited_ts = self.timestamps.next()
        self._record("edited", message, previous=before)

    def append(self, message: Message, markdown: str) -> None:
        """Adds text to a message that is being streamed."""
        message.text += markdown
        self._record("appended", message, appended=markdown)

    def stop(self, message: Message, blocks: list[Json], metadata: Json | None) -> None:
        """Ends a stream; `blocks` are shown under its text."""
        before = message.as_slack()
        message.streaming = False
        message.final_blocks = blocks
        message.metadata = metadata or message.metadata
        self._record("stopped", message, previous=before)

    def delete(self, message: Message) -> None:
        """Removes a message."""
        del self._messages[message.channel, message.ts]
        parent = self.find(message.channel, message.thread_ts) if message.thread_ts else None
        if parent is not None and message in parent.replies:
            parent.replies.remove(message)
        self._record("deleted", message, deleted_ts=message.ts)

    def react(self, message: Message, name: str, user: str) -> bool:
        """Adds a reaction; False when this user has it there already."""
        users = message.reactions.setdefault(name, [])
        if user in users:
            return False
        users.append(user)
        self._reacted("reaction_added", message, name, user)
        return True

    def unreact(self, message: Message, name: str, user: str) -> bool:
        """Takes a reaction back; False when this user has none of that name there."""
        users = message.reactions.get(name, [])
        if user not in users:
            return False
        users.remove(user)
        if not users:
            del message.reactions[name]
        self._reacted("reaction_removed", message, name, user)
        return True

    def _reacted(self, kind: str, message: Message, name: str, user: str) -> None:
        self.changes.record(
            kind, channel=message.channel, ts=message.ts, user=user, reaction=name, message=message.as_control()
        )

    def _record(self, kind: str, message: Message, **data: Any) -> None:
        self.changes.record(
            kind, channel=message.channel, ts=message.ts, user=message.user, message=message.as_control(), **data
        )

    def _public(self, channel: str) -> list[Message]:
        return [m for (where, _), m in self._messages.items() if where == channel and m.visible_to is None]


def _identify(blocks: list[Json]) -> None:
    """Gives each block an id that has none."""
    for block in blocks:
        block.setdefault("block_id", secrets.token_hex(3))
