"""A web site whose pages a test writes down: it can change, move, fail, be busy and be slow."""

import gzip
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import sha256

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass
class Site:
    """What it answers by path (with the query); others are 404. `asked` are the paths that it was asked for.

    Pages have an ETag and a Last-Modified, and are not sent again to those who have them.
    """

    pages: dict[str, Response] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    validators: bool = True

    def __post_init__(self) -> None:
        self.app = Starlette(routes=[Route("/{path:path}", self._answer)])

    def page(self, path: str, body: str, title: str = "", head: str = "", **headers: str) -> None:
        """A page of HTML at a path."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = f"<!doctype html><html><head><title>{title or path}</title>{head}</head><body>{body}</body></html>"
        self.pages[path] = Response(text, headers=named, media_type="text/html; charset=utf-8")

    def links(self, path: str, *targets: str) -> None:
        """A page that links to these addresses."""
        self.page(path, "<h1>Links</h1>" + "".join(f'<p><a href="{target}">to {target}</a></p>' for target in targets))

    def moved(self, path: str, target: str, status: int = 301) -> None:
        self.pages[path] = Response(status_code=status, headers={"Location": target})

    def fails(self, path: str, status: int = 503) -> None:
        self.pages[path] = Response("down", status, {"Retry-After": "0"})

    def text(self, path: str, text: str | bytes, media_type: str = "text/plain") -> None:
        self.pages[path] = Response(text, media_type=media_type)

    def sitemap(self, path: str, *entries: tuple[str, str | None], index: bool = False, zipped: bool = False) -> None:
        outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
        items = "".join(
            f"<{inner}><loc>{loc}</loc>{f'<lastmod>{when}</lastmod>' if when else ''}</{inner}>"
            for loc, when in entries
        )
        xml = f'<?xml version="1.0"?><{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{items}</{outer}>'
        content = gzip.compress(xml.encode()) if zipped else xml.encode()
        self.text(path, content, "application/gzip" if zipped else "application/xml")

    def taken(self) -> list[str]:
        """What it was asked for since this was last asked, without robots.txt."""
        taken, self.asked = [path for path in self.asked if path != "/robots.txt"], []
        return taken

    async def _answer(self, request: Request) -> Response:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.asked.append(path)
        self.requests.append(request)
        page = self.pages.get(path, Response("no such page", 404, media_type="text/html"))
        if not self.validators or page.status_code != 200:
            return page
        tag = f'"{sha256(bytes(page.body)).hexdigest()[:12]}"'
        validators = {"ETag": tag, "Last-Modified": formatdate(1_700_000_000, usegmt=True)}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=validators)
        page.headers.update(validators)
        return page
