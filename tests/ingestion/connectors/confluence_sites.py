"""Confluence on this machine, of pages that a test writes: what its two kinds have in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

USER, TOKEN = "ann@acme.example", "s3cret-token"


@dataclass
class Page:
    """A page, or a blog post. `readers` are groups (or users, as `user:<name>`) that its restriction lets read."""

    title: str
    body: str = "<p>Text.</p>"
    version: int = 1
    status: str = "current"
    type: str = "page"
    parent: str | None = None
    parent_type: str = "page"
    readers: Sequence[str] = ()
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    searchable: bool = True


@dataclass
class Site:
    """What both kinds have in common. `faults` answer the next requests whose path ends so, before all else."""

    pages: dict[str, Page] = field(default_factory=dict)
    space_readers: Sequence[str] = ("confluence-users",)
    faults: list[tuple[str, Response]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    most: int = 2
    """Entries that it gives at once, however many it is asked for."""

    def wrapped(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            self.requests.append(f"{request.url.path}?{request.url.query}")
            for fault in self.faults:
                if request.url.path.endswith(fault[0]):
                    self.faults.remove(fault)
                    return fault[1]
            if not self.allowed(request.headers.get("authorization", "")):
                return JSONResponse({"message": "Unauthorized"}, 401)
            answered = answer(request)
            if answered is None:
                return JSONResponse({"statusCode": 404, "message": "No content found"}, 404)
            return answered if isinstance(answered, Response) else JSONResponse(answered)

        return endpoint

    def routes(self, answers: Mapping[str, Callable[[Request], Any]]) -> Starlette:
        return Starlette(routes=[Route(path, self.wrapped(answer)) for path, answer in answers.items()])

    def allowed(self, authorization: str) -> bool:
        raise NotImplementedError

    def restriction(self, page: Page) -> dict[str, Any]:
        people = [name.removeprefix("user:") for name in page.readers if name.startswith("user:")]
        groups = [name for name in page.readers if not name.startswith("user:")]
        return {
            "operation": "read",
            "restrictions": {
                "user": {
                    "results": [{"type": "known", "displayName": name} for name in people],
                    "start": 0,
                    "limit": 200,
                    "size": len(people),
                },
                "group": {
                    "results": [{"type": "group", "name": name, "id": f"id-of-{name}"} for name in groups],
                    "start": 0,
                    "limit": 200,
                    "size": len(groups),
                },
            },
            "_links": {"self": "https://acme.example/rest/api/content/1/restriction/byOperation/read"},
        }

    def read_restriction(self, request: Request) -> Any:
        page = self.pages.get(request.path_params["id"])
        return None if page is None else self.restriction(page)

    def user(self, request: Request) -> Any:
        id = request.query_params.get("accountId") or request.query_params.get("key")
        return {"type": "known", "accountId": id, "displayName": "Ann Lee"} if id == "5b10a" else None
