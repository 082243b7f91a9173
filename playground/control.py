"""The control API, `/control/…`: POST what is done, GET what is seen. JSON in and out."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from playground.control_acts import Acts
from playground.control_setup import Setup
from playground.control_sights import Sights
from playground.errors import PlaygroundError
from playground.slack import Slack

Json = dict[str, Any]
Handler = Callable[[Json], Awaitable[Json]]


def control_routes(slack: Slack) -> list[Route]:
    """The routes of the control API."""
    acts, setup, sights = Acts(slack), Setup(slack), Sights(slack)
    posts: dict[str, Handler] = {
        "app": setup.change_app,
        "archive": setup.archive,
        "assistant": acts.open_assistant,
        "assistant_context": acts.look_at,
        "channels": setup.add_channel,
        "command": acts.command,
        "delete": acts.delete,
        "edit": acts.edit,
        "faults": setup.set_faults,
        "home": acts.open_home,
        "members": setup.change_member,
        "post": acts.post,
        "press": acts.press,
        "react": acts.react,
        "share": setup.share,
        "shortcut": acts.shortcut,
        "sockets": setup.change_sockets,
        "submit": acts.submit,
        "unreact": acts.unreact,
        "users": setup.add_user,
    }
    gets: dict[str, Handler] = {
        "calls": sights.calls,
        "changes": sights.changes,
        "deliveries": sights.deliveries,
        "ephemeral": sights.ephemeral,
        "messages": sights.messages,
        "state": sights.state,
        "status": sights.status,
        "thread": sights.thread,
        "views": sights.views,
    }
    return [
        *(Route(f"/control/{name}", _endpoint(handler), methods=["POST"]) for name, handler in posts.items()),
        *(Route(f"/control/{name}", _endpoint(handler), methods=["GET"]) for name, handler in gets.items()),
        Route("/control/events", sights.events, methods=["GET"]),
    ]


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json() if request.method == "POST" else dict(request.query_params)
            answer = await handler(body)
        except PlaygroundError as error:
            return JSONResponse({"ok": False, "error": str(error)}, status_code=400)
        except json.JSONDecodeError:
            return JSONResponse({"ok": False, "error": "The body is not JSON."}, status_code=400)
        except KeyError as error:
            return JSONResponse({"ok": False, "error": f"{error} is missing."}, status_code=400)
        return JSONResponse({"ok": True, **answer})

    return endpoint
