"""Slack's channels that the bot is in: threads, question and answers together, and long messages."""

import time
from collections.abc import Iterator, Sequence
from functools import cached_property

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.slack_api import Json, SlackApi, SlackRefusalError
from ingestion.connectors.slack_markdown import Names, first_words
from ingestion.connectors.slack_messages import Counted, latest, revision, text_of, thread_markdown
from storage.document import Audience

SLACK_API_URL = "https://slack.com/api/"
_DAY = 86_400.0


class SlackConnector:
    """What was said in the channels that the bot of `token` is in, in the last `days`.

    A document is a thread with at least one reply, or a message without one of `min_length` characters or more.
    `channels` limits it to these names or ids; `archived` and `bots` add archived channels and other apps' messages.
    Threads in which somebody wrote in the last `recheck_days` are read at each listing, so that edits of replies show.
    """

    def __init__(
        self,
        token: str,
        channels: Sequence[str] | str = (),
        days: float = 365,
        min_length: int = 300,
        recheck_days: float = 2,
        bots: bool = False,
        archived: bool = False,
        base_url: str = SLACK_API_URL,
    ) -> None:
        if not token:
            raise ValueError('`token` is empty: set it to the bot\'s token, as in token = "${SLACK_BOT_TOKEN}"')
        if days <= 0:
            raise ValueError(f"`days` is {days:g}: set it to how many days back messages are read")
        names = [channels] if isinstance(channels, str) else channels
        self._wanted = frozenset(name.removeprefix("#") for name in names)
        self._days = days
        self._min_length = min_length
        self._recheck_days = recheck_days
        self._bots = bots
        self._archived = archived
        self._api = SlackApi(token, base_url)
        self._names: dict[str, str] = {}
        """What a document may call the bot's channels: nothing, where they are private."""

    def list(self) -> Iterator[DocumentRef]:
        """Every thread and long message, channel by channel, the newest first.

        Raises ConnectorError where a wanted channel is not among the bot's, or any page cannot be had.
        """
        now = time.time()
        channels = self._channels()
        self._names = {str(one["id"]): str(one["name"]) if _is_public(one) else "" for one in channels}
        for channel in channels:
            if self._is_wanted(channel):
                yield from self._in_channel(channel, now)

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The thread as Markdown. Raises ConnectorError where it is gone."""
        channel, _, ts = ref.id.partition("/")
        messages = self._thread(channel, ts)
        if messages is None:
            raise ConnectorError("The message was deleted after it was listed: the next sync will notice.")
        names = Names(self._api.person, self._names.get)
        return RawDocument(thread_markdown(messages, names).encode(), f"{ts}.md", "text/markdown; charset=utf-8")

    @cached_property
    def _identity(self) -> Json:
        return self._api.call("auth.test")

    @cached_property
    def _counts(self) -> Counted:
        return Counted(str(self._identity.get("user_id")), str(self._identity.get("bot_id")), self._bots)

    def _channels(self) -> Sequence[Json]:
        """The channels that the bot is in. Raises ConnectorError for a wanted one that is not among them."""
        kinds = "public_channel,private_channel"
        joined = {
            str(channel["id"]): channel for channel in self._api.pages("users.conversations", "channels", types=kinds)
        }
        found = {name for channel in joined.values() for name in (str(channel["id"]), str(channel.get("name")))}
        if missing := sorted(self._wanted - found):
            raise ConnectorError(
                f"The bot is not in {', '.join(f'#{name}' for name in missing)}: invite it there, or take the name out "
                "of `channels`. Until then nothing of this source is read."
            )
        return list(joined.values())

    def _is_wanted(self, channel: Json) -> bool:
        named = not self._wanted or self._wanted & {str(channel["id"]), str(channel.get("name"))}
        return bool(named) and (self._archived or not channel.get("is_archived"))

    def _in_channel(self, channel: Json, now: float) -> Iterator[DocumentRef]:
        id, oldest = str(channel["id"]), f"{now - self._days * _DAY:.6f}"
        listed: set[str] = set()
        for message in self._api.pages("conversations.history", "messages", channel=id, oldest=oldest):
            ts = str(message["ts"])
            if ts in listed or not self._is_document(message):
                continue
            listed.add(ts)
            changed = self._revision(id, message, now)
            if changed is not None:
                title = first_words(text_of(message), self._names.get) or f"A message in #{channel.get('name')}"
                yield DocumentRef(
                    f"{id}/{ts}", self._address(id, ts), title, changed, _audience(channel), latest(message)
                )

    def _is_document(self, message: Json) -> bool:
        if message.get("thread_ts", message["ts"]) != message["ts"] or not self._counts(message):
            return False  # a reply that is shown in the channel too belongs to its thread
        return self._counts.has_replies(message) or len(text_of(message)) >= self._min_length

    def _revision(self, channel: str, message: Json, now: float) -> str | None:
        """The document's revision, or None where it was deleted just now."""
        replies = None
        if float(message.get("latest_reply") or 0) > now - self._recheck_days * _DAY:
            thread = self._thread(channel, str(message["ts"]))
            if thread is None:
                return None
            message, replies = thread[0], thread[1:]
        return revision(message, replies, int(now // _DAY))

    def _thread(self, channel: str, ts: str) -> Sequence[Json] | None:
        """The thread's first message and the replies that count, oldest first; None where the first one is gone."""
        messages: dict[str, Json] = {}
        try:
            for message in self._api.pages("conversations.replies", "messages", channel=channel, ts=ts):
                messages[str(message["ts"])] = message  # each page repeats the first message
        except SlackRefusalError as error:
            if error.code == "thread_not_found":
                return None
            raise
        said = [message for _, message in sorted(messages.items()) if self._counts(message)]
        return said if said and said[0]["ts"] == ts else None

    def _address(self, channel: str, ts: str) -> str:
        """The message's permalink, as chat.getPermalink gives it, without a call for each."""
        return f"{str(self._identity.get('url', '')).rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"


def _is_public(channel: Json) -> bool:
    shared = channel.get("is_ext_shared") is not False or channel.get("is_pending_ext_shared")
    return channel.get("is_private") is False and not shared


def _audience(channel: Json) -> Audience | None:
    """Its members, of a private channel or one that is shared with other companies, by its id: a name can become
    another channel's."""
    return None if _is_public(channel) else frozenset({f"#{channel['id']}"})
