"""Confluence on this machine: what Cloud's and Data Center's REST interfaces answer, of pages that a test writes."""

import base64
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


@dataclass
class CloudStandIn(Site):
    """Confluence Cloud: v2 with cursors, v1 for restrictions, groups, users and downloads. `roles` is None where the
    site has none yet, else (kind of principal, its id, role)."""

    roles: Sequence[tuple[str, str, str]] | None = None

    def app(self) -> Starlette:
        return self.routes(
            {
                "/wiki/api/v2/spaces": self.spaces,
                "/wiki/api/v2/spaces/{id}/permissions": self.permissions,
                "/wiki/api/v2/spaces/{id}/role-assignments": self.assignments,
                "/wiki/api/v2/space-roles/{id}": self.role,
                "/wiki/api/v2/spaces/{id}/{kind:str}": self.contents,
                "/wiki/api/v2/attachments": self.attachments,
                "/wiki/api/v2/folders/{id}": self.folder,
                "/wiki/api/v2/{kind:str}/{id}": self.content,
                "/wiki/rest/api/content/search": self.search,
                "/wiki/rest/api/content/{id}/restriction/byOperation/read": self.read_restriction,
                "/wiki/rest/api/content/{id}/child/attachment/{file}/download": self.download,
                "/wiki/rest/api/group/by-id": self.group,
                "/wiki/rest/api/user": self.user,
            }
        )

    def allowed(self, authorization: str) -> bool:
        return authorization == "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()

    def cut(self, request: Request, entries: Sequence[Any], v1: bool = False) -> dict[str, Any]:
        start = int(request.query_params.get("cursor", "c0")[1:])
        links = {"base": "https://acme.atlassian.net/wiki"}
        if start + self.most < len(entries):
            path = request.url.path.removeprefix("/wiki") if v1 else request.url.path
            kept = [f"{key}={value}" for key, value in request.query_params.multi_items() if key != "cursor"]
            links["next"] = f"{path}?{'&'.join([*kept, f'cursor=c{start + self.most}'])}"
        return {"results": entries[start : start + self.most], "_links": links}

    def spaces(self, request: Request) -> Any:
        known = {"10": ("KB", "current"), "11": ("OLD", "archived")}
        keys = request.query_params.get("keys", "KB,OLD").split(",")
        status = request.query_params["status"]
        return self.cut(
            request,
            [
                {"id": id, "key": key, "name": key, "type": "global", "status": status, "_links": {}}
                for id, (key, is_status) in known.items()
                if key in keys and is_status == status
            ],
        )

    def permissions(self, request: Request) -> Any:
        principals = [("user", "5b10a")]
        principals += [("group", f"id-of-{name}") for name in self.space_readers]
        granted = [
            {
                "id": str(number),
                "principal": {"type": type, "id": id},
                "operation": {"key": key, "targetType": "space"},
            }
            for number, (type, id) in enumerate(principals)
            for key in ("read", "delete")
        ]
        admins = {"principal": {"type": "group", "id": "id-of-admins"}, "operation": {"key": "administer"}}
        admins["operation"]["targetType"] = "space"
        return self.cut(request, [{"id": "99", **admins}, *granted])

    def assignments(self, request: Request) -> Any:
        if self.roles is None:
            return None
        assigned = [
            {"principal": {"principalType": kind, "principalId": id}, "roleId": role} for kind, id, role in self.roles
        ]
        return self.cut(request, assigned)

    def role(self, request: Request) -> Any:
        reading = request.path_params["id"] == "viewer"
        return {"type": "SYSTEM", "spacePermissions": ["read/space", "create/comment"] if reading else ["export/space"]}

    def group(self, request: Request) -> Any:
        id = request.query_params["id"]
        return {"type": "group", "name": id.removeprefix("id-of-"), "id": id}

    def v2(self, id: str, page: Page) -> dict[str, Any]:
        return {
            "id": id,
            "status": page.status,
            "title": page.title,
            "spaceId": "10",
            "parentId": page.parent,
            "parentType": page.parent_type if page.parent else None,
            "version": {"number": page.version, "message": "", "minorEdit": False},
            "body": {},
            "_links": {"webui": f"/spaces/KB/pages/{id}/{page.title.replace(' ', '+')}"},
        }

    def contents(self, request: Request) -> Any:
        type, status = request.path_params["kind"].removesuffix("s"), request.query_params["status"]
        if request.path_params["id"] != "10":
            return self.cut(request, [])
        listed = [self.v2(id, page) for id, page in self.pages.items() if (page.type, page.status) == (type, status)]
        return self.cut(request, listed)

    def content(self, request: Request) -> Any:
        page = self.pages.get(request.path_params["id"])
        if page is None or f"{page.type}s" != request.path_params["kind"]:
            return None
        body = {"storage": {"representation": "storage", "value": page.body}} if request.query_params else {}
        return {**self.v2(request.path_params["id"], page), "body": body}

    def folder(self, request: Request) -> Any:
        return {"id": request.path_params["id"], "type": "folder", "parentId": "1", "parentType": "page"}

    def search(self, request: Request) -> Any:
        assert request.query_params["cql"] == 'space = "KB" and type in (page, blogpost)' or "OLD" in str(request.url)
        found = [
            {
                "id": id,
                "type": page.type,
                "status": "current",
                "title": page.title,
                "restrictions": {"read": self.restriction(page), "_expandable": {"update": ""}},
            }
            for id, page in self.pages.items()
            if page.searchable and page.status == "current"
        ]
        return self.cut(request, found, v1=True)

    def attachments(self, request: Request) -> Any:
        files = [
            {
                "id": file,
                "status": "current",
                "title": name,
                "pageId": id,
                "mediaType": "application/octet-stream",
                "version": {"number": 1},
                "_links": {"webui": f"/pages/viewpageattachments.action?pageId={id}&preview={file}"},
            }
            for id, page in self.pages.items()
            for file, (name, _) in page.files.items()
        ]
        return self.cut(request, files)

    def download(self, request: Request) -> Any:
        return Response(self.pages[request.path_params["id"]].files[request.path_params["file"]][1])


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
