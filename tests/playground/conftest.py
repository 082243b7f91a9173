"""A running playground, and the clients and apps that talk to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from playground.delivery import Pace
from playground.server import Running, running

sys.path.insert(0, str(Path(__file__).parent))

from connections import Connect, leave
from recorder import Recorder

FAST = Pace(ack_timeout=0.5, retry_delays=(0.0, 0.1, 0.1))


@pytest.fixture
def slack() -> Iterator[Running]:
    with running(pace=FAST) as server:
        yield server


@pytest.fixture
def web(slack: Running) -> WebClient:
    return WebClient(token=slack.bot_token, base_url=slack.api_url)


@pytest.fixture
def connect(slack: Running) -> Iterator[Connect]:
    """Connects a Bolt app by Socket Mode and waits until it is."""
    handlers: list[SocketModeHandler] = []

    def connected(app: App) -> SocketModeHandler:
        handler = SocketModeHandler(app, slack.app_token, ping_interval=0.5)
        handlers.append(handler)
        handler.connect()
        slack.client.wait_until_connected()
        return handler

    yield connected
    for handler in handlers:
        leave(handler.client, slack)


@pytest.fixture
def app(slack: Running) -> Iterator[Recorder]:
    """A connected app that acknowledges everything and keeps it."""
    recorder = Recorder(slack)
    yield recorder
    recorder.close()
