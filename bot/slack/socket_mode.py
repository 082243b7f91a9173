"""Socket Mode: Slack's requests through a WebSocket that Lore opens, so that no port has to be open to the internet."""

import socket
import threading
from contextlib import suppress

from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.socket_mode import SocketModeClient

from bot.slack.app import STOP_SECONDS, SlackBot
from bot.slack.setup import check_app_token

_CONCURRENCY = 16
_PING_SECONDS = 2.0  # a lost connection is noticed, and opened again, when the next ping is due


def run_socket_mode(
    bot: SlackBot, app_token: str | None, stop: threading.Event, stop_seconds: float = STOP_SECONDS
) -> None:
    """Serve until `stop` is set, reconnecting whenever the connection is lost; then finish what is in hand.

    Raises SlackSetupError before anything is started when Socket Mode cannot be opened with this token.
    """
    check_app_token(bot.clients.posting, app_token)
    bot.start()
    handler = SocketModeHandler(
        bot.app,
        app_token,
        web_client=bot.clients.repeating,
        concurrency=_CONCURRENCY,
        ping_interval=_PING_SECONDS,
    )
    try:
        handler.client.connect()
        stop.wait()
    finally:
        _close(handler.client)
        bot.stop(stop_seconds)


def _close(client: SocketModeClient) -> None:
    """Close without the client's own waits: three seconds for a blocked read, one for an empty queue."""
    client.auto_reconnect_enabled = client.default_auto_reconnect_enabled = False
    client.closed = True
    client.message_queue.put(None)
    session = client.current_session
    if session is not None and session.sock is not None:
        with suppress(OSError, AttributeError):  # the client's own threads may close it at this very moment
            session.sock.shutdown(socket.SHUT_RDWR)
    try:
        client.close()
    except AttributeError:  # as above; the second time the socket is closed already, and the rest is
        client.close()
