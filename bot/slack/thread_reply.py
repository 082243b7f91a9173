"""One reply in a thread: a message that grows while the answer is written, and is whole in the end."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.chat_stream import ChatStream

from bot.slack.clients import WIRE_ERRORS, Clients, error_code, may_have_taken_effect
from bot.slack.failures import FINAL, NO_STREAMS, TOO_LONG
from bot.slack.render import MARKDOWN_LIMIT, RenderedAnswer, notification, render_unfinished, slack_length

Json = dict[str, Any]

_log = structlog.get_logger(__name__)

PACE_SECONDS = 1.0
"""Between two changes of a message: chat.appendStream takes 100 calls a minute, chat.update 50."""
_WAITS = (0.5, 1.0, 2.0)
_LOCKS = 64


@dataclass(frozen=True)
class Thread:
    """Where a reply goes: the thread, the question in it, and the person whose question it is."""

    channel: str
    ts: str
    question_ts: str
    team: str
    user: str


class Posting:
    """What all replies share: the clients, what this server is known not to do, and one lock a thread."""

    def __init__(self, clients: Clients, find_stray: Callable[[Thread], str | None], pace: float) -> None:
        self.clients = clients
        self.find_stray = find_stray
        self.pace = pace
        self.streams = True
        self.shows_status = True
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    def lock(self, thread: Thread) -> threading.Lock:
        """Held from before a message is posted until it is written down whose it is."""
        return self._locks[hash((thread.channel, thread.ts)) % _LOCKS]


@dataclass
class ThreadReply:
    """The reply to one question. `ts` is its message's, None until it stands; `on_begun` is told at once.

    `before_posting` is called before the message is posted, to wait for what has to come first.
    """

    posting: Posting
    thread: Thread
    on_begun: Callable[[str], None]
    ts: str | None = None
    before_posting: Callable[[], None] = lambda: None
    _text: str = field(default="", init=False)
    _shown: str = field(default="", init=False)
    _stream: ChatStream | None = field(default=None, init=False)
    _last_change: float = field(default=0.0, init=False)
    _stuck: bool = field(default=False, init=False)

    def write(self, piece: str) -> None:
        """More of the answer. Shows it when it is time to; never raises, since `finish` can still mend all."""
        self._text += piece
        if self._stuck or (self._shown and time.monotonic() - self._last_change < self.posting.pace):
            return
        shown = render_unfinished(self._text)
        grows = shown.startswith(self._shown) and len(shown) > len(self._shown)
        if not grows or slack_length(shown) > MARKDOWN_LIMIT:
            return
        try:
            self._show(shown)
        except WIRE_ERRORS as error:
            self._stuck = True
            _log.warning("reply.stopped_growing", channel=self.thread.channel, ts=self.ts, error=error_code(error))

    def finish(self, answer: RenderedAnswer) -> None:
        """Make the message whole. Raises what Slack's client raises when it cannot be."""
        if self.ts is None:
            self._post(lambda: self._send(answer.notification, answer.blocks))
            if not self._stuck:
                return
        if not self._stop_stream(answer):
            self._replace(answer)
        elif answer.markdown != answer.streamed:
            self._link_markers(answer)

    def _show(self, shown: str) -> None:
        if self.ts is None:
            self._begin(shown)
        elif self._stream is not None:
            self._stream.append(markdown_text=shown[len(self._shown) :])
        else:
            self._update(notification(self._text), [_markdown(shown)])
        self._shown = shown
        self._last_change = time.monotonic()

    def _begin(self, shown: str) -> None:
        if not (self.posting.streams and self._begin_stream(shown)):
            self._post(lambda: self._send(notification(self._text), [_markdown(shown)]))

    def _begin_stream(self, shown: str) -> bool:
        """Start a stream; False where this reply cannot be streamed, and nothing was posted."""
        stream = self.posting.clients.posting.chat_stream(
            channel=self.thread.channel,
            thread_ts=self.thread.ts,
            recipient_team_id=self.thread.team,
            recipient_user_id=self.thread.user,
            buffer_size=1,
        )

        def start() -> str:
            stream.append(markdown_text=shown)
            return str(stream.ts)

        try:
            self._post(start)
        except SlackApiError as error:
            code = error_code(error)
            if code in FINAL or may_have_taken_effect(error):
                raise
            self.posting.streams = self.posting.streams and code not in NO_STREAMS
            _log.info("reply.not_streamed", channel=self.thread.channel, error=code)
            return False
        self._stream = stream
        return True

    def _post(self, send: Callable[[], str]) -> None:
        """Post once, even if the answer of the call is lost: what may have been posted is looked for before a retry."""
        self.before_posting()
        with self.posting.lock(self.thread):
            for wait in (*_WAITS, None):
                try:
                    self.ts = send()
                except WIRE_ERRORS as error:
                    if may_have_taken_effect(error):
                        self.ts = self.posting.find_stray(self.thread)
                        self._stuck = self.ts is not None
                    elif isinstance(error, SlackApiError):
                        raise
                    if self.ts is None and wait is None:
                        raise
                if self.ts is not None:
                    break
                time.sleep(wait or 0.0)
            assert self.ts is not None
            self.on_begun(self.ts)

    def _send(self, text: str, blocks: list[Json]) -> str:
        def post(**content: Any) -> str:
            answer = self.posting.clients.posting.chat_postMessage(
                channel=self.thread.channel,
                thread_ts=self.thread.ts,
                unfurl_links=False,
                unfurl_media=False,
                **content,
            )
            return str(answer["ts"])

        try:
            return post(text=text, blocks=blocks)
        except SlackApiError as error:
            if error_code(error) not in TOO_LONG:
                raise
            _log.error("reply.form_refused", error=error_code(error), detail=str(error))
            return post(text=text)

    def _stop_stream(self, answer: RenderedAnswer) -> bool:
        """End the stream, if there is one; True if the message is whole then, but for the links of its markers."""
        if self._stream is not None and not self._stuck and answer.streamed.startswith(self._shown):
            rest = answer.streamed[len(self._shown) :]
            try:
                self._stream.stop(markdown_text=rest or None, blocks=list(answer.below))
                return True
            except WIRE_ERRORS as error:
                _log.warning("reply.stream_not_completed", channel=self.thread.channel, error=error_code(error))
        try:
            self.posting.clients.repeating.chat_stopStream(channel=self.thread.channel, ts=str(self.ts))
        except WIRE_ERRORS as error:
            _log.debug("reply.no_stream_to_stop", channel=self.thread.channel, ts=self.ts, error=error_code(error))
        return False

    def _replace(self, answer: RenderedAnswer) -> None:
        try:
            self._update(answer.notification, answer.blocks)
        except SlackApiError as error:
            if error_code(error) not in TOO_LONG:
                raise
            _log.error("reply.form_refused", error=error_code(error), detail=str(error))
            self._update(answer.notification, [])

    def _link_markers(self, answer: RenderedAnswer) -> None:
        try:
            self._update(answer.notification, answer.blocks)
        except WIRE_ERRORS as error:
            _log.warning("reply.markers_not_linked", channel=self.thread.channel, ts=self.ts, error=error_code(error))

    def _update(self, text: str, blocks: list[Json]) -> None:
        self.posting.clients.repeating.chat_update(
            channel=self.thread.channel, ts=str(self.ts), text=text, blocks=blocks
        )


def _markdown(text: str) -> Json:
    return {"type": "markdown", "text": text}
