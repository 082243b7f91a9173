"""The articles of a Zendesk help centre, in each of its languages, for those whom their user segments name."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ingestion.connectors import ConnectorError, DocumentRef, RawDocument
from ingestion.connectors.group_map import GroupMap
from ingestion.connectors.http_service import HttpService
from ingestion.moments import moment
from storage.document import Audience

PAGE_SIZE = 100
"""The most that Zendesk gives: https://developer.zendesk.com/api-reference/introduction/pagination/."""

Item = dict[str, Any]
"""An article, a section or a category in Zendesk's own terms."""


class ZendeskConnector:
    """The published articles of the help centre of `subdomain`.zendesk.com, or at `url`.

    `email` and `token` are those of an agent; without them, what everyone may read is read. `locales` are the
    languages to read, in Zendesk's terms ("en-us"); all that are enabled where it is empty. `groups` maps user
    segments, by their id or their name, and Zendesk's own by "signed_in_users" and "staff". An article that is for
    every visitor is for the source's audience, one of a segment that is not mapped for nobody.
    """

    def __init__(
        self,
        subdomain: str | None = None,
        url: str | None = None,
        email: str | None = None,
        token: str | None = None,
        locales: Sequence[str] | str = (),
        groups: Mapping[str, str | Sequence[str]] | None = None,
    ) -> None:
        if (subdomain is None) == (url is None):
            raise ValueError("set either `subdomain` or `url`")
        if subdomain is not None and not re.fullmatch(r"[A-Za-z0-9-]+", subdomain):
            raise ValueError(f"{subdomain!r} is no subdomain: it is the part before .zendesk.com")
        if (email is None) != (token is None):
            raise ValueError("`email` and `token` belong together: set both, or neither")
        address = url or f"https://{subdomain}.zendesk.com"
        auth = None if email is None or token is None else (f"{email}/token", token)
        self._service = HttpService("Zendesk", f"{address.rstrip('/')}/api/v2/help_center", auth=auth)
        self._locales = [locales] if isinstance(locales, str) else list(locales)
        self._groups = GroupMap(groups or {})
        self._paths: dict[str, Mapping[int, str]] = {}

    def list(self) -> Iterator[DocumentRef]:
        """Every article in every language that it is published in. Drafts are left out; archived ones are not listed.

        Zendesk lists articles with their text, so that a revision is that of the text. Raises ConnectorError where
        a page of the listing, or the user segments that articles are for, cannot be had.
        """
        self._paths = {}
        segments: Mapping[int, Sequence[str]] | None = None
        for locale in self._locales or self._enabled():
            seen = set()
            order = {"sort_by": "created_at", "sort_order": "asc"}  # which an edit meanwhile does not change
            for article in self._all("articles", locale, order):
                if article["id"] in seen or not _is_published(article, locale):
                    continue
                seen.add(article["id"])
                for_segments = _segments(article)
                if for_segments and segments is None:
                    segments = self._segment_names()
                yield self._reference(article, locale, self._audience(for_segments, segments or {}))

    def fetch(self, ref: DocumentRef) -> RawDocument:
        """The article as an HTML page. Raises ConnectorError where it cannot be had."""
        locale, _, id = ref.id.partition("/")
        article = _member(self._service.json(f"{locale}/articles/{id}"), "article")
        if article.get("draft"):
            raise ConnectorError(f"{ref.title} was withdrawn after it was listed: the next sync will notice.")
        title = escape(self._title(article, locale))
        page = f"<!doctype html><title>{title}</title><main>{article.get('body') or ''}</main>"
        return RawDocument(page.encode(), f"{id}.html", "text/html; charset=utf-8", "own")

    def _enabled(self) -> Sequence[str]:
        return [str(locale) for locale in _member(self._service.json("locales"), "locales")]

    def _reference(self, article: Item, locale: str, audience: Audience | None) -> DocumentRef:
        title = self._title(article, locale)
        revision = hashlib.sha256(f"{title}\0{article['body']}".encode("utf-8", "replace")).hexdigest()
        url = article.get("html_url") or ""
        changed = moment(article.get("edited_at") or article.get("updated_at"))
        return DocumentRef(f"{locale}/{article['id']}", url, title, revision, audience, changed)

    def _title(self, article: Item, locale: str) -> str:
        """The article's title after its category's and sections', which often say what it is about."""
        if locale not in self._paths:
            self._paths[locale] = self._section_paths(locale)
        above = self._paths[locale].get(article.get("section_id") or 0)
        return f"{above} › {article['title']}" if above else str(article["title"])

    def _section_paths(self, locale: str) -> Mapping[int, str]:
        """For each section, the names of its category, the sections above it, and its own."""
        categories = {category["id"]: category["name"] for category in self._all("categories", locale)}
        sections = {section["id"]: section for section in self._all("sections", locale)}
        paths = {}
        for id, section in sections.items():
            names, above, passed = [section["name"]], section.get("parent_section_id"), {id}
            while above in sections and above not in passed:
                passed.add(above)
                names.insert(0, sections[above]["name"])
                above = sections[above].get("parent_section_id")
            if section.get("category_id") in categories:
                names.insert(0, categories[section["category_id"]])
            paths[id] = " › ".join(names)
        return paths

    def _audience(self, segments: Sequence[int], names: Mapping[int, Sequence[str]]) -> Audience | None:
        if not segments:
            return None
        return self._groups.audience(name for id in segments for name in (str(id), *names.get(id, ())))

    def _segment_names(self) -> Mapping[int, Sequence[str]]:
        """What `groups` may call each user segment. Names of Zendesk's own are in the language of the token's user."""
        names = {}
        for segment in self._all("user_segments"):
            own = (segment["user_type"],) if segment.get("built_in") and segment.get("user_type") else ()
            names[segment["id"]] = (segment["name"], *own)
        return names

    def _all(self, what: str, locale: str | None = None, order: Mapping[str, str] | None = None) -> Iterator[Item]:
        """All articles, sections, categories or user segments, page by page."""
        path = what if locale is None else f"{locale}/{what}"
        after: dict[str, str] = {}
        while True:
            page = self._service.json(path, {"page[size]": PAGE_SIZE, **(order or {}), **after})
            yield from _member(page, what)
            meta = _member(page, "meta")
            if not meta.get("has_more"):
                return
            # The cursor, and not the next page's address: that decides where the credentials are sent to.
            cursor = meta.get("after_cursor")
            if not cursor or cursor == after.get("page[after]"):
                raise ConnectorError(f"Zendesk says that there are more {what}, and not where: sync again later.")
            after = {"page[after]": cursor}


def _is_published(article: Item, locale: str) -> bool:
    """Whether it is, in this language, with a text."""
    shown = article.get("locale") or locale
    return not article.get("draft") and shown.lower() == locale.lower() and bool((article.get("body") or "").strip())


def _segments(article: Item) -> Sequence[int]:
    """The user segments that may see the article, any of them; none where every visitor may."""
    ids = [article.get("user_segment_id"), *(article.get("user_segment_ids") or ())]
    return [id for id in dict.fromkeys(ids) if id is not None]


def _member(answer: Any, key: str) -> Any:
    if not isinstance(answer, dict) or key not in answer:
        raise ConnectorError(f"Zendesk answered without {key!r}: check that `url` or `subdomain` is a help centre's.")
    return answer[key]
