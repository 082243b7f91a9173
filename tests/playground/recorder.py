"""An app that acknowledges everything and keeps it, on slack_sdk's own Socket Mode client."""

from __future__ import annotations

import queue
from typing import Any

from connections import leave
from slack_sdk import WebClient
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from playground.server import Running

Json = dict[str, Any]


class Recorder:
    """Connects, and keeps the payloads it is sent. `answer` is what it acknowledges commands and interactions with."""

    def __init__(self, slack: Running) -> None:
        self._slack = slack
        self.answer: Json | None = None
        self._payloads: queue.Queue[Json] = queue.Queue()
        web = WebClient(token=slack.bot_token, base_url=slack.api_url)
        self._client = SocketModeClient(app_token=slack.app_token, web_client=web)
        self._client.socket_mode_request_listeners.append(self._listen)
        self._client.connect()
        slack.client.wait_until_connected()

    def next(self, timeout: float = 3.0) -> Json:
        """The next payload."""
        return self._payloads.get(timeout=timeout)

    def next_event(self, timeout: float = 3.0) -> Json:
        """The event in the next payload."""
        event: Json = self.next(timeout)["event"]
        return event

    def is_told_nothing(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for a while."""
        try:
            self.next(seconds)
        except queue.Empty:
            return True
        return False

    def close(self) -> None:
        """Disconnects."""
        leave(self._client, self._slack)

    def _listen(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        payload = self.answer if request.type != "events_api" else None
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=payload))
        self._payloads.put(request.payload)
