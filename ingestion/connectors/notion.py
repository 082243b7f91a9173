"""The pages and database rows of a Notion workspace that are shared with an integration."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.notion_api import MissingError, NotionApi, Object
from ingestion.connectors.notion_blocks import BlocksToMarkdown
from ingestion.connectors.notion_properties import page_title, properties_table
from ingestion.moments import moment

PROVISIONAL = timedelta(minutes=5)
"""Notion tells when a page was edited by the minute, and its search a little late. An edit that was this long ago when
it was listed may be followed by one that looks the same: such a page is read again until its edit is older."""

_ID = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9a-f])")
_ROW_PARENTS = ("data_source_id", "database_id")


class NotionConnector:
    """The pages that are shared with the integration of this token; only those at and below `roots` (ids or addresses
    of pages or databases), where they are given.

    Notion does not tell who may see a page: all have the source's audience.
    """

    def __init__(
        self,
        token: str,
        roots: Sequence[str] | str = (),
        requests_per_second: float = 3.0,
        url: str = "https://api.notion.com",
    ) -> None:
        if not token:
            raise ValueError("`token` is empty: it is the secret of an integration, see docs/connectors/notion.md")
        if requests_per_second <= 0:
            raise ValueError("`requests_per_second` has to be more than 0")
        self._api = NotionApi(token, url.rstrip("/"), requests_per_second)
        self._roots = [_root_id(root) for root in ([roots] if isinstance(roots, str) else roots)]
        self._listed: dict[str, str] = {}
        """The titles of the pages of the last listing, by id."""

    def list(self) -> Iterator[DocumentRef]:
        """Every page once, and every row of every database; those in the trash are left out.

        Notion's search may leave out what it has not indexed yet. So databases are asked for their rows, and a page
        that was listed the last time is asked for by itself before it is taken for gone.
        """
        try:
            tree = _Tree(self._api, self._roots)
            titles: dict[str, str] = {}
            for page in self._pages(tree):
                id = str(page["id"])
                if id not in titles and not _in_trash(page) and tree.has(page):
                    titles[id] = page_title(page)
                    yield self._reference(page)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ConnectorError(
                f"Notion answered in a form that is not known ({type(error).__name__}: {error}): sync again later."
            ) from error
        self._listed = titles

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The page as Markdown; a row's properties are a table above it. Raises ConnectorError where it is gone."""
        try:
            page = self._api.page(ref.id)
            body = BlocksToMarkdown(self._children, self._listed.get).markdown(ref.id)
        except MissingError as error:
            raise ConnectorError(
                f"{ref.title!r} was deleted, or is no longer shared with the integration: the next sync will notice."
            ) from error
        if _in_trash(page):
            raise ConnectorError(
                f"{ref.title!r} was put into the trash after it was listed: the next sync will notice."
            )
        is_row = (page.get("parent") or {}).get("type") in _ROW_PARENTS
        table = properties_table(page, self._listed.get) if is_row else ""
        text = "\n\n".join(part for part in (table, body) if part) or ref.title
        # In the front matter a title is one, whatever headings the page has.
        document = f"---\ntitle: {json.dumps(ref.title, ensure_ascii=False)}\n---\n\n{text}\n"
        return RawDocument(document.encode(), f"{ref.id}.md", "text/markdown; charset=utf-8", "own")

    def _children(self, id: str) -> Iterator[Object]:
        """The blocks in a block; none where it is a synced one from a page that is not shared with the integration."""
        try:
            yield from self._api.children(id)
        except MissingError:
            return

    def _pages(self, tree: "_Tree") -> Iterator[Object]:
        seen: set[str] = set()
        for page in self._api.search("page"):
            seen.add(str(page["id"]))
            tree.add(page)
            yield page
        for data_source in list(self._api.search("data_source")):
            tree.add(data_source)
            if _in_trash(data_source):
                continue
            for row in self._api.rows(str(data_source["id"])):
                if row.get("object") == "page" and row["id"] not in seen:
                    seen.add(str(row["id"]))
                    yield row
        for id in self._listed.keys() - seen:
            try:
                yield self._api.page(id)
            except MissingError:
                continue

    def _reference(self, page: Object) -> DocumentRef:
        edited = str(page["last_edited_time"])
        age = self._api.now - datetime.fromisoformat(edited)
        revision = edited if age > PROVISIONAL else f"{edited} listed {datetime.now(UTC).isoformat()}"
        return DocumentRef(str(page["id"]), str(page["url"]), page_title(page), revision, changed_at=moment(edited))


class _Tree:
    """What is below what, as far as it takes to tell whether a page is below a root."""

    def __init__(self, api: NotionApi, roots: Sequence[str]) -> None:
        self._api = api
        self._roots = set(roots)
        self._parents: dict[tuple[str, str], tuple[str, str] | None] = {}
        for root in roots:
            if not any(self._found(kind, root) for kind in ("page_id", "database_id", "data_source_id")):
                raise ConnectorError(
                    f"Notion has no page or database {root}, or it is not shared with the integration: share it, or "
                    "correct `roots` in lore.toml. Nothing was deleted."
                )

    def add(self, object: Object) -> None:
        """Remember what a listed page or table is below, which then need not be asked for."""
        kind = "page_id" if object["object"] == "page" else "data_source_id"
        self._parents[kind, str(object["id"])] = _parent(object)

    def has(self, page: Object) -> bool:
        """Whether a page is a root or below one; every page is where there is no root."""
        if not self._roots:
            return True
        node: tuple[str, str] | None = ("page_id", str(page["id"]))
        self.add(page)
        seen: set[tuple[str, str]] = set()
        while node is not None and node not in seen:
            if node[1] in self._roots:
                return True
            seen.add(node)
            if node not in self._parents and not self._found(*node):
                self._parents[node] = None
            node = self._parents[node]
        return False

    def _found(self, kind: str, id: str) -> bool:
        ask = {
            "page_id": self._api.page,
            "database_id": self._api.database,
            "data_source_id": self._api.data_source,
            "block_id": self._api.block,
        }.get(kind)
        if ask is None:
            return False
        try:
            self._parents[kind, id] = _parent(ask(id))
        except MissingError:
            return False
        return True


def _parent(object: Object) -> tuple[str, str] | None:
    """The kind and the id of what an object is below; None where it is at the top."""
    parent = object.get("parent") or {}
    kind = str(parent.get("type") or "")
    return (kind, str(parent[kind])) if kind.endswith("_id") and parent.get(kind) else None


def _in_trash(object: Object) -> bool:
    return bool(object.get("in_trash") or object.get("archived") or object.get("is_archived"))


def _root_id(root: str) -> str:
    """The id in an id or an address, as the interface gives ids: an address ends in it, before what it is viewed as."""
    found = _ID.findall(root.partition("?")[0].lower()) or _ID.findall(root.lower())
    if not found:
        raise ValueError(f"`roots` has {root!r}, which is neither the id nor the address of a page")
    return str(UUID(found[-1]))
