"""A hosted LLM's stand-in on localhost: OpenAI's streaming protocol over a real socket, scripted by each test.

The shapes are those of https://platform.openai.com/docs/api-reference/chat/streaming.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """What the server does with a request: `statuses` one after the other, then 200 and the pieces.

    `writes` makes the text of what is asked instead, if it is given.
    """

    pieces: Sequence[str] = ()
    writes: Callable[[dict[str, Any]], str] | None = None
    statuses: list[int] = field(default_factory=list)
    retry_after: str | None = None
    error: str = "scripted"
    seconds_between: float = 0.0
    silent_after: int | None = None
    stops_after: int | None = None
    breaks_after: int | None = None
    ends_quietly: bool = False
    body: bytes | None = None
    refuses_temperature: bool = False
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


def in_pieces(text: str) -> list[str]:
    """The text in pieces of a few letters."""
    return [text[at : at + 5] for at in range(0, len(text), 5)]


class LlmServer(ThreadingHTTPServer):
    """Serves one script; `url` is its base URL. `routes` are the other pages that this server has: path -> JSON."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = Script()
        self.routes: dict[str, Callable[[Any], Any]] = {}
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.over = threading.Event()

    def says(self, text: str, **how: Any) -> Script:
        """From now on, this text in pieces of a few letters."""
        self.script = Script(pieces=in_pieces(text), **how)
        return self.script

    def does(self, **how: Any) -> Script:
        self.script = Script(**how)
        return self.script


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LlmServer

    def do_POST(self) -> None:
        script = self.server.script
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/chat/completions":
            self._route(request)
            return
        script.requests.append(request)
        script.keys.append(self.headers["authorization"])
        if script.statuses:
            self._refuse(script.statuses.pop(0), script.error)
        elif script.refuses_temperature and "temperature" in request:
            self._refuse(400, "Unsupported value: 'temperature' does not support 0 with this model.")
        elif script.body is not None:
            self._answer(200, "text/html", script.body)
        else:
            self._stream(script)

    def do_GET(self) -> None:
        self._route(None)

    def _route(self, request: Any) -> None:
        if self.path in self.server.routes:
            body = json.dumps(self.server.routes[self.path](request)).encode()
            self._answer(200, "application/json", body)
        else:
            self._refuse(404, "no such page")

    def _refuse(self, status: int, message: str) -> None:
        self._answer(status, "application/json", json.dumps({"error": {"message": message, "type": "test"}}).encode())

    def _answer(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        if self.server.script.retry_after is not None:
            self.send_header("retry-after", self.server.script.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, script: Script) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._event({"role": "assistant", "content": ""})
        pieces = script.pieces if script.writes is None else in_pieces(script.writes(script.requests[-1]))
        for count, piece in enumerate(pieces):
            if count == script.silent_after:
                self.server.over.wait(20)
                return
            if count == script.breaks_after:
                self.close_connection = True
                self.connection.close()
                return
            if count == script.stops_after:
                break
            time.sleep(script.seconds_between)
            self._event({"content": piece})
        else:
            if not script.ends_quietly:
                self._event({}, finish="stop")
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _event(self, delta: dict[str, str], finish: str | None = None) -> None:
        event = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "scripted",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }
        self._chunk(f"data: {json.dumps(event)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output for the tests."""


@contextmanager
def running() -> Iterator[LlmServer]:
    """A server on a free port."""
    server = LlmServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
