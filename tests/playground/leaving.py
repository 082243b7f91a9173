"""Ending a Socket Mode client without its waits: 3 s for a blocked read, 1 s for an empty queue."""

from __future__ import annotations

import time

from slack_sdk.socket_mode import SocketModeClient

from playground.server import Running


def leave(client: SocketModeClient, slack: Running) -> None:
    """Lets the server end the connection, wakes the client's queue, then closes it."""
    client.auto_reconnect_enabled = client.default_auto_reconnect_enabled = False
    slack.client.drop_sockets()
    deadline = time.monotonic() + 2.0
    while client.is_connected() and time.monotonic() < deadline:
        time.sleep(0.005)
    client.closed = True
    client.message_queue.put(None)
    client.close()
