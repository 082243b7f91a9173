"""HTTP: Slack's requests to a public address, each with Slack's signature."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.slack.app import SlackBot

EVENTS_PATH = "/slack/events"
HEALTH_PATH = "/healthz"
METRICS_PATH = "/metrics"


def http_app(bot: SlackBot, metrics: Callable[[], bytes] | None = None) -> Starlette:
    """The ASGI application, which starts and stops the bot: all of Slack's requests at /slack/events, and /healthz.

    What `metrics` returns, in Prometheus's text format, is at /metrics.
    """

    async def events(request: Request) -> Response:
        body = await request.body()
        answer = await run_in_threadpool(bot.app.dispatch, to_bolt_request(request, body))
        return to_starlette_response(answer)

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok", "waiting": bot.workers.waiting()})

    async def measured(request: Request) -> Response:
        assert metrics is not None
        return Response(await run_in_threadpool(metrics), media_type="text/plain; version=0.0.4; charset=utf-8")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(bot.start)
        yield
        await run_in_threadpool(bot.stop)

    routes = [Route(EVENTS_PATH, events, methods=["POST"]), Route(HEALTH_PATH, health, methods=["GET"])]
    if metrics is not None:
        routes.append(Route(METRICS_PATH, measured, methods=["GET"]))
    return Starlette(routes=routes, lifespan=lifespan)
