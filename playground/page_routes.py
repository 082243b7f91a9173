"""The page in the browser: its files, what a person sees and does on it, dropped files, documents to read."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from playground.errors import PlaygroundError
from playground.page_acts import PageActs
from playground.page_chosen import Chosen
from playground.page_details import Details
from playground.page_files import DroppedFiles, readable_file
from playground.page_options import PageOptions
from playground.page_sight import PageSight
from playground.people import People
from playground.slack import Slack

Json = dict[str, Any]

FOLDER = Path(__file__).with_name("page")
TEXTS = frozenset({".md", ".mdx", ".markdown", ".txt", ".csv", ".html", ".htm", ".rst", ".json", ".eml"})


class Page:
    """Its routes, and what they hold open."""

    def __init__(self, slack: Slack, options: PageOptions) -> None:
        self._slack = slack
        self._options = options
        self._chosen = Chosen(slack.changes)
        self._files = DroppedFiles(options)
        self._details = Details(options.details_url)

    def routes(self) -> list[BaseRoute]:
        """All that the page needs besides the control API."""
        acts = PageActs(self._slack, self._chosen)
        sight = PageSight(self._slack, self._chosen, self._files, self._options)
        posts = {
            "close": acts.close,
            "press": acts.press,
            "shortcut": acts.shortcut,
            "submit": acts.submit,
        }
        return [
            Route("/", self._index),
            *(Route(f"/page/{name}", _answering(_posted(act)), methods=["POST"]) for name, act in posts.items()),
            Route("/page/state", _answering(_asked(sight.snapshot))),
            Route("/page/events", sight.events),
            Route("/page/details", _answering(self._of_message)),
            Route("/page/files", _answering(self._list_files)),
            Route("/page/files/{name:path}", _answering(self._take_file), methods=["PUT"]),
            Route("/folders/{folder}/{path:path}", self._document),
            Mount("/page", StaticFiles(directory=FOLDER)),
        ]

    async def close(self) -> None:
        """Closes what is held open."""
        await self._details.close()

    async def _index(self, request: Request) -> Response:
        return _html("index.html")

    async def _of_message(self, request: Request) -> Json:
        """What the app knows of a message that this person sees: user, channel, ts."""
        people, query = People(self._slack), request.query_params
        user = self._slack.workspace.user(query["user"])
        message = people.message(people.place(user, query["channel"]), query["ts"])
        if message.visible_to not in (None, user.id):
            raise PlaygroundError(f"{user.name} cannot see that message.")
        return {"details": await self._details.of_message(message.channel, message.ts)}

    async def _list_files(self, request: Request) -> Json:
        files = self._files.list()
        return {"files": [{**file, **await self._details.of_file(file["name"])} for file in files]}

    async def _take_file(self, request: Request) -> Json:
        return await self._files.take(request.path_params["name"], request)

    async def _document(self, request: Request) -> Response:
        """A document as the page draws it; with ?raw, its text. What could run in a browser is only ever text."""
        path = readable_file(self._options, request.path_params["folder"], request.path_params["path"])
        if path is None:
            return PlainTextResponse("There is no such document.", status_code=404)
        if path.suffix.lower() not in TEXTS:
            return FileResponse(path, filename=path.name, content_disposition_type="attachment")
        if "raw" in request.query_params:
            return PlainTextResponse(path.read_text(encoding="utf-8", errors="replace"))
        return _html("document.html")


def _html(name: str) -> Response:
    """A page of ours, which may run our scripts, and those in it, and nothing from elsewhere."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    inline = re.findall(r"<script type=\"importmap\">(.*?)</script>", text, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in inline]
    policy = (
        f"default-src 'none'; script-src 'self' {' '.join(hashes)}; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: https: http:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})


def _posted(act: Callable[[Json], Awaitable[Json]]) -> Callable[[Request], Awaitable[Json]]:
    async def answer(request: Request) -> Json:
        return await act(await request.json())

    return answer


def _asked(sight: Callable[[Json], Awaitable[Json]]) -> Callable[[Request], Awaitable[Json]]:
    async def answer(request: Request) -> Json:
        return await sight(dict(request.query_params))

    return answer


def _answering(handler: Callable[[Request], Awaitable[Json]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse({"ok": True, **await handler(request)}, headers={"Cache-Control": "no-store"})
        except PlaygroundError as error:
            said = str(error)
        except json.JSONDecodeError:
            said = "The body is not JSON."
        except KeyError as error:
            said = f"{error} is missing."
        return JSONResponse({"ok": False, "error": said}, status_code=400)

    return endpoint
