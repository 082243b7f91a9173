"""Notion on this machine: what its REST interface (version 2025-09-03) answers, of pages that a test writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "ntn_s3cret"
LONG_AGO = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def id_of(name: str) -> str:
    return str(uuid5(UUID(int=0), name))


def text(words: str, href: str | None = None, kind: str = "text", **annotations: bool) -> dict[str, Any]:
    marks = {"bold": False, "italic": False, "strikethrough": False, "underline": False, "code": False, **annotations}
    link = None if href is None else {"url": href}
    content: dict[str, Any] = {"text": {"content": words, "link": link}}
    if kind == "equation":
        content = {"equation": {"expression": words}}
    elif kind == "mention":
        content = {"mention": {"type": "page", "page": {"id": id_of(words)}}}
    return {"type": kind, **content, "annotations": {**marks, "color": "default"}, "plain_text": words, "href": href}


def block(kind: str, *texts: str | dict[str, Any], children: Sequence[Any] = (), **content: Any) -> dict[str, Any]:
    """A block, with the blocks in it under `children`, which are served by its id."""
    rich = [text(words) if isinstance(words, str) else words for words in texts]
    given = {"rich_text": rich, "color": "default"} if texts else {}
    return {"type": kind, kind: {**given, **content}, "children": list(children)}


@dataclass
class Page:
    """A page; `parent` is (kind, name), as ("page_id", "Home"); None: at the top of the workspace."""

    blocks: Sequence[dict[str, Any]] = ()
    parent: tuple[str, str] | None = None
    edited: datetime = LONG_AGO
    in_trash: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)
    searchable: bool = True


@dataclass
class Workspace:
    """Pages by their titles, and databases: each has one table of the same name, in the page that it names."""

    pages: dict[str, Page] = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[str, Response]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    most: int = 2
    """Entries that it gives at once, however many it is asked for."""

    def app(self) -> Starlette:
        answers = {
            "/v1/search": self.search,
            "/v1/data_sources/{id}/query": self.rows,
            "/v1/pages/{id}": self.page,
            "/v1/blocks/{id}/children": self.children,
            "/v1/blocks/{id}": self.block,
            "/v1/databases/{id}": self.database,
        }
        return Starlette(
            routes=[Route(path, self._endpoint(f), methods=["GET", "POST"]) for path, f in answers.items()]
        )

    def _endpoint(self, answer: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            body = await request.json() if request.method == "POST" else {}
            self.requests.append(f"{request.method} {request.url.path}")
            for fault in self.faults:
                if request.url.path.endswith(fault[0]):
                    self.faults.remove(fault)
                    return fault[1]
            if request.headers.get("authorization") != f"Bearer {TOKEN}":
                return error(401, "unauthorized", "API token is invalid.")
            if request.headers.get("notion-version") != "2025-09-03":
                return error(400, "missing_version", "Notion-Version header failed validation")
            answered = answer(request, body)
            if answered is None:
                return error(404, "object_not_found", "Could not find it. Make sure that it is shared.")
            return answered if isinstance(answered, Response) else JSONResponse(answered)

        return endpoint

    def cut(self, entries: Sequence[Any], given: Mapping[str, Any], kind: str) -> dict[str, Any]:
        assert int(given["page_size"]) <= 100
        start = int(str(given.get("start_cursor", "at-0")).removeprefix("at-"))
        more = start + self.most < len(entries)
        return {
            "object": "list",
            "results": entries[start : start + self.most],
            "next_cursor": f"at-{start + self.most}" if more else None,
            "has_more": more,
            "type": kind,
            kind: {},
        }

    def search(self, request: Request, body: Mapping[str, Any]) -> Any:
        if body["filter"] == {"property": "object", "value": "data_source"}:
            return self.cut([self._table(name) for name in self.databases], body, "page_or_data_source")
        assert body["sort"] == {"timestamp": "last_edited_time", "direction": "ascending"}
        found = sorted((page.edited, title) for title, page in self.pages.items() if page.searchable)
        return self.cut([self._page(title) for _, title in found], body, "page_or_data_source")

    def rows(self, request: Request, body: Mapping[str, Any]) -> Any:
        id = request.path_params["id"]
        found = [t for t, page in self.pages.items() if page.parent and id_of(f"{page.parent[1]}'s table") == id]
        return self.cut([self._page(title) for title in found if not self.pages[title].in_trash], body, "page")

    def page(self, request: Request, body: Mapping[str, Any]) -> Any:
        id = request.path_params["id"]
        if any(id == id_of(name) for name in self.databases):
            return error(400, "validation_error", f"Provided ID {id} is a database, not a page.")
        return next((self._page(title) for title in self.pages if id_of(title) == id), None)

    def database(self, request: Request, body: Mapping[str, Any]) -> Any:
        for name, page in self.databases.items():
            if id_of(name) == request.path_params["id"]:
                return {"object": "database", "id": id_of(name), "parent": _parent(("page_id", page))}
        return None

    def children(self, request: Request, body: Mapping[str, Any]) -> Any:
        id = request.path_params["id"]
        for title, page in self.pages.items():
            if id_of(title) == id:
                return self.cut(
                    [_served(b, f"{id}/{n}") for n, b in enumerate(page.blocks)], request.query_params, "block"
                )
            if (found := _find(page.blocks, id_of(title), id)) is not None:
                served = [_served(b, f"{id}/{n}") for n, b in enumerate(found["children"])]
                return self.cut(served, request.query_params, "block")
        return None

    def block(self, request: Request, body: Mapping[str, Any]) -> Any:
        """A block that a page is in; its id is `in <page>`."""
        home = next((title for title in self.pages if id_of(f"in {title}") == request.path_params["id"]), None)
        return None if home is None else {"object": "block", "parent": _parent(("page_id", home))}

    def _page(self, title: str) -> dict[str, Any]:
        page = self.pages[title]
        titled = {"Name": {"id": "title", "type": "title", "title": [text(title)]}}
        return {
            "object": "page",
            "id": id_of(title),
            "last_edited_time": page.edited.strftime("%Y-%m-%dT%H:%M:00.000Z"),
            "in_trash": page.in_trash,
            "archived": page.in_trash,
            "parent": _parent(page.parent),
            "properties": {**page.properties, **titled},
            "url": f"https://www.notion.so/{title.replace(' ', '-')}-{id_of(title).replace('-', '')}",
        }

    def _table(self, name: str) -> dict[str, Any]:
        return {
            "object": "data_source",
            "id": id_of(f"{name}'s table"),
            "parent": {"type": "database_id", "database_id": id_of(name)},
            "database_parent": _parent(("page_id", self.databases[name])),
            "title": [text(name)],
            "in_trash": False,
        }


def error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"object": "error", "status": status, "code": code, "message": message}, status)


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


def _parent(parent: tuple[str, str] | None) -> dict[str, Any]:
    if parent is None:
        return {"type": "workspace", "workspace": True}
    kind, name = parent
    id = id_of(f"{name}'s table" if kind == "data_source_id" else f"in {name}" if kind == "block_id" else name)
    return {"type": kind, kind: id}


def _served(block: Mapping[str, Any], place: str) -> dict[str, Any]:
    children = block["children"]
    return {
        "object": "block",
        "id": block.get("id") or id_of(place),
        "type": block["type"],
        "has_children": bool(children),
        "in_trash": False,
        block["type"]: block[block["type"]],
    }


def _find(blocks: Sequence[Mapping[str, Any]], place: str, id: str) -> Mapping[str, Any] | None:
    for number, block in enumerate(blocks):
        own = block.get("id") or id_of(f"{place}/{number}")
        found = block if own == id else _find(block["children"], own, id)
        if found is not None:
            return found
    return None
