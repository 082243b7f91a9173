"""A Confluence Cloud site, read by REST v2, and by v1 for what v2 does not tell: restrictions, names, downloads."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ingestion.connectors.confluence_content import (
    NOBODY,
    Content,
    Readers,
    Space,
    cursor_pages,
    entries,
    restriction_readers,
    results,
)
from ingestion.connectors.http_service import HttpService, RefusedError

MOST = 250
"""Entries of one answer of v2; the most that it gives."""

MOST_RESTRICTIONS = 100
"""Entries of one answer of v1's search with restrictions."""

_EXPANDED = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
_EVERYONE = ("anonymous-users", "authenticated-users", "all-licensed-users")
"""The access classes that whoever works with the site is in."""

_CONTAINERS = {"folder": "folders", "whiteboard": "whiteboards", "database": "databases", "embed": "embeds"}
"""What pages can be below beside pages, and where v2 has them. Their restrictions are not in Atlassian's interface
(https://jira.atlassian.com/browse/CONFCLOUD-82920)."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """What is kept of a content while its space is listed: a large space has a hundred thousand."""

    title: str
    url: str
    revision: str
    parent: str
    parent_kind: str
    changed: str | None


class CloudSite:
    """The site at `service`. `trust_folders`: what is no page and has pages below it restricts nobody."""

    def __init__(self, service: HttpService, *, trust_folders: bool) -> None:
        self.service = service
        self._trust_folders = trust_folders
        self._group_names: dict[str, str] = {}
        self._reading_roles: dict[str, bool] = {}

    def spaces(self, keys: Sequence[str], *, include_archived: bool) -> Sequence[Space]:
        found: list[Space] = []
        for status in ("current", "archived") if include_archived else ("current",):
            query: dict[str, Any] = {"status": status, "limit": MOST}
            if keys:
                query["keys"] = ",".join(keys)
            found += [
                Space(str(space["id"]), str(space["key"])) for space in entries(self.service, "api/v2/spaces", query)
            ]
        return found

    def space_readers(self, space: Space) -> Readers:
        names: set[str] = set()
        for permission in entries(self.service, f"api/v2/spaces/{space.id}/permissions", {"limit": MOST}):
            operation, principal = permission["operation"], permission["principal"]
            is_to_read = (operation["key"], operation["targetType"]) == ("read", "space")
            if is_to_read and principal["type"] == "group":
                names.add(self._group_name(str(principal["id"])))
        for assignment in self._role_assignments(space):
            kind, id = assignment["principal"]["principalType"], str(assignment["principal"]["principalId"])
            if (kind == "GROUP" or id in _EVERYONE) and self._may_read(str(assignment["roleId"])):
                if kind == "ACCESS_CLASS":
                    return None
                names.add(self._group_name(id))
        return frozenset(names)

    def contents(self, space: Space, *, include_archived: bool, attachments: bool) -> Iterator[Content]:
        pages = self._listed(space, "pages", include_archived=include_archived)
        posts = self._listed(space, "blogposts", include_archived=False)
        restrictions = _Restrictions(self.service, space, self._trust_folders, pages)
        attached = self._attachments(pages.keys() | posts.keys()) if attachments else {}
        for kind, listed in (("page", pages), ("blogpost", posts)):
            for number, page in listed.items():
                levels = restrictions.levels(number, page)
                yield Content(f"{kind}/{number}", page.title, page.url, page.revision, levels, page.changed)
                for id, file in attached.get(number, ()):
                    yield Content(
                        f"attachment/{number}/{id}", file.title, file.url, file.revision, levels, file.changed
                    )

    def body(self, kind: str, number: str) -> str:
        page = self.service.json(f"api/v2/{kind}s/{number}", {"body-format": "storage"})
        return str(page["body"]["storage"]["value"])

    def file(self, owner: str, number: str) -> bytes:
        return self.service.get(f"rest/api/content/{owner}/child/attachment/{number}/download").content

    def person(self, id: str) -> str | None:
        try:
            person = self.service.json("rest/api/user", {"accountId": id})
        except RefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        name: str | None = person.get("displayName") or person.get("publicName")
        return name

    def _role_assignments(self, space: Space) -> Sequence[Mapping[str, Any]]:
        """Who has which role in the space. Roles are new: where a site has or tells none, they let nobody in."""
        try:
            return list(entries(self.service, f"api/v2/spaces/{space.id}/role-assignments", {"limit": MOST}))
        except RefusedError as error:
            if error.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                return []
            raise

    def _may_read(self, role: str) -> bool:
        if role not in self._reading_roles:
            permissions = self.service.json(f"api/v2/space-roles/{role}")["spacePermissions"]
            self._reading_roles[role] = "read/space" in permissions
        return self._reading_roles[role]

    def _listed(self, space: Space, kind: str, *, include_archived: bool) -> dict[str, _Listed]:
        found: dict[str, _Listed] = {}
        for status in ("current", "archived") if include_archived else ("current",):
            query = {"status": status, "sort": "id", "limit": MOST}
            for answer in cursor_pages(self.service, f"api/v2/spaces/{space.id}/{kind}", query):
                for page in results(answer, self.service):
                    if page["status"] == status:
                        found[str(page["id"])] = self._kept(answer, page)
        return found

    def _attachments(self, owners: set[str]) -> Mapping[str, Sequence[tuple[str, _Listed]]]:
        """The attachments of all pages at once: asked for page by page, they would be a request each."""
        found: dict[str, list[tuple[str, _Listed]]] = defaultdict(list)
        for answer in cursor_pages(self.service, "api/v2/attachments", {"status": "current", "limit": MOST}):
            for file in results(answer, self.service):
                owner = str(file.get("pageId") or file.get("blogPostId"))
                if owner in owners:
                    found[owner].append((str(file["id"]), self._kept(answer, file)))
        return found

    def _kept(self, answer: Mapping[str, Any], content: Mapping[str, Any]) -> _Listed:
        """What is needed of a listed content. Links for people may be at another address than the interface."""
        base = str((answer.get("_links") or {}).get("base") or self.service.base_url).rstrip("/")
        return _Listed(
            str(content["title"]),
            f"{base}{content['_links']['webui']}",
            str(content["version"]["number"]),
            *_parent(content),
            content["version"].get("createdAt"),
        )

    def _group_name(self, id: str) -> str:
        if id not in self._group_names:
            self._group_names[id] = str(self.service.json("rest/api/group/by-id", {"id": id})["name"])
        return self._group_names[id]


class _Restrictions:
    """Who may read the pages of one space, by their own restrictions and those of all that is above them."""

    def __init__(self, service: HttpService, space: Space, trust_folders: bool, pages: Mapping[str, _Listed]) -> None:
        self._service = service
        self._trust_folders = trust_folders
        self._pages = pages
        self._readers: dict[str, Readers] = {}
        self._unlisted: dict[tuple[str, str], tuple[Readers, str, str]] = {}
        key = space.key.replace("\\", "\\\\").replace('"', '\\"')
        query = {
            "cql": f'space = "{key}" and type in (page, blogpost)',
            "expand": _EXPANDED,
            "limit": MOST_RESTRICTIONS,
        }
        # Search lags behind: what it does not have is asked for by itself. What it has is as it is now.
        for content in entries(service, "rest/api/content/search", query):
            restriction = (content.get("restrictions") or {}).get("read")
            if restriction is not None:
                self._readers[str(content["id"])] = restriction_readers(restriction, str(content.get("title")))

    def levels(self, id: str, page: _Listed) -> tuple[Readers, ...]:
        """A page's own level, and those above it as far as they can be told; where they cannot, nobody passes."""
        levels = [self._own(id)]
        seen = {id}
        parent, kind = page.parent, page.parent_kind
        while parent and parent not in seen:
            seen.add(parent)
            if kind == "page" and parent in self._pages:
                level, above = self._own(parent), self._pages[parent]
                parent, kind = above.parent, above.parent_kind
            else:
                if (parent, kind) not in self._unlisted:
                    self._unlisted[parent, kind] = self._asked(parent, kind)
                level, parent, kind = self._unlisted[parent, kind]
            levels.append(level)
        return tuple(levels)

    def _own(self, id: str) -> Readers:
        if id not in self._readers:
            try:
                restriction = self._service.json(f"rest/api/content/{id}/restriction/byOperation/read")
            except RefusedError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
                self._readers[id] = NOBODY
            else:
                self._readers[id] = restriction_readers(restriction, f"the page {id}")
        return self._readers[id]

    def _asked(self, id: str, kind: str) -> tuple[Readers, str, str]:
        """The level of something above a page that was not listed, and what is above that, and what that is."""
        if kind != "page" and not (self._trust_folders and kind in _CONTAINERS):
            return NOBODY, "", ""
        try:
            content = self._service.json(f"api/v2/{_CONTAINERS.get(kind, 'pages')}/{id}")
        except RefusedError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return NOBODY, "", ""
        return self._own(id) if kind == "page" else None, *_parent(content)


def _parent(content: Mapping[str, Any]) -> tuple[str, str]:
    """The number and the kind of what a content is below; no number where it is below nothing."""
    return str(content.get("parentId") or ""), str(content.get("parentType") or "page")
