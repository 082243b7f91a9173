"""A Confluence Data Center site (9.1 or later), read by its REST interface."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ingestion.connectors import ConnectorError
from ingestion.connectors.confluence_content import (
    NOBODY,
    Content,
    Readers,
    Space,
    entries,
    next_query,
    restriction_readers,
    results,
)
from ingestion.connectors.http_service import HttpService, RefusedError

MOST = 100
"""Entries of one answer that are asked for; the site may give less."""

OVERLAP = 10
"""Entries of a page that are asked for again with the next one."""

_EXPANDED = "version,ancestors,restrictions.read.restrictions.user,restrictions.read.restrictions.group"
_WITH_FILES = f"{_EXPANDED},children.attachment.version"


@dataclass(frozen=True, slots=True)
class _File:
    id: str
    title: str
    url: str
    revision: str
    changed: str | None


@dataclass(frozen=True, slots=True)
class _Listed:
    """What is kept of a page while its space is listed. `above` are the numbers of the pages above it."""

    title: str
    url: str
    revision: str
    readers: Readers
    above: tuple[str, ...]
    files: tuple[_File, ...]
    has_more_files: bool
    changed: str | None


class DataCenterSite:
    """The site at `service`."""

    def __init__(self, service: HttpService) -> None:
        self.service = service

    def spaces(self, keys: Sequence[str], *, include_archived: bool) -> Sequence[Space]:
        found: list[Space] = []
        for status in ("current", "archived") if include_archived else ("current",):
            query: dict[str, Any] = {"status": status}
            if keys:
                query["spaceKey"] = list(keys)
            found += [Space(str(space["id"]), str(space["key"])) for space in self._by_offset("rest/api/space", query)]
        return found

    def space_readers(self, space: Space) -> Readers:
        permissions = self.service.json(f"rest/api/space/{space.key}/permissions")
        if not isinstance(permissions, list):
            raise ConnectorError(
                f"Confluence does not tell who may read the space {space.key}: make the token's owner an administrator "
                "of it, or name it in `open_spaces` where everyone may read it."
            )
        names: set[str] = set()
        for permission in permissions:
            operation, subject = permission["operation"], permission["subject"]
            if (operation["operationKey"], operation["targetType"]) != ("read", "space"):
                continue
            if subject["type"] == "anonymous":
                return None
            if subject["type"] == "group":
                names.add(str(subject.get("name") or subject["displayName"]))
        return frozenset(names)

    def contents(self, space: Space, *, include_archived: bool, attachments: bool) -> Iterator[Content]:
        query = {"spaceKey": space.key, "status": "current", "expand": _WITH_FILES if attachments else _EXPANDED}
        scan = entries(self.service, "rest/api/content/scan", {**query, "type": "page", "limit": MOST})
        pages = {str(page["id"]): self._kept(page) for page in scan if page["status"] == "current"}
        own = {id: page.readers for id, page in pages.items()}
        for id, page in pages.items():
            levels = tuple(self._readers(level, own) for level in (id, *page.above))
            yield from self._with_attachments("page", id, page, levels)
        for post in self._by_offset("rest/api/content", {**query, "type": "blogpost"}):
            if post["status"] == "current":
                kept = self._kept(post)
                yield from self._with_attachments("blogpost", str(post["id"]), kept, (kept.readers,))

    def body(self, kind: str, number: str) -> str:
        content = self.service.json(f"rest/api/content/{number}", {"expand": "body.storage"})
        return str(content["body"]["storage"]["value"])

    def file(self, owner: str, number: str) -> bytes:
        file = self.service.json(f"rest/api/content/{number}")
        return self.service.get(str(file["_links"]["download"])).content

    def person(self, id: str) -> str | None:
        try:
            person = self.service.json("rest/api/user", {"key": id})
        except RefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        name: str | None = person.get("displayName")
        return name

    def _readers(self, id: str, own: dict[str, Readers]) -> Readers:
        """Of a page, or of one above it that was not listed."""
        if id not in own:
            try:
                restriction = self.service.json(f"rest/api/content/{id}/restriction/byOperation/read")
            except RefusedError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
                own[id] = NOBODY
            else:
                own[id] = restriction_readers(restriction, f"the page {id}")
        return own[id]

    def _kept(self, content: Mapping[str, Any]) -> _Listed:
        title = str(content["title"])
        files = (content.get("children") or {}).get("attachment") or {"results": []}
        return _Listed(
            title,
            self._address(content),
            str(content["version"]["number"]),
            restriction_readers((content.get("restrictions") or {}).get("read"), title),
            tuple(str(ancestor["id"]) for ancestor in content.get("ancestors") or ()),
            tuple(self._file(file) for file in results(files, self.service)),
            next_query(files) is not None,
            content["version"].get("when"),
        )

    def _file(self, file: Mapping[str, Any]) -> _File:
        version = file["version"]
        number = str(version["number"])
        return _File(str(file["id"]), str(file["title"]), self._address(file), number, version.get("when"))

    def _address(self, content: Mapping[str, Any]) -> str:
        return f"{self.service.base_url}{content['_links']['webui']}"

    def _with_attachments(self, kind: str, id: str, page: _Listed, levels: tuple[Readers, ...]) -> Iterator[Content]:
        yield Content(f"{kind}/{id}", page.title, page.url, page.revision, levels, page.changed)
        files: Iterable[_File] = page.files
        if page.has_more_files:
            path = f"rest/api/content/{id}/child/attachment"
            files = map(self._file, self._by_offset(path, {"expand": "version"}))
        for file in files:
            yield Content(f"attachment/{id}/{file.id}", file.title, file.url, file.revision, levels, file.changed)

    def _by_offset(self, path: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """All entries of a list that is cut into pages by number, each once.

        The next page's number is not believed: it passes over entries where the site gives less than was asked for.
        What is deleted meanwhile moves the rest towards what was read already, so that each page begins a little
        before the end of the one before it.
        """
        seen: set[str] = set()
        start = 0
        while True:
            answer = self.service.json(path, {**params, "start": start, "limit": MOST})
            page = results(answer, self.service)
            for entry in page:
                if str(entry["id"]) not in seen:
                    seen.add(str(entry["id"]))
                    yield entry
            if next_query(answer) is None:
                return
            start += max(len(page) - OVERLAP, (len(page) + 1) // 2) if page else MOST
