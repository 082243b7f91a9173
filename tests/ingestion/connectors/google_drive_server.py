"""Google Drive's interface (v3) and Google's token endpoint, as far as their documentation says what a reader meets."""

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ACCOUNT = "lore@project.iam.gserviceaccount.com"
FOLDER = "application/vnd.google-apps.folder"
DOCUMENT = "application/vnd.google-apps.document"
SHORTCUT = "application/vnd.google-apps.shortcut"
COMPANY = {"type": "domain", "role": "reader", "domain": "example.com"}
LORE = {"type": "user", "role": "writer", "emailAddress": ACCOUNT}


@dataclass
class Item:
    """A file, folder, shortcut or shared drive, its fields in Drive's terms, and what it exports or downloads as.

    `permissions` is None where the account may not know them; in a shared drive, they are not among the fields.
    """

    fields: dict[str, Any]
    content: bytes = b""
    permissions: list[dict[str, Any]] | None = field(default_factory=lambda: [LORE, COMPANY])


@dataclass
class Drive:
    """Gives the items, `page_size` on a page; first gives `before` for as many requests for files, one each."""

    key: RSAPrivateKey
    items: dict[str, Item] = field(default_factory=dict)
    page_size: int = 2
    before: list[Response] = field(default_factory=list)
    broken_after: int | None = None
    giving_access: bool = True
    asked: list[Request] = field(default_factory=list)
    granted: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/token", self._token, methods=["POST"]),
                Route("/drive/v3/files", self._list),
                Route("/drive/v3/files/{id}", self._get),
                Route("/drive/v3/files/{id}/export", self._export),
                Route("/drive/v3/files/{id}/permissions", self._permissions),
            ]
        )

    def add(self, id: str, parent: str | None, media_type: str, content: bytes = b"", **fields: Any) -> Item:
        """Adds an item to a folder. Its shared drive is that of the folder."""
        above = None if parent is None else self.items[parent]
        made = {
            "id": id,
            "name": id,
            "mimeType": media_type,
            "trashed": False,
            "modifiedTime": "2026-01-01T00:00:00.000Z",
            "webViewLink": f"https://drive.google.com/file/d/{id}/view",
            **({} if parent is None else {"parents": [parent]}),
            **fields,
        }
        if above is not None and "driveId" in above.fields:
            made = {"driveId": above.fields["driveId"], "hasAugmentedPermissions": False, **made}
        if not media_type.startswith("application/vnd.google-apps."):
            made |= {"size": str(len(content)), "md5Checksum": f"md5 of {content[:9]!r}"}
        self.items[id] = Item(made, content)
        return self.items[id]

    def key_file(self) -> dict[str, str]:
        """The service account's key, as Google Cloud's console gives it."""
        private = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {
            "type": "service_account",
            "project_id": "project",
            "private_key_id": "1",
            "private_key": private.decode(),
            "client_email": ACCOUNT,
            "client_id": "1",
            "token_uri": f"{self.address}/token",
        }

    async def _token(self, request: Request) -> Response:
        if not self.giving_access:
            return Response("Service Unavailable", 503)
        form = dict(pair.split("=", 1) for pair in (await request.body()).decode().split("&"))
        signed, _, signature = form["assertion"].rpartition(".")
        try:
            self.key.public_key().verify(_decoded(signature), signed.encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return JSONResponse({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
        self.granted.append(json.loads(_decoded(signed.partition(".")[2])))
        return JSONResponse({"access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer"})

    async def _list(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        parameters = request.query_params
        folders = set(re.findall(r"'([^']+)' in parents", parameters["q"]))
        found = [
            item
            for item in self.items.values()
            if folders & set(item.fields.get("parents", ()))
            and not ("trashed = false" in parameters["q"] and item.fields["trashed"])
            and item.fields.get("driveId") == parameters.get("driveId")
            and ("driveId" not in item.fields or parameters.get("includeItemsFromAllDrives") == "true")
        ]
        start = int(parameters.get("pageToken", 0))
        if self.broken_after is not None and start >= self.broken_after:
            return _error(404, "notFound")
        wanted = re.search(r"files\((.*)\)$", parameters["fields"])
        page = [_view(item, wanted[1] if wanted else "") for item in found[start : start + self.page_size]]
        end = start + self.page_size
        return JSONResponse({"files": page, **({"nextPageToken": str(end)} if end < len(found) else {})})

    async def _get(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        item = self.items.get(request.path_params["id"])
        if item is None or ("driveId" in item.fields and request.query_params.get("supportsAllDrives") != "true"):
            return _error(404, "notFound")
        if request.query_params.get("alt") == "media":
            return Response(item.content, media_type=item.fields["mimeType"])
        return JSONResponse(_view(item, request.query_params["fields"]))

    async def _export(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        item = self.items[request.path_params["id"]]
        if len(item.content) > 10_000_000:
            return _error(403, "exportSizeLimitExceeded")
        return Response(item.content, media_type=request.query_params["mimeType"])

    async def _permissions(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        item = self.items[request.path_params["id"]]
        if item.permissions is None:
            return _error(403, "insufficientFilePermissions")
        start = int(request.query_params.get("pageToken", 0))
        end = start + self.page_size
        more = {"nextPageToken": str(end)} if end < len(item.permissions) else {}
        return JSONResponse({"permissions": item.permissions[start:end], **more})

    def _refused(self, request: Request) -> Response | None:
        self.asked.append(request)
        if request.headers.get("authorization") != "Bearer ya29.token":
            return _error(401, "authError")
        return self.before.pop(0) if self.before else None


def _view(item: Item, wanted: str) -> dict[str, Any]:
    """The item with the fields that were asked for alone, and its permissions where Drive gives them with it."""
    names = set(re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", wanted)).split(","))
    fields = dict(item.fields)
    if "driveId" not in fields and item.permissions is not None:
        fields["permissions"] = item.permissions
    return {name: value for name, value in fields.items() if name in names}


def _error(status: int, reason: str) -> Response:
    error = {"code": status, "message": reason, "errors": [{"domain": "global", "reason": reason, "message": reason}]}
    return JSONResponse({"error": error}, status)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
