"""A playground that runs in a thread: `with running() as playground: …`."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from playground.client import Playground
from playground.delivery import Pace
from playground.errors import PlaygroundError
from playground.manifest import DEFAULT, Manifest, read_manifest
from playground.page_options import PageOptions
from playground.slack import Slack, build_slack
from playground.web_app import build_app

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs: where it is, what the app needs to reach it, and a client to act as people."""

    url: str
    api_url: str
    bot_token: str
    app_token: str
    signing_secret: str
    client: Playground

    def environment(self) -> dict[str, str]:
        """The environment variables that point an app at this server."""
        return {
            "SLACK_API_URL": self.api_url,
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_APP_TOKEN": self.app_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
        }


@contextmanager
def running(
    port: int = 0,
    manifest: Path | Manifest | None = None,
    pace: Pace | None = None,
    page: PageOptions | None = None,
) -> Iterator[Running]:
    """Runs a server on 127.0.0.1 in a thread until the block ends; port 0 takes a free one.

    Raises PlaygroundError when the port is taken or the manifest cannot be read.
    """
    installed = read_manifest(manifest) if isinstance(manifest, Path) else manifest or DEFAULT
    listener = listen(port)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    slack = build_slack(url, installed, pace)
    server = _Server(slack, listener, page or PageOptions())
    client = Playground(url)
    installation = slack.installation
    try:
        server.start()
        yield Running(
            url=url,
            api_url=f"{url}/api/",
            bot_token=installation.bot_token,
            app_token=installation.app_token,
            signing_secret=installation.signing_secret,
            client=client,
        )
    finally:
        client.close()
        server.stop()
        listener.close()


def listen(port: int) -> socket.socket:
    """A listening socket on localhost. Raises PlaygroundError when the port is taken."""
    # The protocol is named because asyncio turns Nagle's algorithm off, 40 ms an answer, only where it is.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PlaygroundError(
            f"Port {port} on {HOST} cannot be used: {error.strerror}. "
            "Stop the program that has it, or choose another with --port."
        ) from error
    return listener


class _Server:
    """uvicorn in a thread of its own."""

    def __init__(self, slack: Slack, listener: socket.socket, page: PageOptions) -> None:
        self._slack = slack
        self._listener = listener
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                build_app(slack, page),
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=1,
                log_config=None,
            )
        )
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="playground", daemon=True)

    def start(self) -> None:
        """Starts, and returns when requests are answered."""
        self._thread.start()
        self._started.wait()
        if not self._uvicorn.started:
            raise PlaygroundError("The playground could not start; its log says why.")

    def stop(self) -> None:
        """Stops, and returns when the thread has ended."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._slack.changes.close)
        self._uvicorn.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(timeout=10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        serving = asyncio.ensure_future(self._uvicorn.serve(sockets=[self._listener]))
        while not (self._uvicorn.started or serving.done()):
            await asyncio.sleep(0.002)
        self._started.set()
        await serving
