"""The web application: Slack's own addresses, the control API's, and the page's."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from playground.control import control_routes
from playground.errors import SlackError
from playground.page_guard import Guard
from playground.page_options import PageOptions
from playground.page_routes import Page
from playground.slack import Slack
from playground.web_api import WebApi


def build_app(slack: Slack, options: PageOptions | None = None) -> Starlette:
    """The application that answers for a Slack; it closes it when it shuts down."""
    web_api = WebApi(slack)
    page = Page(slack, options or PageOptions())

    async def link(websocket: WebSocket) -> None:
        await slack.sockets.serve(websocket)

    async def respond(request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            if not isinstance(body, dict):
                return PlainTextResponse("invalid_payload", status_code=400)
            slack.response_urls.respond(request.path_params["path"], body)
        except json.JSONDecodeError:
            return PlainTextResponse("invalid_payload", status_code=400)
        except SlackError as error:
            return JSONResponse(error.as_slack(), status_code=error.status)
        return PlainTextResponse("ok")

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await slack.close()
        await page.close()

    routes = [
        Route("/api/{method}", web_api.handle, methods=["GET", "POST"]),
        Route("/actions/{path:path}", respond, methods=["POST"]),
        WebSocketRoute("/link/", link),
        *control_routes(slack),
        *page.routes(),
    ]
    return Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(Guard)])
