"""HTTP delivery: signatures that slack_sdk and Bolt verify, retries, and the forms of commands and buttons."""

from __future__ import annotations

import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from parrot import FEEDBACK
from slack_bolt import App
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from playground.errors import PlaygroundError
from playground.server import Running


class Receiver:
    """An app's HTTP server: keeps what it is sent and answers `statuses` in turn, then 200."""

    def __init__(self) -> None:
        self.requests: queue.Queue[tuple[dict[str, str], str]] = queue.Queue()
        self.statuses: list[int] = []
        self.delay = 0.0
        self.no_retry = False
        self.app: App | None = None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, answer = receiver.answer(headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                if receiver.no_retry:
                    self.send_header("X-Slack-No-Retry", "1")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/slack/events"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, headers: dict[str, str], body: str) -> tuple[int, bytes]:
        if self.app is not None:
            response = self.app.dispatch(BoltRequest(body=body, headers=headers))
            return response.status, response.body.encode()
        document = json.loads(body) if body.startswith("{") else {}
        if document.get("type") == "url_verification":
            return 200, document["challenge"].encode()
        self.requests.put((headers, body))
        time.sleep(self.delay)
        return (self.statuses.pop(0) if self.statuses else 200), b""

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver(slack: Running) -> Iterator[Receiver]:
    receiver = Receiver()
    slack.client.set_request_url(receiver.url)
    yield receiver
    receiver.close()


def test_an_event_is_signed_so_that_the_sdk_verifies_it(slack: Running, receiver: Receiver) -> None:
    slack.client.post("alice", "dm", "grüezi")
    headers, body = receiver.requests.get(timeout=3)
    assert json.loads(body)["event"]["text"] == "grüezi"
    assert "x-slack-retry-num" not in headers
    assert SignatureVerifier(slack.signing_secret).is_valid_request(body, headers)
    assert not SignatureVerifier("another secret").is_valid_request(body, headers)
    assert not SignatureVerifier(slack.signing_secret).is_valid_request(body + " ", headers)


def test_an_event_that_is_refused_comes_three_times_more(slack: Running, receiver: Receiver) -> None:
    receiver.statuses = [500, 404, 302, 503]
    slack.client.post("alice", "dm", "hello")
    tries = [receiver.requests.get(timeout=3)[0] for _ in range(4)]
    assert [headers.get("x-slack-retry-num") for headers in tries] == [None, "1", "2", "3"]
    assert {headers["x-slack-retry-reason"] for headers in tries[1:]} == {"http_error"}
    with pytest.raises(queue.Empty):
        receiver.requests.get(timeout=0.4)


def test_an_app_that_wants_no_retry_gets_none(slack: Running, receiver: Receiver) -> None:
    receiver.statuses, receiver.no_retry = [500], True
    slack.client.post("alice", "dm", "hello")
    receiver.requests.get(timeout=3)
    with pytest.raises(queue.Empty):
        receiver.requests.get(timeout=0.4)


def test_an_event_that_is_not_answered_in_time_comes_again(slack: Running, receiver: Receiver) -> None:
    receiver.delay = 0.7
    slack.client.post("alice", "dm", "hello")
    receiver.requests.get(timeout=3)
    receiver.delay = 0.0
    headers, _ = receiver.requests.get(timeout=3)
    assert (headers["x-slack-retry-num"], headers["x-slack-retry-reason"]) == ("1", "http_timeout")


def test_a_command_is_a_form_and_a_press_a_form_with_a_payload(
    slack: Running, web: WebClient, receiver: Receiver
) -> None:
    slack.client.set_events([])
    slack.client.command("alice", "general", "/lore", "a & b")
    headers, body = receiver.requests.get(timeout=3)
    assert parse_qs(body)["text"] == ["a & b"]
    assert SignatureVerifier(slack.signing_secret).is_valid_request(body, headers)
    ts = web.chat_postMessage(channel="general", text="answer", blocks=FEEDBACK)["ts"]
    slack.client.press("alice", "general", ts, "vote", value="down")
    _, body = receiver.requests.get(timeout=3)
    assert json.loads(parse_qs(body)["payload"][0])["actions"][0]["value"] == "down"


def test_bolt_verifies_the_signature_and_answers(slack: Running, web: WebClient, receiver: Receiver) -> None:
    app = App(client=web, signing_secret=slack.signing_secret)

    @app.command("/lore")
    def lore(ack: Any) -> None:
        ack("Right away.")

    receiver.app = app
    assert slack.client.command("alice", "general", "/lore", "why?")["error"] is None
    assert slack.client.ephemeral("alice")[0]["text"] == "Right away."
    receiver.app = App(client=web, signing_secret="another secret")
    assert slack.client.command("alice", "general", "/lore", "why?")["error"] == "http_error"


def test_a_url_that_does_not_return_the_challenge_is_refused(slack: Running) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/slack/events"
    with pytest.raises(PlaygroundError, match="did not answer: connection_failed"):
        slack.client.set_request_url(url)
    assert slack.client.state()["app"]["request_url"] is None
