"""Confluence Data Center on this machine: its REST interface, below /confluence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from tests.ingestion.connectors.confluence_sites import TOKEN, Page, Site


@dataclass
class DataCenterStandIn(Site):
    """Confluence Data Center below /confluence: numbers for pages of lists, a cursor for `scan`."""

    def app(self) -> Starlette:
        return self.routes(
            {
                "/confluence/rest/api/space": self.spaces,
                "/confluence/rest/api/space/{key}/permissions": self.permissions,
                "/confluence/rest/api/content/scan": self.scan,
                "/confluence/rest/api/content": self.blog_posts,
                "/confluence/rest/api/content/{id}": self.content,
                "/confluence/rest/api/content/{id}/child/attachment": self.attachments,
                "/confluence/rest/api/content/{id}/restriction/byOperation/read": self.read_restriction,
                "/confluence/rest/api/user": self.user,
                "/confluence/download/attachments/{id}/{name}": self.download,
            }
        )

    def allowed(self, authorization: str) -> bool:
        return authorization == f"Bearer {TOKEN}"

    def cut(self, path: str, request: Request, entries: Sequence[Any], cursor: bool = False) -> dict[str, Any]:
        asked = int(request.query_params["limit"])
        position = request.query_params.get("cursor", "content:false:0") if cursor else request.query_params["start"]
        start = int(position.rpartition(":")[2])
        links = {"self": path, "base": "http://wiki.internal:8090/confluence", "context": "/confluence"}
        if start + self.most < len(entries):
            # What is asked for, not what is given, is where the next page is said to begin.
            following = f"cursor=content:false:{start + self.most}" if cursor else f"start={start + asked}"
            kept = [f"{key}={value}" for key, value in request.query_params.multi_items()]
            kept = [parameter for parameter in kept if not parameter.startswith(("cursor=", "start="))]
            links["next"] = f"{path}?{'&'.join([*kept, following])}"
        results = entries[start : start + self.most]
        return {"results": results, "start": start, "limit": self.most, "size": len(results), "_links": links}

    def spaces(self, request: Request) -> Any:
        keys = request.query_params.getlist("spaceKey") or ["A", "B", "C", "KB"]
        known = [
            {"id": number, "key": key, "name": key, "type": "global"}
            for number, key in enumerate(("A", "B", "C", "KB"))
        ]
        return self.cut("/rest/api/space", request, [space for space in known if space["key"] in keys])

    def permissions(self, request: Request) -> Any:
        subjects: list[dict[str, str]] = [{"type": "known", "displayName": "Ann Lee", "userKey": "5b10a"}]
        for name in self.space_readers:
            group = {"type": "group", "name": name, "displayName": name}
            subjects.append({"type": "anonymous", "displayName": "Anonymous"} if name == "anonymous" else group)
        read = {"targetType": "space", "operationKey": "read"}
        granted = [{"operation": read, "subject": subject, "spaceKey": "KB"} for subject in subjects]
        admin = {"operation": {"targetType": "space", "operationKey": "administer"}, "spaceKey": "KB"}
        return [*granted, {**admin, "subject": {"type": "group", "name": "admins", "displayName": "admins"}}]

    def v1(self, id: str, page: Page) -> dict[str, Any]:
        above = []
        parent = page.parent
        while parent is not None:
            above.insert(0, {"id": parent, "type": "page", "status": "current"})
            parent = self.pages[parent].parent if parent in self.pages else None
        return {
            "id": id,
            "type": page.type,
            "status": page.status,
            "title": page.title,
            "version": {"number": page.version, "minorEdit": False},
            "ancestors": above,
            "restrictions": {"read": self.restriction(page), "_expandable": {"update": ""}},
            "_links": {"webui": f"/display/KB/{page.title.replace(' ', '+')}"},
        }

    def files(self, id: str, page: Page) -> dict[str, Any]:
        files = [self.file(id, file, name) for file, (name, _) in page.files.items()]
        links = {"next": f"/rest/api/content/{id}/child/attachment?limit=1&start=1"} if len(files) > 1 else {}
        return {"results": files[:1], "start": 0, "limit": 1, "size": len(files[:1]), "_links": links}

    def file(self, owner: str, id: str, name: str) -> dict[str, Any]:
        return {
            "id": id,
            "type": "attachment",
            "title": name,
            "version": {"number": 1},
            "_links": {
                "webui": f"/display/KB?preview={id}",
                "download": f"/download/attachments/{owner}/{name}?version=1",
            },
        }

    def listed(self, request: Request, type: str) -> list[dict[str, Any]]:
        if request.query_params["spaceKey"] != "KB":
            return []
        status = request.query_params["status"]
        pages = {id: page for id, page in self.pages.items() if (page.type, page.status) == (type, status)}
        listed = [self.v1(id, page) for id, page in pages.items()]
        if "children.attachment.version" in request.query_params["expand"]:
            for content in listed:
                content["children"] = {"attachment": self.files(content["id"], pages[content["id"]])}
        return listed

    def scan(self, request: Request) -> Any:
        return self.cut("/rest/api/content/scan", request, self.listed(request, "page"), cursor=True)

    def blog_posts(self, request: Request) -> Any:
        assert request.query_params["type"] == "blogpost"
        return self.cut("/rest/api/content", request, self.listed(request, "blogpost"))

    def attachments(self, request: Request) -> Any:
        id = request.path_params["id"]
        files = [self.file(id, file, name) for file, (name, _) in self.pages[id].files.items()]
        return self.cut(request.url.path.removeprefix("/confluence"), request, files)

    def content(self, request: Request) -> Any:
        id = request.path_params["id"]
        for owner, page in self.pages.items():
            if id in page.files:
                return self.file(owner, id, page.files[id][0])
        if id not in self.pages:
            return None
        body = {"storage": {"value": self.pages[id].body, "representation": "storage"}}
        return {**self.v1(id, self.pages[id]), "body": body}

    def download(self, request: Request) -> Any:
        files = self.pages[request.path_params["id"]].files.values()
        return Response(next(content for name, content in files if name == request.path_params["name"]))
