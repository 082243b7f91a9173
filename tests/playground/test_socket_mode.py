"""Socket Mode with slack_sdk's own client and with Bolt: envelopes, acknowledgements, retries, reconnects."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from connections import Connect, leave
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from starlette.types import Message
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_socket

from playground.delivery import DeliveryError, Parcel
from playground.server import Running
from playground.socket_mode import SocketMode


def link(slack: Running) -> str:
    headers = {"Authorization": f"Bearer {slack.app_token}"}
    return str(httpx.post(f"{slack.api_url}apps.connections.open", headers=headers).json()["url"])


def read(socket: ClientConnection, timeout: float = 3.0) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=timeout))
    return message


def acknowledge(socket: ClientConnection, message: dict[str, Any]) -> None:
    socket.send(json.dumps({"envelope_id": message["envelope_id"]}))


@pytest.fixture
def socket(slack: Running) -> Iterator[ClientConnection]:
    with open_socket(link(slack)) as socket:
        assert read(socket)["type"] == "hello"
        yield socket


def test_the_first_message_says_hello_and_how_many_connections_there_are(slack: Running) -> None:
    with open_socket(link(slack)) as first, open_socket(link(slack)) as second:
        assert read(first)["num_connections"] == 1
        hello = read(second)
        assert hello["num_connections"] == 2
        assert hello["connection_info"]["app_id"].startswith("A")


def test_a_ticket_is_good_for_one_connection(slack: Running) -> None:
    url = link(slack)
    with open_socket(url), pytest.raises(InvalidStatus):
        open_socket(url)


def test_a_mention_in_a_channel_comes_as_mention_and_as_message(slack: Running, socket: ClientConnection) -> None:
    posted = slack.client.ask("why?")
    envelopes = [read(socket), read(socket)]
    for envelope in envelopes:
        acknowledge(socket, envelope)
    assert {envelope["type"] for envelope in envelopes} == {"events_api"}
    assert {envelope["accepts_response_payload"] for envelope in envelopes} == {False}
    mention, message = (envelope["payload"]["event"] for envelope in envelopes)
    assert (mention["type"], message["type"]) == ("app_mention", "message")
    assert mention["ts"] == message["ts"] == posted.ts
    assert mention["text"] == "<@U0LOREBOT1> why?"
    assert message["channel_type"] == "channel"
    ids = {envelope["payload"]["event_id"] for envelope in envelopes}
    assert len(ids) == 2


def test_an_envelope_that_is_not_acknowledged_comes_again(slack: Running, socket: ClientConnection) -> None:
    slack.client.post("alice", "dm", "why?")
    tries = [read(socket) for _ in range(3)]
    acknowledge(socket, tries[-1])
    assert [envelope["retry_attempt"] for envelope in tries] == [0, 1, 2]
    assert [envelope["retry_reason"] for envelope in tries] == ["", "timeout", "timeout"]
    assert len({envelope["payload"]["event_id"] for envelope in tries}) == 1
    assert len({envelope["envelope_id"] for envelope in tries}) == 3
    with pytest.raises(TimeoutError):
        read(socket, timeout=0.8)


def test_after_three_retries_slack_gives_up(slack: Running, socket: ClientConnection) -> None:
    slack.client.post("alice", "dm", "why?")
    assert [read(socket)["retry_attempt"] for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(TimeoutError):
        read(socket, timeout=0.8)
    assert [delivery["error"] for delivery in slack.client.deliveries()] == ["timeout"] * 4


def test_connections_share_the_envelopes_and_each_goes_to_one(slack: Running) -> None:
    with open_socket(link(slack)) as first, open_socket(link(slack)) as second:
        read(first), read(second)
        for number in range(4):
            slack.client.post("alice", "dm", str(number))
        texts = []
        for socket in (first, second):
            for _ in range(2):
                envelope = read(socket)
                acknowledge(socket, envelope)
                texts.append(envelope["payload"]["event"]["text"])
        assert sorted(texts) == ["0", "1", "2", "3"]


def test_what_is_said_while_no_app_is_connected_comes_when_one_is(slack: Running) -> None:
    slack.client.post("alice", "dm", "anybody?")
    with open_socket(link(slack)) as socket:
        read(socket)
        assert read(socket)["payload"]["event"]["text"] == "anybody?"


def test_an_app_that_dies_before_it_acknowledges_gets_the_event_again(slack: Running) -> None:
    with open_socket(link(slack)) as dying:
        read(dying)
        slack.client.post("alice", "dm", "still there?")
        first = read(dying)
    with open_socket(link(slack)) as reborn:
        read(reborn)
        second = read(reborn)
        acknowledge(reborn, second)
    assert second["payload"] == first["payload"]
    assert second["retry_attempt"] >= 1


def test_a_duplicated_delivery_has_the_same_event_id(slack: Running, socket: ClientConnection) -> None:
    slack.client.duplicate_events()
    slack.client.post("alice", "dm", "once")
    first, second = read(socket), read(socket)
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert first["envelope_id"] != second["envelope_id"]


def test_slack_sdks_client_gets_the_events_and_acknowledges(slack: Running) -> None:
    web = WebClient(token=slack.bot_token, base_url=slack.api_url)
    seen: queue.Queue[SocketModeRequest] = queue.Queue()

    def listen(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        seen.put(request)

    client = SocketModeClient(app_token=slack.app_token, web_client=web)
    client.socket_mode_request_listeners.append(listen)
    client.connect()
    slack.client.wait_until_connected()
    slack.client.post("alice", "dm", "hello")
    assert seen.get(timeout=3).payload["event"]["text"] == "hello"
    slack.client.disconnect("refresh_requested")
    deadline = time.monotonic() + 5
    while slack.client.state()["app"]["connections_opened"] < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    slack.client.post("alice", "dm", "again")
    assert seen.get(timeout=3).payload["event"]["text"] == "again"
    assert slack.client.deliveries()[0]["error"] is None
    leave(client, slack)


def test_a_bolt_app_survives_a_dropped_connection(slack: Running, web: WebClient, connect: Connect) -> None:
    app = App(client=web)
    heard: queue.Queue[str] = queue.Queue()

    @app.event("message")
    def hear(event: dict[str, Any]) -> None:
        heard.put(event["text"])

    connect(app)
    slack.client.drop_sockets()
    slack.client.post("alice", "dm", "still there?")
    assert heard.get(timeout=15) == "still there?"


def test_bolt_sees_a_retry_as_a_retry(slack: Running, web: WebClient, connect: Connect) -> None:
    app = App(client=web, process_before_response=True)
    tries: queue.Queue[str | None] = queue.Queue()
    wait = threading.Event()

    @app.event("message")
    def hear(request: Any) -> None:
        tries.put(request.headers.get("x-slack-retry-num", ["0"])[0])
        wait.wait(0.7)

    connect(app)
    slack.client.post("alice", "dm", "slow")
    assert [tries.get(timeout=3), tries.get(timeout=3)] == ["0", "1"]
    wait.set()


def test_a_connection_that_broke_without_a_word_is_not_sent_to_again() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        if not sent:
            return {"type": "websocket.connect"}
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    async def send(message: Message) -> None:
        sent.append(message)
        if len(sent) > 2:  # after the handshake and the hello
            raise ConnectionResetError

    async def story() -> None:
        sockets = SocketMode()
        scope = {"type": "websocket", "path": "/", "headers": [], "query_string": f"ticket={sockets.ticket()}".encode()}
        serving = asyncio.create_task(sockets.serve(WebSocket(scope, receive, send)))
        await sockets.ready()
        with pytest.raises(DeliveryError) as raised:
            await sockets.send(Parcel("events_api", {}), 3.0)
        assert raised.value.lost
        assert not sockets.is_ready()
        serving.cancel()

    asyncio.run(story())
