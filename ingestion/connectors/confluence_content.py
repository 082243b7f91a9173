"""What a Confluence site holds, as Cloud and Data Center alike tell it: spaces, contents, and who may read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from ingestion.connectors import ConnectorError
from ingestion.connectors.http_service import HttpService
from storage.document import EVERYONE, Audience

Readers = frozenset[str] | None
"""The names of the groups that one level (a space, a page, a page above it) lets read; None where it lets everyone.

People who are let in by their own name are left out: Lore's audiences are groups, and less access is always safe.
"""

NOBODY: Audience = frozenset()


@dataclass(frozen=True)
class Space:
    """A space: its number, and the key that people know it by."""

    id: str
    key: str


@dataclass(frozen=True)
class Content:
    """A page, a blog post or an attachment. `levels` are all that a reader must pass: the space's come on top.

    `id` is `page/<number>`, `blogpost/<number>`, or `attachment/<number of what it is attached to>/<number>`. `changed`
    is when its version was made, as Confluence writes it, or None where it does not.
    """

    id: str
    title: str
    url: str
    revision: str
    levels: tuple[Readers, ...]
    changed: str | None = None


class Site(Protocol):
    """A Confluence site. Each method raises ConnectorError where its answer would not be complete."""

    service: HttpService

    def spaces(self, keys: Sequence[str], *, include_archived: bool) -> Sequence[Space]:
        """The spaces of these keys, or all where none is given."""
        ...

    def space_readers(self, space: Space) -> Readers:
        """Who may read the space."""
        ...

    def contents(self, space: Space, *, include_archived: bool, attachments: bool) -> Iterator[Content]:
        """All pages and blog posts of the space, each followed by its attachments where these are wanted."""
        ...

    def body(self, kind: str, number: str) -> str:
        """A page's or a blog post's text, in Confluence's storage format."""
        ...

    def file(self, owner: str, number: str) -> bytes:
        """An attachment's bytes."""
        ...

    def person(self, id: str) -> str | None:
        """The name of the person that a mention stands for, None where there is none (any more)."""
        ...


def audience(levels: Sequence[Readers], groups: Mapping[str, str]) -> Audience | None:
    """Who in Slack may see what these levels guard, when `groups` says what Confluence's groups are in Slack:
    "@group", "#channel", or "everyone" for one that all who use Confluence are in.

    A reader must pass every level. An audience is a union (a member of any of its names may see), so that what is
    common to the levels' audiences is given: whoever is in one of those passes each level. Someone who passes one
    level as a member of one name, and the next of another, is not let in: less than Confluence gives, never more.
    None: no level keeps anyone out.
    """
    passing: Audience | None = None
    for readers in levels:
        if readers is None or any(groups.get(name) == EVERYONE for name in readers):
            continue
        mapped = frozenset(groups[name] for name in readers if name in groups)
        passing = mapped if passing is None else passing & mapped
    return passing


def restriction_readers(restriction: Any, what: str) -> Readers:
    """Who a `read` restriction (v1's ContentRestriction) lets in. Raises ConnectorError where it is not told."""
    try:
        people, groups = (restriction["restrictions"][kind] for kind in ("user", "group"))
        names = frozenset(str(group["name"]) for group in groups["results"])
        restricted = bool(names or people["results"] or people.get("size") or groups.get("size"))
    except (KeyError, TypeError) as error:
        raise ConnectorError(
            f"Confluence does not tell who may read {what}: let the token's owner see restrictions, as the docs say."
        ) from error
    return names if restricted else None


def results(answer: Any, service: HttpService) -> Sequence[Mapping[str, Any]]:
    """The entries of one page of a list; raises ConnectorError where the answer is none."""
    entries = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(entries, list):
        raise ConnectorError(
            f"{service.name} answered with something else than a list: check that `url` is the address of Confluence."
        )
    return entries


def next_query(answer: Mapping[str, Any]) -> dict[str, list[str]] | None:
    """The parameters of the next page's address, None after the last page.

    The rest of the address is not used: it lacks the context path on some versions, and names another host behind a
    proxy or Atlassian's gateway.
    """
    link = (answer.get("_links") or {}).get("next")
    return parse_qs(urlsplit(str(link)).query, keep_blank_values=True) if link else None


def cursor_pages(service: HttpService, path: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The answers to a list that is cut into pages by a cursor, one after the other."""
    query: Mapping[str, Any] | None = params
    cursors: set[str] = set()
    while query is not None:
        answer = service.json(path, query)
        results(answer, service)
        yield answer
        query = next_query(answer)
        cursor = str(query.get("cursor")) if query else ""
        if query is not None and cursor in cursors:
            raise ConnectorError(f"{service.name} goes round in circles listing {path}: sync again later.")
        cursors.add(cursor)


def entries(service: HttpService, path: str, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All entries of a list that is cut into pages by a cursor."""
    for answer in cursor_pages(service, path, params):
        yield from results(answer, service)
