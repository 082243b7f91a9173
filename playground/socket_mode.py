"""Socket Mode: tickets, connections, envelopes and their acknowledgements.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.delivery import DeliveryError, Parcel
from playground.workspace import APP_ID

Json = dict[str, Any]

MOST_CONNECTIONS = 10


@dataclass(eq=False, slots=True)
class Connection:
    """One open socket and the envelopes on it that wait to be acknowledged."""

    socket: WebSocket
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)

    async def send(self, message: Json) -> None:
        """Sends one JSON message."""
        await self.socket.send_text(json.dumps(message))

    def acknowledge(self, message: Json) -> None:
        """Takes the app's answer to an envelope; answers to unknown or old envelopes are ignored, as Slack does."""
        waiter = self.waiting.pop(str(message.get("envelope_id")), None)
        if waiter is not None and not waiter.done():
            waiter.set_result(message.get("payload"))

    def lose(self) -> None:
        """Tells those who wait that the connection is gone."""
        for waiter in self.waiting.values():
            if not waiter.done():
                waiter.set_exception(DeliveryError("connection_lost", lost=True))
        self.waiting.clear()


class SocketMode:
    """The app's connections. Each envelope goes to one of them, in turn."""

    def __init__(self) -> None:
        self._tickets: set[str] = set()
        self._connections: list[Connection] = []
        self._connected = asyncio.Event()
        self.opened = 0

    @property
    def count(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    def ticket(self) -> str:
        """A ticket for one connection."""
        ticket = str(uuid.uuid4())
        self._tickets.add(ticket)
        return ticket

    def is_ready(self) -> bool:
        """Whether the app is connected."""
        return bool(self._connections)

    async def ready(self) -> None:
        """Waits until the app is connected."""
        await self._connected.wait()

    async def send(self, parcel: Parcel, timeout: float) -> Json | None:
        """Sends an envelope on one connection and waits for its acknowledgement."""
        if not self._connections:
            raise DeliveryError("connection_lost", lost=True)
        connection = self._connections.pop(0)
        self._connections.append(connection)
        envelope_id = str(uuid.uuid4())
        waiter: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope_id] = waiter
        try:
            await connection.send(envelope(envelope_id, parcel))
            return await asyncio.wait_for(waiter, timeout)
        except TimeoutError:
            raise DeliveryError("timeout") from None
        except (WebSocketDisconnect, RuntimeError):
            self._forget(connection)  # what waits for a connection must not find this one again
            raise DeliveryError("connection_lost", lost=True) from None
        finally:
            connection.waiting.pop(envelope_id, None)

    async def serve(self, socket: WebSocket) -> None:
        """Speaks with one connection until it ends."""
        ticket = socket.query_params.get("ticket", "")
        if ticket not in self._tickets or self.count >= MOST_CONNECTIONS:
            await socket.close(code=1008)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        connection = Connection(socket)
        await connection.send(hello(self.count + 1))
        self.opened += 1
        self._connections.append(connection)
        self._connected.set()
        try:
            while True:
                self._receive(connection, await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._forget(connection)

    async def ask_to_reconnect(self, reason: str) -> None:
        """Sends `disconnect` (reason `warning`, `refresh_requested` or `link_disabled`) and leaves the sockets open."""
        message = {"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}}
        for connection in list(self._connections):
            await connection.send(message)

    async def drop(self) -> None:
        """Closes every connection at once, without a word before."""
        for connection in list(self._connections):
            self._forget(connection)
            await connection.socket.close(code=1011)

    def _receive(self, connection: Connection, text: str) -> None:
        try:
            message = json.loads(text)
        except json.JSONDecodeError:
            return
        if isinstance(message, dict):
            connection.acknowledge(message)

    def _forget(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
        if not self._connections:
            self._connected.clear()
        connection.lose()


def hello(connections: int) -> Json:
    """The first message on a connection."""
    debug = {"host": "playground", "build_number": 1, "approximate_connection_time": 18060}
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": debug,
        "connection_info": {"app_id": APP_ID},
    }


def envelope(envelope_id: str, parcel: Parcel) -> Json:
    """The message that carries a parcel."""
    body: Json = {
        "envelope_id": envelope_id,
        "payload": parcel.payload,
        "type": parcel.kind,
        "accepts_response_payload": parcel.kind != "events_api",
    }
    if parcel.kind == "events_api":
        body |= {"retry_attempt": parcel.attempt, "retry_reason": parcel.reason}
    return body
