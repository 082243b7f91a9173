"""Confluence Cloud on this machine: its REST interfaces v2 and v1, below /wiki."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from tests.ingestion.connectors.confluence_sites import TOKEN, USER, Page, Site


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
