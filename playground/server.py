"""The playground as an HTTP server, and a way to run one in a thread: `with running() as playground: …`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from playground.client import Playground
from playground.control import Control
from playground.delivery import Pace
from playground.errors import PlaygroundError, SlackError
from playground.manifest import DEFAULT, Manifest, read_manifest
from playground.slack import Slack, build_slack
from playground.web_api import WebApi

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
def running(port: int = 0, manifest: Path | Manifest | None = None, pace: Pace | None = None) -> Iterator[Running]:
    """Runs a server in a thread until the block ends; port 0 takes a free one.

    Raises PlaygroundError when the port is taken or the manifest cannot be read.
    """
    installed = read_manifest(manifest) if isinstance(manifest, Path) else manifest or DEFAULT
    listener = listen(port)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    slack_ready: list[Slack] = []
    server = uvicorn.Server(
        uvicorn.Config(
            build_app(url, installed, pace, slack_ready),
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            ws_max_size=16 * 1024 * 1024,
        )
    )
    failures: list[BaseException] = []
    started = threading.Event()

    async def serve() -> None:
        task = asyncio.ensure_future(server.serve(sockets=[listener]))
        while not (server.started or task.done()):
            await asyncio.sleep(0.005)
        started.set()
        await task

    def run() -> None:
        try:
            asyncio.run(serve())
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits for it
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, name="playground", daemon=True)
    thread.start()
    started.wait()
    if failures or not slack_ready:
        raise PlaygroundError(f"The playground could not start: {failures[:1] or 'its server stopped'}.")
    installation = slack_ready[0].installation
    client = Playground(url)
    try:
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
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def listen(port: int) -> socket.socket:
    """A listening socket on localhost. Raises PlaygroundError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PlaygroundError(
            f"Port {port} on {HOST} is taken ({error.strerror}). Stop what uses it, or choose another with --port."
        ) from error
    listener.listen(128)
    return listener


def build_app(url: str, manifest: Manifest, pace: Pace | None, ready: list[Slack]) -> Starlette:
    """The web application at `url`. Its Slack is made, and appended to `ready`, inside the server's event loop."""
    routes: list[Route | WebSocketRoute] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        slack = build_slack(url, manifest, pace)
        app.router.routes.extend(slack_routes(slack))
        ready.append(slack)
        yield
        await slack.close()

    return Starlette(routes=routes, lifespan=lifespan)


def slack_routes(slack: Slack) -> list[Route | WebSocketRoute]:
    """Slack's own addresses, and the control API's."""
    web_api = WebApi(slack)

    async def link(websocket: WebSocket) -> None:
        await slack.sockets.serve(websocket)

    async def respond(request: Request) -> Response:
        try:
            slack.response_urls.respond(request.path_params["path"], json.loads(await request.body()))
        except json.JSONDecodeError:
            return PlainTextResponse("invalid_payload", status_code=400)
        except SlackError as error:
            return JSONResponse(error.as_slack(), status_code=error.status)
        return PlainTextResponse("ok")

    return [
        Route("/api/{method}", web_api.handle, methods=["GET", "POST"]),
        Route("/actions/{path:path}", respond, methods=["POST"]),
        WebSocketRoute("/link/", link),
        *Control(slack).routes(),
    ]
