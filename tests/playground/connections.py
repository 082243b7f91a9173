"""How apps connect in these tests, and how they leave without the SDK's waits: 3 s for a read, 1 s for a queue."""

from __future__ import annotations

import time
from collections.abc import Callable

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.socket_mode import SocketModeClient

from playground.server import Running

Connect = Callable[[App], SocketModeHandler]


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
